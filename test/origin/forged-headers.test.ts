/** What clients and origins may not say to each other, through real workerd. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRaw, valuesOf } from "../lab/raw-http.ts";
import { constant, headerOf } from "../lab/recording-origin.ts";
import { HOST, type ProxyLab, request, startProxyLab } from "./proxy-lab.ts";

let lab: ProxyLab;
beforeAll(async () => {
  lab = await startProxyLab();
});
afterAll(() => lab.stop());

describe("what clients and origins may not say", () => {
  it("forged and hop-by-hop headers stay here; ours are set", async () => {
    const forged = [
      "Shield-Lane: machine",
      "shield-principal: me",
      "Shield-Anything: x",
      "Forwarded: for=1.1.1.1",
      "X-Forwarded-For: 1.1.1.1",
      "X-Forwarded-Host: evil",
      "X-Forwarded-Prefix: /x",
      "X-Original-URL: /admin",
      "X-Rewrite-URL: /admin",
      "X-Real-IP: 1.1.1.1",
      "True-Client-IP: 1.1.1.1",
      "Keep-Alive: timeout=1",
      "TE: trailers",
      "Trailer: X",
      "Proxy-Authorization: Basic x",
      "Proxy-Connection: close",
      "MF-Something: 1",
      "X-Kept: yes",
      "Connection: X-Kept, Shield-Client-IP, Authorization",
      "Authorization: Bearer t",
    ]; // prettier-ignore
    await sendRaw(lab.proxyUrl, request("GET /forged", forged));
    const seen = Object.fromEntries(lab.origin.last().headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(seen).toMatchObject({
      "shield-lane": "clinician",
      "shield-principal": "d0c",
      "shield-client-ip": "198.51.100.7",
      "shield-origin-key": "the-key",
      "x-forwarded-for": "198.51.100.7",
      "x-forwarded-host": HOST,
      "x-forwarded-proto": "http",
      "x-kept": "yes",
      authorization: "Bearer t",
    }); // prettier-ignore
    const names = Object.keys(seen);
    expect(names.filter((name) => /^(shield|x-forwarded)-/.test(name))).toHaveLength(7);
    expect(
      names.filter((name) => /^(forwarded|x-(original|rewrite|real)|true-|te$|trailer|proxy|mf-)/.test(name)),
    ).toEqual([]);
    expect(seen["keep-alive"]).toBeUndefined();
  });
  it("an address that is none is not told", async () => {
    await sendRaw(
      lab.proxyUrl,
      Buffer.from(
        `GET /anonymous HTTP/1.1\r\nHost: ${HOST}\r\nX-Forwarded-For: 1.1.1.1\r\nCF-Connecting-IP: unknown\r\n\r\n`,
      ),
    );
    expect(headerOf(lab.origin.last(), "Shield-Client-IP")).toEqual([]);
    expect(headerOf(lab.origin.last(), "X-Forwarded-For")).toEqual([]);
  });
  it("Expect is answered here and not passed on", async () => {
    const { status } = await sendRaw(lab.proxyUrl, request("POST /expect", ["Expect: 100-continue"], "a=1"));
    expect(status).toBe(200);
    expect(headerOf(lab.origin.last(), "Expect")).toEqual([]);
    expect(lab.origin.last().bytes).toBe(3);
  });
  it.each([
    ["__Host-shield-pass=abc", []],
    ["__Host-shield-pass=abc; __Host-shield-clearance=def; __Host-shield-place=x", []],
    ['a=1; __Host-shield-pass=abc;  b="2 ;c=; __Host-shield-pass=again', ['a=1;  b="2 ;c=']],
    ["a=1;b=2;;  x", ["a=1;b=2;;  x"]],
    ["not__Host-shield-pass=1; my=__Host-shield-pass=2", ["not__Host-shield-pass=1; my=__Host-shield-pass=2"]],
  ])("our cookies stay here: %s", async (cookie, reaching) => {
    await sendRaw(lab.proxyUrl, request("GET /cookies", [`Cookie: ${cookie}`]));
    expect(headerOf(lab.origin.last(), "Cookie")).toEqual(reaching);
  });
  it("Shield-* of the origin never reaches the client; a vouch is heard", async () => {
    const vouch = ["Shield-Vouch", "s1; ttl=60; lane=clinician"] as const;
    const spies = [
      ["Shield-Mitigated", "block"],
      ["shield-extra", "x"],
    ] as const;
    lab.origin.on(
      "/vouch",
      constant({ headers: [vouch, ...spies, ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]], body: "in" }),
    );
    const response = await sendRaw(lab.proxyUrl, request("GET /vouch"));
    expect(response.headers.filter(([name]) => /^shield-/i.test(name))).toEqual([]);
    expect(valuesOf(response, "Lab-Vouch")).toEqual([vouch[1]]);
    expect(valuesOf(response, "Set-Cookie")).toEqual(["a=1", "b=2"]);
    expect(response.body.toString()).toBe("in");
  });
  it.each([
    ["Age", "0"],
    ["CF-Cache-Status", "HIT"],
    ["CF-Cache-Status", "STALE"],
  ])("a vouch with %s: %s is not heard", async (name, value) => {
    lab.origin.on(
      "/cached-vouch",
      constant({
        headers: [
          ["Shield-Vouch", "s1; ttl=60; lane=clinician"],
          [name, value],
        ],
      }),
    );
    expect(valuesOf(await sendRaw(lab.proxyUrl, request("GET /cached-vouch")), "Lab-Vouch")).toEqual([]);
  });
  it("a Location to the origin leads back to the public host", async () => {
    const target = "/a%2Fb//c?d=%20#e";
    lab.origin.on("/home", constant({ status: 302, headers: [["Location", `${lab.origin.url}${target}`]] }));
    expect(valuesOf(await sendRaw(lab.proxyUrl, request("GET /home")), "Location")).toEqual([
      `http://${HOST}${target}`,
    ]);
  });
  it("a service-bound origin is under the same rules: workerd itself drops nothing there", async () => {
    const answer = await sendRaw(
      lab.boundUrl,
      request("GET /in?", [
        "TE: trailers",
        "Keep-Alive: timeout=1",
        "Trailer: x",
        "Shield-Lane: no",
        "Connection: close",
      ]),
    );
    const told = JSON.parse(answer.body.toString()) as { url: string; headers: [string, string][] };
    expect(told.url).toBe(`http://${HOST}/in?`);
    const names = told.headers.map(([name]) => name);
    for (const name of ["te", "keep-alive", "trailer", "connection"]) expect(names).not.toContain(name);
    expect(told.headers).toContainEqual(["shield-lane", "clinician"]);
    expect(valuesOf(answer, "Shield-Lane")).toEqual([]);
    expect(valuesOf(answer, "Keep-Alive").join()).not.toContain("timeout=5");
    expect(valuesOf(answer, "X-Mine")).toEqual(["stays"]);
  });
});

/** What somebody who connects a system sees, through the production bundle over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOver } from "../../src/counters/bound.ts";
import { SECRET } from "../identity/proving.ts";
import { SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

let running: Lab;
beforeAll(async () => {
  running = await startEdges({
    portalCapacity: 0,
    patient: true,
    rulesModule: new URL("../lab/roomy-rules.ts", import.meta.url).pathname,
    vars: { SHIELD_SECRET: SECRET, ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
});
afterAll(() => running.stop());

const edge = (): URL => running.shieldUrls[0] ?? new URL("http://nowhere");
const SOAP = { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' };
const SOAP12 = { "Content-Type": "application/soap+xml; charset=utf-8" };
const FHIR = { Accept: "application/fhir+json" };

const echo = (query = "", headers: Record<string, string> = {}, method = "GET") =>
  lab.ask(edge(), `/.shield/echo${query}`, { method, headers });
const signed = (timeMs: number, target = "/.shield/echo", method = "GET", id = "praxis-0042") => ({
  "Shield-Key": serviceKeyHeader({ id, key: serviceKeyOf(SECRET, id), method, host: lab.HOST, target, timeMs }),
});

describe("echo", () => {
  it("shows a system its lane, its principal and how far its clock is off", async () => {
    const from = Date.now();
    const got = await echo("", signed(from - 120_000));
    expect(got.headers["content-type"]).toBe("application/json");
    const shown = JSON.parse(got.body);
    expect(shown).toMatchObject({ host: lab.HOST, lane: "machine", proven_by: "service-key", refused: null });
    expect(shown.principal).toMatch(/^[0-9a-f]{32}$/);
    // Whatever the way takes is to the clock's debit.
    const tookS = Math.ceil((Date.now() - from) / 1000);
    expect(shown.clock_skew_seconds).toBeLessThanOrEqual(-119);
    expect(shown.clock_skew_seconds).toBeGreaterThanOrEqual(-121 - tookS);
    expect(Date.parse(shown.server_time)).toBeGreaterThanOrEqual(from - 1000);
    expect(Date.parse(shown.server_time)).toBeLessThanOrEqual(Date.now());
  });
  it("shows when a certificate ends, also one that does not hold", async () => {
    const asked = { Host: SYSTEMS_HOST, "MF-CF-Blob": "" };
    const withCertificate = async (certificate: Parameters<typeof tlsClientAuth>[0]) =>
      JSON.parse(
        (await echo("", { ...asked, "MF-CF-Blob": JSON.stringify({ tlsClientAuth: tlsClientAuth(certificate) }) }))
          .body,
      );
    const good = await withCertificate({ serial: "0A" });
    expect(good).toMatchObject({ lane: "machine", certificate_expires: "2030-12-22T19:39:00.000Z" });
    expect(good.certificate_days_left).toBeGreaterThan(1000);
    expect(await withCertificate({ serial: "0A", notAfter: "Dec 22 19:39:00 2018 GMT" })).toMatchObject({
      lane: "unknown",
      refused: "certificate",
      refused_because: "expired",
      certificate_expires: "2018-12-22T19:39:00.000Z",
    });
  });
  it("tells why a proof was refused, and compares any clock with ours", async () => {
    expect(JSON.parse((await echo("", { "Shield-Key": "nonsense" })).body)).toMatchObject({
      lane: "unknown",
      refused: "service-key",
      refused_because: "malformed",
    });
    const from = Date.now();
    const hourAhead = Math.floor(from / 1000) + 3600;
    const { clock_skew_seconds: skew } = JSON.parse((await echo(`?time=${hourAhead}`)).body);
    expect(skew).toBeLessThanOrEqual(3601);
    expect(skew).toBeGreaterThanOrEqual(3598 - Math.ceil((Date.now() - from) / 1000));
    expect(JSON.parse((await echo("", signed(Date.now() - 7_200_000))).body)).toMatchObject({
      lane: "unknown",
      refused_because: "clock",
    });
  });
  it("speaks SOAP and FHIR to those who do", async () => {
    const soap = await echo("", { ...SOAP, ...signed(Date.now(), "/.shield/echo", "POST") }, "POST");
    expect(soap.headers["content-type"]).toBe("text/xml; charset=utf-8");
    expect(soap.body).toContain("<s:lane>machine</s:lane>");
    const fhir = await echo("", FHIR);
    expect(fhir.headers["content-type"]).toBe("application/fhir+json");
    expect(JSON.parse(fhir.body)).toMatchObject({ resourceType: "Parameters" });
  });
  it.each([
    [
      "problem+json",
      {},
      "GET",
      "application/problem+json",
      /^\{"type":"urn:vairogs:problem:(limit|wait)",.*"status":(429|503)/,
    ],
    ["SOAP 1.1", SOAP, "POST", "text/xml; charset=utf-8", /<faultcode>/],
    ["SOAP 1.2", SOAP12, "POST", "application/soap+xml; charset=utf-8", /:Reason>/],
    ["FHIR", FHIR, "GET", "application/fhir+json", /"resourceType":"OperationOutcome"/],
  ])("rehearses 429 and 503 in %s", async (_, headers, method, type, body) => {
    const limit = await echo("?rehearse=429", headers, method);
    expect(limit.status).toBe(429);
    expect(limit.headers).toMatchObject({
      "content-type": type,
      "shield-mitigated": "limit",
      "shield-rehearsal": "429",
      "cache-control": "no-store",
      // Of whoever proved nothing her address's budget is spent.
      "ratelimit-policy": expect.stringContaining('"one address"'),
    });
    const wait = await echo("?rehearse=503", headers, method);
    expect(wait.status).toBe(503);
    expect(wait.headers).toMatchObject({ "content-type": type, "shield-mitigated": "wait", "shield-rehearsal": "503" });
    for (const got of [limit, wait]) {
      expect(Number(got.headers["retry-after"])).toBeGreaterThan(0);
      expect(got.body).toMatch(body);
    }
  });
  it("is no page for anybody, and nothing for HEAD to read", async () => {
    expect((await echo("", lab.NAVIGATION as Record<string, string>)).headers["content-type"]).toBe("application/json");
    const head = await echo("", {}, "HEAD");
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(Number(head.headers["shield-time"])).toBeGreaterThan(1_700_000_000);
  });
  it("is limited like all paths of ours", async () => {
    const hers = { "CF-Connecting-IP": "198.51.100.42" };
    const from = Date.now();
    const statuses: number[] = [];
    while (!statuses.includes(429))
      statuses.push(...(await Promise.all(Array.from({ length: 100 }, async () => (await echo("", hers)).status))));
    for (const status of statuses) expect([200, 429]).toContain(status);
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBeGreaterThanOrEqual(200);
    expect(served).toBeLessThanOrEqual(budgetOver({ incrementMs: 200, toleranceMs: 200 * 200 }, Date.now() - from));
  });
});

describe("a system whose clock is an hour behind", () => {
  const call = (timeMs: number) =>
    lab.ask(edge(), "/soap/prescription", {
      method: "POST",
      headers: { ...SOAP, ...signed(timeMs, "/soap/prescription", "POST") },
      body: "<x/>",
    });
  it("is told what became of the proof that holds, where it brings one as well", async () => {
    const Cookie = await lab.signIn(edge(), "dr.ozola");
    const site = "e-health portal";
    await lab.operate(edge(), "/.shield/posture", { site, posture: "static-only", minutes: 5, reason: "a test" });
    const ask = (more: Record<string, string>) =>
      lab.ask(edge(), "/fhir/Patient", {
        headers: { ...FHIR, ...signed(Date.now() - 3_600_000, "/fhir/Patient"), ...more },
      });
    expect((await ask({})).status).toBe(401);
    const closed = await ask({ Cookie });
    expect([closed.status, closed.headers["shield-mitigated"]]).toEqual([503, "closed"]);
    await lab.operate(edge(), "/.shield/posture", { site, posture: "automatic" });
  });
  it("is served in calm like anybody, and in an attack told the time instead of being told to wait", async () => {
    expect((await call(Date.now() - 3_600_000)).headers["shield-mitigated"]).toBeUndefined();
    const site = "e-health portal";
    await lab.operate(edge(), "/.shield/posture", { site, posture: "elevated", minutes: 5, reason: "a test" });
    const from = Date.now();
    const told = await call(from - 3_600_000);
    expect(told.status).toBe(401);
    expect(told.headers).toMatchObject({
      "shield-mitigated": "fault",
      "www-authenticate": "Shield-Key",
      "content-type": "text/xml; charset=utf-8",
    });
    expect(Number(told.headers["shield-time"])).toBeGreaterThanOrEqual(Math.floor(from / 1000));
    expect(Number(told.headers["shield-time"])).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    expect(told.body).toContain("Shield-Time");
    expect((await call(Date.now())).headers["shield-mitigated"]).toBeUndefined();
    await lab.operate(edge(), "/.shield/posture", { site, posture: "automatic" });
  });
});

/** What passes through `forward`, byte for byte: the same request to the origin itself and through real workerd. */
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawConnection, type RawHead, sendRaw, valuesOf } from "../lab/raw-http.ts";
import { constant, hang, headerOf, inPieces, manyBytes, reset, type Seen } from "../lab/recording-origin.ts";
import { becomes, bothWays, HOST, inFlight, type ProxyLab, request, startProxyLab, TIMEOUT_MS } from "./proxy-lab.ts";

const MB = 1 << 20;
let lab: ProxyLab;
beforeAll(async () => {
  lab = await startProxyLab();
});
afterAll(() => lab.stop());

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Headers of the answer that belong to the answer: the rest differs with each connection. */
function ownHeaders(head: RawHead): string[] {
  const ofConnection = /^(date|connection|keep-alive|transfer-encoding)$/i;
  return head.headers
    .filter(([name]) => !ofConnection.test(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);
}

/** Headers at the origin that came from the client. */
function clientHeaders(seen: Seen): string[] {
  const ours = /^(shield-|x-forwarded-|host$|connection$|cf-)/i;
  const given = seen.headers.filter(([name, value]) => !(name.toLowerCase() === "content-length" && value === "0"));
  return given
    .filter(([name]) => !ours.test(name))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .sort();
}

async function expectSame(bytes: Uint8Array, withoutBody = false): Promise<void> {
  const { bare, proxied } = await bothWays(lab, bytes, { withoutBody });
  expect(proxied.seen.method).toBe(bare.seen.method);
  expect(proxied.seen.target).toBe(bare.seen.target);
  expect(proxied.seen.bytes).toBe(bare.seen.bytes);
  expect(proxied.seen.sha256).toBe(bare.seen.sha256);
  expect(clientHeaders(proxied.seen)).toEqual(clientHeaders(bare.seen));
  expect(proxied.response.status).toBe(bare.response.status);
  expect(proxied.response.sha256).toBe(bare.response.sha256);
  expect(ownHeaders(proxied.response).sort()).toEqual(ownHeaders(bare.response).sort());
}

describe("a request reaches the origin as it was sent", () => {
  it.each(["GET", "DELETE", "OPTIONS"])("%s without a body", (method) => expectSame(request(`${method} /app`)));
  it.each(["POST", "PUT", "PATCH", "DELETE"])("%s with a body", (method) =>
    expectSame(request(`${method} /app`, ["Content-Type: application/json"], '{"a":"ā"}')),
  );
  it("HEAD, with the length that GET would have", async () => {
    lab.origin.on("/head", constant({ headers: [["Content-Length", "1234"]] }));
    await expectSame(request("HEAD /head"), true);
  });
  it.each([
    "/app/",
    "/app",
    "/a?",
    "/?",
    "/%C4%81%2Fb%2fc%20d+e",
    "/a%zz%",
    "//double///slash",
    "/a;v=1/..;/b",
    "/x?a=1&a=2&b=&a=3&&=&c",
    "/x?q=%20+%2B&r='%22%5C|\\",
    "/path|with[odd]~chars!$&'()*+,=:@",
    "/%61%2e%2e%252e",
    "/fhir/Patient/$everything?_lastUpdated=ge2026-01-01",
    `/long?${"k=v&".repeat(1900)}`,
  ])("target %.60s", async (target) => {
    const { proxied } = await bothWays(lab, request(`GET ${target}`));
    // The query's single quote is the runtime's doing, see the table of what URL parsing changes.
    expect(proxied.seen.target).toBe(target.replace(/\?.*/s, (query) => query.replaceAll("'", "%27")));
  });
  it("SOAP", () =>
    expectSame(
      request("POST /soap/rx", ['SOAPAction: "urn:rx"', "Content-Type: text/xml; charset=utf-8"], "<s:Envelope/>"),
    ));
  it("FHIR", () =>
    expectSame(
      request("POST /fhir/Patient", ["Content-Type: application/fhir+json", "Accept: application/fhir+json"], "{}"),
    ));
  it("a multipart upload", () => {
    const file = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31) & 255));
    const body = Buffer.concat([
      Buffer.from('--xYz\r\nContent-Disposition: form-data; name="f"; filename="ā.bin"\r\n\r\n'),
      file,
      Buffer.from("\r\n--xYz--\r\n"),
    ]);
    return expectSame(request("POST /upload", ["Content-Type: multipart/form-data; boundary=xYz"], body));
  });
  it("a chunked upload, which stays chunked", async () => {
    const head = request("POST /chunked", ["Transfer-Encoding: chunked"]);
    const bytes = Buffer.concat([head, Buffer.from("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")]);
    const { proxied } = await bothWays(lab, bytes);
    expect(proxied.seen).toMatchObject({ bytes: 11, sha256: sha256("hello world") });
    expect(headerOf(proxied.seen, "Content-Length")).toEqual([]);
  });
  it("with all other headers in latin-1, empty and long", () =>
    expectSame(
      request("GET /h", [
        "X-Name: J\u00e2nis",
        "X-Empty:",
        `X-Long: ${"a".repeat(5000)}`,
        "Accept: a/b, c/d;q=0.1",
        "Authorization: Bearer abc",
      ]),
    ));
});

/**
 * What URL parsing changes, whoever builds a Request (https://url.spec.whatwg.org/). `request.url` itself is as it was sent:
 * only the copy that goes to the origin is changed, so `identify` parses such a URL before anything is decided on it.
 */
describe("what the runtime itself changes on the way to the origin", () => {
  it.each([
    // sent, reaches the origin
    ["/a/../b", "/b"],
    ["/a/%2e%2e/b", "/b"],
    ["/.%2e/b", "/b"],
    ["/a/./b", "/a/b"],
    ["/a//../b", "/a/b"],
    ["/../..", "/"],
    ["/a/..%2fb", "/a/..%2fb"],
    ["/a/..;/b", "/a/..;/b"],
    ["/a\\b?c\\d", "/a/b?c\\d"],
    ['/a"b^c{d}e', "/a%22b%5Ec%7Bd%7De"],
    ["/a'b?c'd", "/a'b?c%27d"],
    ["/\u00c4\u0081?\u00c4\u0081", "/%C4%81?%C4%81"], // ā in UTF-8, sent as it is
    ["/a#b", "/a"],
    ["/a?#", "/a?"],
    ["/a%00b?%00", null],
  ])("%j arrives as %j", async (sent, arrives) => {
    const before = lab.origin.seen.length;
    const { status } = await sendRaw(lab.proxyUrl, request(`GET ${sent}`));
    if (arrives === null) expect([status, lab.origin.seen.length]).toEqual([400, before]);
    else expect(lab.origin.last().target).toBe(arrives);
  });
  it.each(["/a b", "/a\tb", "/a<b>", "/a`b", '/a?b"c'])(
    "%j is refused by workerd before any of our code",
    async (sent) => {
      expect((await sendRaw(lab.proxyUrl, request(`GET ${sent}`))).status).toBe(400);
    },
  );
  it("a bodiless DELETE or OPTIONS gets Content-Length: 0", async () => {
    await sendRaw(lab.proxyUrl, request("DELETE /app"));
    expect(headerOf(lab.origin.last(), "Content-Length")).toEqual(["0"]);
  });
  it("two Cookie lines become one", async () => {
    await sendRaw(lab.proxyUrl, request("GET /", ["Cookie: a=1", "Cookie: b=2"]));
    expect(headerOf(lab.origin.last(), "Cookie")).toEqual(["a=1, b=2"]);
  });
  it("a user name in the Host names nobody", async () => {
    await sendRaw(lab.proxyUrl, Buffer.from("GET /who HTTP/1.1\r\nHost: u:p@PORTAL.example.lv:80\r\n\r\n"));
    expect(headerOf(lab.origin.last(), "X-Forwarded-Host")).toEqual([HOST]);
  });
});

describe("an answer reaches the client as the origin gave it", () => {
  const answers: [string, Parameters<typeof constant>[0]][] = [
    [
      "206 with its range",
      {
        status: 206,
        headers: [
          ["Content-Range", "bytes 0-3/10"],
          ["ETag", '"v1"'],
        ],
        body: "0123",
      },
    ],
    [
      "304 with its ETag",
      {
        status: 304,
        headers: [
          ["ETag", 'W/"v1"'],
          ["Cache-Control", "private"],
        ],
      },
    ],
    ["204", { status: 204 }],
    [
      "two Set-Cookie in order",
      {
        headers: [
          ["Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
          ["Set-Cookie", "b=2; Path=/"],
        ],
      },
    ],
    [
      "gzip as it is",
      {
        headers: [
          ["Content-Encoding", "gzip"],
          ["Content-Type", "text/html"],
        ],
        body: gzipSync("sveiki ".repeat(500)),
      },
    ],
    ["brotli that is none", { headers: [["Content-Encoding", "br"]], body: "not brotli at all" }],
    ["an unusual status", { status: 299, body: "?" }],
    ["an error with its body", { status: 503, headers: [["Retry-After", "9"]], body: "down" }],
    ["a redirect to elsewhere", { status: 302, headers: [["Location", "https://id.example.lv/login?to=%2Fa"]] }],
    ["a relative redirect", { status: 303, headers: [["Location", "/x//y/../z?a="]] }],
    ["307", { status: 307, headers: [["Location", "again"]] }],
  ];
  it.each(answers)("%s", async (name, answer) => {
    const path = `/answer/${name.replaceAll(" ", "-")}`;
    lab.origin.on(path, constant(answer));
    await expectSame(request(`GET ${path}`, ["Accept-Encoding: gzip", "Range: bytes=0-3", 'If-None-Match: "v1"']));
  });
  it("a redirect of a POST is left to the client: the origin is asked once", async () => {
    lab.origin.on("/moved", constant({ status: 307, headers: [["Location", "/elsewhere"]] }));
    const before = lab.origin.seen.length;
    expect((await sendRaw(lab.proxyUrl, request("POST /moved", [], "a=1"))).status).toBe(307);
    expect(lab.origin.seen.length).toBe(before + 1);
  });
  it("events arrive one by one", async () => {
    lab.origin.on("/events", inPieces(["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"], 120, "text/event-stream"));
    const times: number[] = [];
    const { body } = await sendRaw(lab.proxyUrl, request("GET /events", ["Accept: text/event-stream"]), {
      onPiece: () => times.push(performance.now()),
    });
    expect(body.toString()).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    expect(times).toHaveLength(3);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(180);
  });
  it("an answer that takes longer than the first byte may is not cut", async () => {
    lab.origin.on("/slow-body", inPieces(["a", "b", "c"], TIMEOUT_MS * 0.6, "text/plain"));
    expect((await sendRaw(lab.proxyUrl, request("GET /slow-body"))).body.toString()).toBe("abc");
  });
  it("a truncated body arrives truncated, not as a shorter one", async () => {
    lab.origin.on("/cut", reset("half"));
    const { truncated, body } = await sendRaw(lab.proxyUrl, request("GET /cut"));
    expect({ truncated, body: body.toString() }).toEqual({ truncated: true, body: "half" });
  });
  it("a WebSocket echoes, and says nothing of ours", async () => {
    const url = new URL("/ws?a=1", lab.proxyUrl);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    const messages: string[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => socket.send("labdien");
      socket.onerror = () => reject(new Error("no WebSocket"));
      socket.onmessage = ({ data }) => {
        messages.push(String(data));
        if (messages.length === 1) socket.send("x".repeat(3000));
        else resolve();
      };
    });
    socket.close();
    expect(messages).toEqual(["labdien", "x".repeat(3000)]);
    expect(lab.origin.last().target).toBe("/ws?a=1");
  });
});

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

describe("an origin in trouble", () => {
  it("that listens nowhere: 502", async () => {
    const { status, body } = await sendRaw(lab.deadUrl, request("GET /"));
    expect([status, body.toString()]).toEqual([502, "origin-unreachable"]);
  });
  it("that resets: 502", async () => {
    lab.origin.on("/reset", reset());
    expect((await sendRaw(lab.proxyUrl, request("POST /reset", [], "a=1"))).status).toBe(502);
  });
  it("that hangs: 504 in time, and its request is cut", async () => {
    lab.origin.on("/hang", hang);
    const from = performance.now();
    expect((await sendRaw(lab.proxyUrl, request("GET /hang"))).status).toBe(504);
    expect(performance.now() - from).toBeLessThan(TIMEOUT_MS + 500);
    const seen = lab.origin.last();
    expect(await becomes(() => seen.aborted)).toBe(true);
    expect(await inFlight(lab)).toBe(0);
  });
  it("a body gets more time by its length, at 50 kB/s", async () => {
    lab.origin.on("/hang", hang);
    const from = performance.now();
    expect((await sendRaw(lab.proxyUrl, request("POST /hang", [], "x".repeat(25_000)))).status).toBe(504);
    expect(performance.now() - from).toBeGreaterThan(TIMEOUT_MS + 450);
  });
});

describe("a client that resets", () => {
  it.each(["/hang?20-times", "/hang?lingering"])(
    "20 times before an answer leaks no slot, and the origin is let go: %s",
    async (target) => {
      lab.origin.on("/hang", hang);
      const before = lab.origin.seen.length;
      const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(lab.proxyUrl)));
      await Promise.all(connections.map((connection) => connection.write(request(`GET ${target}`))));
      expect(await becomes(() => lab.origin.seen.length === before + 20)).toBe(true);
      expect(await inFlight(lab)).toBe(20);
      for (const connection of connections) connection.reset();
      await pause(100);
      expect(await inFlight(lab)).toBe(0);
      expect(lab.origin.seen.slice(before).filter(({ aborted }) => !aborted)).toEqual([]);
    },
  );
  it("half way through its upload", async () => {
    const connection = await RawConnection.open(lab.proxyUrl);
    await connection.write(
      Buffer.concat([request("POST /upload-cut", ["Content-Length: 1000000"]), Buffer.alloc(10_000)]),
    );
    expect(await becomes(() => lab.origin.last().target === "/upload-cut" && lab.origin.last().bytes === 10_000)).toBe(
      true,
    );
    connection.reset();
    const seen = lab.origin.last();
    expect(await becomes(() => seen.aborted)).toBe(true);
    expect(await becomes(async () => (await inFlight(lab)) === 0)).toBe(true);
  });
  it("half way through a download", async () => {
    lab.origin.on("/endless", manyBytes(1 << 30));
    const connection = await RawConnection.open(lab.proxyUrl);
    await connection.write(request("GET /endless"));
    await connection.readHead();
    connection.reset();
    const seen = lab.origin.last();
    expect(await becomes(() => seen.aborted)).toBe(true);
  });
});

describe("256 MB stream through, and little of it is ever here", () => {
  /** Highest memory while the work runs, less that before it. */
  async function growth(work: () => Promise<void>): Promise<number> {
    const before = lab.memory();
    expect(before).toBeGreaterThan(20 * MB); // or it is not workerd that is measured
    let most = before;
    const watching = setInterval(() => {
      most = Math.max(most, lab.memory());
    }, 20);
    await work();
    clearInterval(watching);
    return (most - before) / MB;
  }
  it("down", async () => {
    lab.origin.on("/256MB", manyBytes(256 * MB));
    const grown = await growth(async () => {
      const { bytes, truncated } = await sendRaw(lab.proxyUrl, request("GET /256MB"), { keep: false });
      expect([bytes, truncated]).toEqual([256 * MB, false]);
    });
    console.log(`download: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
  it("up, with its length", async () => {
    const block = Buffer.alloc(MB, "0123456789abcdef");
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("POST /big", [`Content-Length: ${256 * MB}`]));
      for (let i = 0; i < 256; i++) await connection.write(block);
      expect((await connection.read()).status).toBe(200);
      connection.close();
    });
    console.log(`upload: workerd grew by ${grown.toFixed(0)} MB`);
    expect(lab.origin.last().bytes).toBe(256 * MB);
    expect(headerOf(lab.origin.last(), "Content-Length")).toEqual([String(256 * MB)]);
    expect(grown).toBeLessThan(100);
  });
  it("up to an origin that does not read", async () => {
    lab.origin.on("/deaf", (_, __, incoming) => void incoming.pause());
    const block = Buffer.alloc(MB);
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("POST /deaf", [`Content-Length: ${256 * MB}`]));
      const writing = (async () => {
        for (let i = 0; i < 256 && !connection.socket.destroyed; i++) await connection.write(block);
      })();
      await pause(1000);
      expect(connection.socket.bytesWritten).toBeLessThan(64 * MB);
      connection.reset();
      await writing;
    });
    console.log(`deaf origin: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
  it("down to a client that does not read", async () => {
    lab.origin.on("/256MB", manyBytes(256 * MB));
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("GET /256MB"));
      await connection.readHead();
      await pause(1500);
      connection.reset();
    });
    console.log(`slow reader: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
});

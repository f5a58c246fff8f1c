/** What passes through `forward`, byte for byte: the same request to the origin itself and through real workerd. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RawHead, sendRaw } from "../lab/raw-http.ts";
import { constant, headerOf, inPieces, reset, type Seen } from "../lab/recording-origin.ts";
import { bothWays, type ProxyLab, request, startProxyLab, TIMEOUT_MS } from "./proxy-lab.ts";

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
    // Each comes after the one before has arrived.
    const arrived = [0, 1, 2].map(() => Promise.withResolvers<void>());
    lab.origin.on("/events", async (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      for (const [i, { promise }] of arrived.entries()) {
        response.write(`data: ${i}\n\n`);
        await promise;
      }
      response.end();
    });
    let pieces = 0;
    const { body } = await sendRaw(lab.proxyUrl, request("GET /events", ["Accept: text/event-stream"]), {
      onPiece: () => arrived[pieces++]?.resolve(),
    });
    expect(body.toString()).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\n");
    expect(pieces).toBe(3);
  });
  it("an answer that takes longer than the first byte may is not cut", async () => {
    lab.origin.on("/slow-body", inPieces(["a", "b", "c"], TIMEOUT_MS * 0.6, "text/plain"));
    expect((await sendRaw(lab.hastyUrl, request("GET /slow-body"))).body.toString()).toBe("abc");
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

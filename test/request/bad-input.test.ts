/** Input that nobody sends by accident: refused with a fault, or passed on and judged by its canonical path. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identify, isFault } from "../../src/request/identify.ts";
import { factsOf, incoming, type Sent } from "./requests.ts";

const HOST = "https://portal.example.lv";
const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, "1"]));

describe("refused before anything is decided", () => {
  it.each<[string, Sent, number, string]>([
    ["a URL of 8,193 characters", { url: `${HOST}/${"a".repeat(8192 - HOST.length)}` }, 414, "url-too-long"],
    ["a query of 60 kB", { url: `${HOST}/?${"a=1&".repeat(15_000)}` }, 414, "url-too-long"],
    ["a Cookie of 16,385 characters", { headers: { Cookie: "a".repeat(16_385) } }, 431, "cookie-too-long"],
    ["129 headers", { headers: headers(129) }, 431, "too-many-headers"],
    ["a zero byte in the path", { url: `${HOST}/app%00.css` }, 400, "malformed-path"],
    ["an encoded one", { url: `${HOST}/app%2500.css` }, 400, "malformed-path"],
    ["what is no URL", { url: "https://[::1/" }, 400, "malformed-path"],
    ["what is no URL of the web", { url: "ftp://portal.example.lv/" }, 400, "malformed-path"],
  ])("%s", (_, sent, status, code) => expect(identify(incoming(sent))).toEqual({ status, code }));
});

describe("passed on", () => {
  it.each<[string, Sent]>([
    ["a URL of 8,192 characters", { url: `${HOST}/${"a".repeat(8191 - HOST.length)}` }],
    ["a Cookie of 16,384 characters", { headers: { Cookie: "a".repeat(16_384) } }],
    ["128 headers", { headers: headers(128) }],
    ["a zero byte in the query", { url: `${HOST}/?q=%00` }],
    ["2,000 times the same query key", { url: `${HOST}/?${"a=1&".repeat(2000)}` }],
  ])("%s", (_, sent) => expect(isFault(identify(incoming(sent)))).toBe(false));

  it.each([
    // sent, forwarded, matched by rules
    ["/%zz", "/%zz", "/%25zz"],
    ["/a%", "/a%", "/a%25"],
    ["//app", "//app", "/app"],
    ["/a/./b", "/a/b", "/a/b"],
    ["/x/%2e%2e/app", "/app", "/app"],
    ["/x/..%2fapp", "/x/..%2fapp", "/app"],
    ["/x/..%5capp", "/x/..%5capp", "/app"],
    ["/x\\app", "/x/app", "/x/app"],
    ["/app;a=1/rx", "/app;a=1/rx", "/app/rx"],
    // Empty segments first, as the parser does: `/app/rx` is what the origin is asked for, and what rules see.
    ["/app//../rx", "/app/rx", "/app/rx"],
    ['/a"b', "/a%22b", "/a%22b"],
    ["/ā", "/%C4%81", "/%c4%81"],
  ])("%s reaches the origin as %s and meets the rules of %s, without privileges", (sent, forwarded, canonical) => {
    const facts = factsOf({ url: `${HOST}${sent}?a=1&a=2` });
    expect(facts.target).toBe(`${forwarded}?a=1&a=2`);
    expect(facts.path).toEqual({ raw: forwarded, canonical, plain: false });
  });

  it.each([
    ["https://PORTAL.Example.lv/a", "https://portal.example.lv", "portal.example.lv"],
    ["https://portal.example.lv:443/a", "https://portal.example.lv", "portal.example.lv"],
    ["http://portal.example.lv:80/a", "http://portal.example.lv", "portal.example.lv"],
    ["https://u:p@portal.example.lv/a", "https://portal.example.lv", "portal.example.lv"],
    ["https://u:p@portal.example.lv:8443/a#b", "https://portal.example.lv:8443", "portal.example.lv"],
    ["http://[2001:db8::1]:8787/a", "http://[2001:db8::1]:8787", "[2001:db8::1]"],
    ["http://localhost:8787/a", "http://localhost:8787", "localhost"],
    ["https://portal.example.lv\\@evil.example/a", "https://portal.example.lv", "portal.example.lv"],
  ])("authority of %s: %s", (url, authority, host) => {
    expect(factsOf({ url })).toMatchObject({ authority, host });
  });

  it.each(["/a?", "/?", "/a??", "/a?#b"])("%s keeps its question mark", (target) => {
    expect(factsOf({ url: HOST + target }).target).toBe(target.replace("#b", ""));
  });
});

describe("for any input", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  it("nothing is thrown, and every fact is bounded", () =>
    fc.assert(
      fc.property(
        text,
        text,
        fc.anything(),
        fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "BREW"),
        (a, b, cf, method) => {
          const names = [
            "cookie",
            "accept",
            "accept-language",
            "content-type",
            "content-length",
            "origin",
            "sec-fetch-mode",
            "sec-fetch-dest",
            "cf-connecting-ip",
            "upgrade",
          ];
          const read: ReadonlyMap<string, string> = new Map(names.map((name) => [name, b]));
          const outcome = identify({ method, url: `${HOST}/${a}`, headers: read, body: null, cf });
          if (!isFault(outcome)) expect(outcome.url).toBe(new URL(outcome.url).href);
        },
      ),
      { numRuns: 1000 },
    ));
});

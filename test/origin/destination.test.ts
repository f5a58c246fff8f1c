import { describe, expect, it } from "vitest";
import { DestinationError, resolveDestination } from "../../src/origin/forward-destination.ts";
import { namesToHide, prepareForOrigin, publicLocation, vouchIn } from "../../src/origin/headers.ts";
import { trackInFlight } from "../../src/origin/in-flight.ts";
import { ReadHeaders } from "../../src/request/read-headers.ts";
import { InFlight } from "./in-flight.ts";

const fetcher = { fetch: () => Promise.resolve(new Response("bound")) };
const site = (origin?: { url: string } | { binding: string }) => ({ name: "portal", origin });

describe("where requests go", () => {
  const everything = { ORIGIN: "https://origin.example.lv", ORIGIN_SERVICE: fetcher, RX: fetcher };
  it("to the URL in the rules first", () =>
    expect(resolveDestination(site({ url: "https://rx.example.lv:8443" }), everything)).toEqual({
      kind: "url",
      url: "https://rx.example.lv:8443",
    }));
  it("to the binding in the rules first", () =>
    expect(resolveDestination(site({ binding: "RX" }), everything)).toEqual({ kind: "fetcher", fetcher }));
  it("else to ORIGIN, with or without its closing slash", () => {
    expect(resolveDestination(site(), everything)).toEqual({ kind: "url", url: "https://origin.example.lv" });
    expect(resolveDestination(site(), { ORIGIN: "https://origin.example.lv/" })).toEqual({
      kind: "url",
      url: "https://origin.example.lv",
    });
  });
  it("else to ORIGIN_SERVICE, also when ORIGIN is empty", () =>
    expect(resolveDestination(site(), { ORIGIN: "", ORIGIN_SERVICE: fetcher })).toEqual({ kind: "fetcher", fetcher }));
  it("else to the zone", () => expect(resolveDestination(site(), {})).toEqual({ kind: "zone" }));
  it.each(["MISSING", "ORIGIN", "toString"])("a binding that is none, %s, is named in the error", (binding) =>
    expect(() => resolveDestination(site({ binding }), everything)).toThrow(
      new RegExp(`binding ${binding}.*wrangler\\.toml`),
    ),
  );
  it.each([
    "origin.example.lv",
    "https://origin.example.lv/app",
    "https://u:p@origin.example.lv",
    "ftp://origin.example.lv",
    "https://",
  ])("ORIGIN %s is an error that says what to write", (ORIGIN) => {
    expect(() => resolveDestination(site(), { ORIGIN })).toThrow(DestinationError);
    expect(() => resolveDestination(site(), { ORIGIN })).toThrow(/https:\/\/origin\.example\.lv/);
  });
});

describe("a Location", () => {
  const ORIGIN = "https://origin.internal";
  const PUBLIC = "https://portal.example.lv";
  it.each([
    ["https://origin.internal/a?b#c", "https://portal.example.lv/a?b#c"],
    ["https://origin.internal", "https://portal.example.lv"],
    ["https://origin.internal?a", "https://portal.example.lv?a"],
    ["https://ORIGIN.internal:443/a", "https://portal.example.lv/a"],
    ["http://origin.internal/a", "https://portal.example.lv/a"],
    ["//origin.internal/a", "https://portal.example.lv/a"],
    ["https://u:p@origin.internal/a", "https://portal.example.lv/a"],
    ["https://origin.internal:8443/a", null],
    ["https://origin.internal.evil.example/a", null],
    ["https://evil.example/https://origin.internal/", null],
    ["https://id.example.lv/?to=https://origin.internal/", null],
    ["/a", null],
    ["a", null],
    ["", null],
    ["?https://origin.internal/", null],
    ["https://[/", null],
    ["javascript://origin.internal/%0aalert(1)", null],
  ])("%s becomes %s", (location, mapped) => expect(publicLocation(location, ORIGIN, PUBLIC)).toBe(mapped));
});

describe("headers", () => {
  it("of the client that nobody may forge are gone, whatever their case; ours replace them", () => {
    const headers = new Headers({
      "SHIELD-origin-key": "x",
      "x-forwarded-port": "1",
      Cookie: "a=1",
      Upgrade: "websocket",
      "X-Shield": "1",
    });
    const news = { clientIp: "", lane: "unknown", principal: null, originKey: null };
    prepareForOrigin(headers, new ReadHeaders(headers).withheld, news, "https://portal.example.lv:8443");
    expect([...headers]).toEqual([
      ["cookie", "a=1"],
      ["shield-lane", "unknown"],
      ["upgrade", "websocket"],
      ["x-forwarded-host", "portal.example.lv:8443"],
      ["x-forwarded-proto", "https"],
      ["x-shield", "1"],
    ]);
  });
  it("of the origin are hidden only where they must be", () => {
    expect(namesToHide(new Headers({ "Content-Type": "a/b", "X-Shield": "1" }), 200)).toEqual([]);
    expect(namesToHide(new Headers({ "Shield-X": "1", Upgrade: "h2c" }), 200)).toEqual(["shield-x", "upgrade"]);
    expect(namesToHide(new Headers({ Upgrade: "websocket" }), 101)).toEqual([]);
  });
  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ "CF-Cache-Status": "DYNAMIC" }, true],
    [{ "CF-Cache-Status": "MISS" }, true],
    [{ "CF-Cache-Status": "hit" }, false],
    [{ "CF-Cache-Status": "UPDATING" }, false],
    [{ "CF-Cache-Status": "REVALIDATED" }, false],
    [{ Age: "1" }, false],
  ])("with %j a vouch is heard: %s", (headers, heard) => {
    expect(vouchIn(new Headers({ "Shield-Vouch": "s", ...headers }))).toBe(heard ? "s" : null);
  });
});

describe("a slot at the origin", () => {
  it.each([["finally"], ["abort"], ["both"]])("is given back once by %s", (how) => {
    const client = new AbortController();
    const counter = new InFlight();
    const done = trackInFlight(client.signal, counter);
    expect(counter.count).toBe(1);
    if (how !== "finally") client.abort();
    if (how !== "abort") done();
    if (how === "both") done();
    expect(counter.count).toBe(0);
  });
  it("is not waited for by a client that leaves: what it asked is called off, also while the body is under way", () => {
    const client = new AbortController();
    const counter = new InFlight();
    let left = 0;
    const done = trackInFlight(client.signal, counter, () => left++);
    done();
    expect(left).toBe(0);
    client.abort();
    expect([left, counter.count]).toEqual([1, 0]);
  });
  it("is not kept by a client that has left already", () => {
    const counter = new InFlight();
    trackInFlight(AbortSignal.abort(), counter);
    expect(counter.count).toBe(0);
  });
});

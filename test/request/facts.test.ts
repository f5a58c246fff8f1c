/** Tables of what `identify` makes of what browsers, programs and attackers send. */
import { describe, expect, it } from "vitest";
import { NO_COOKIES, type OwnCookies } from "../../src/request/cookies.ts";
import type { AnswerFormat, Asker } from "../../src/request/facts.ts";
import { factsOf, NAVIGATION, type Sent } from "./requests.ts";

const fetched = (mode: string, dest: string, more: Record<string, string> = {}): Sent => ({
  headers: { "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest, ...more },
});

describe("who asks", () => {
  it.each<[string, Sent, Asker]>([
    ["a link or address bar", fetched("navigate", "document", { "Sec-Fetch-User": "?1" }), "navigation"],
    ["a form", { method: "POST", ...fetched("navigate", "document") }, "navigation"],
    ["a form into an iframe", { method: "POST", ...fetched("navigate", "iframe") }, "frame"],
    ["prerender", fetched("navigate", "document", { "Sec-Purpose": "prefetch;prerender" }), "prefetch"],
    ["<link rel=prefetch>", fetched("no-cors", "empty", { "Sec-Purpose": "prefetch" }), "prefetch"],
    ["a fetch that calls itself one", fetched("cors", "empty", { "Sec-Purpose": "prefetch" }), "script"],
    ["<embed>", fetched("navigate", "embed"), "frame"],
    ["<object>", fetched("navigate", "object"), "frame"],
    ["<a download>", fetched("navigate", "empty"), "subresource"],
    ["fetch, XHR, EventSource", fetched("cors", "empty"), "script"],
    ["same-origin fetch", fetched("same-origin", "empty"), "script"],
    ["sendBeacon", fetched("no-cors", "empty"), "script"],
    ["image", fetched("no-cors", "image"), "subresource"],
    ["script", fetched("no-cors", "script"), "subresource"],
    ["module", fetched("cors", "script"), "subresource"],
    ["font", fetched("cors", "font"), "subresource"],
    ["Worker", fetched("same-origin", "worker"), "subresource"],
    [
      "preflight",
      { method: "OPTIONS", headers: { "Access-Control-Request-Method": "POST", "Sec-Fetch-Mode": "cors" } },
      "preflight",
    ],
    ["OPTIONS that is none", { method: "OPTIONS" }, "program"],
    ["WebSocket", { headers: { Upgrade: "WebSocket", Connection: "Upgrade" } }, "websocket"],
    ["an upgrade to HTTP/2", { headers: { Upgrade: "h2c" } }, "program"],
    ["a mode that there is not", fetched("teleport", "document"), "program"],
    ["a navigation to nowhere", fetched("navigate", "image"), "program"],
    ["a property of every object", fetched("navigate", "constructor"), "program"],
    ["an old browser", { headers: { "Upgrade-Insecure-Requests": "1", Accept: "text/html,*/*" } }, "navigation"],
    [
      "an old browser's form",
      { method: "POST", headers: { "Upgrade-Insecure-Requests": "1", Accept: "text/html" } },
      "navigation",
    ],
    ["an old browser's XHR", { headers: { Accept: "application/json, text/html" } }, "program"],
    ["an old browser's XHR from our own script", { headers: { Accept: "*/*", "Shield-Client": "1" } }, "script"],
    ["Accept alone", { headers: { Accept: "text/html" } }, "program"],
    ["Upgrade-Insecure-Requests alone", { headers: { "Upgrade-Insecure-Requests": "1", Accept: "*/*" } }, "program"],
    ["practice software", { method: "POST", headers: { SOAPAction: '""', "Content-Type": "text/xml" } }, "program"],
    ["nothing at all", {}, "program"],
  ])("%s", (_, sent, asker) => expect(factsOf(sent).asker).toBe(asker));
});

describe("in which form it is answered", () => {
  const post = (headers: Record<string, string>): Sent => ({ method: "POST", headers });
  it.each<[string, Sent, AnswerFormat]>([
    ["navigation", { headers: NAVIGATION }, "html"],
    ["frame", fetched("navigate", "iframe"), "html"],
    ["HEAD", { method: "HEAD", headers: NAVIGATION }, "none"],
    ["image", fetched("no-cors", "image"), "none"],
    ["prerender", fetched("navigate", "document", { "Sec-Purpose": "prefetch;prerender" }), "none"],
    ["preflight", { method: "OPTIONS", headers: { "Access-Control-Request-Method": "PUT" } }, "none"],
    ["WebSocket", { headers: { Upgrade: "websocket" } }, "none"],
    ["script", fetched("cors", "empty", { Accept: "text/html" }), "problem"],
    ["curl", { headers: { Accept: "*/*" } }, "problem"],
    ["a program that wants HTML", { headers: { Accept: "text/html" } }, "problem"],
    ["SOAP 1.1", post({ SOAPAction: '"urn:rx"', "Content-Type": "text/xml; charset=utf-8" }), "soap11"],
    ["SOAP 1.1 with an empty action", post({ SOAPAction: "", "Content-Type": "application/octet-stream" }), "soap11"],
    ["SOAP 1.1 by its type", post({ "Content-Type": "Text/XML" }), "soap11"],
    ["SOAP 1.2", post({ "Content-Type": "application/soap+xml; charset=utf-8" }), "soap12"],
    ["SOAP 1.2 with an action too", post({ "Content-Type": "application/soap+xml", SOAPAction: "x" }), "soap12"],
    [
      "MTOM",
      post({ "Content-Type": 'multipart/related; type="application/xop+xml"; start-info="application/soap+xml"' }),
      "soap12",
    ],
    ["FHIR by Accept", { headers: { Accept: "application/fhir+json" } }, "fhir"],
    ["FHIR by Content-Type", post({ "Content-Type": "application/fhir+json; fhirVersion=4.0" }), "fhir"],
    ["FHIR from a page's script", fetched("cors", "empty", { Accept: "application/fhir+json" }), "fhir"],
    ["FHIR in a link", { headers: { ...NAVIGATION, Accept: "text/html, application/fhir+json" } }, "html"],
    ["JSON", post({ "Content-Type": "application/json" }), "problem"],
  ])("%s", (_, sent, format) => expect(factsOf(sent).format).toBe(format));

  it.each([
    ["", "lv"],
    ["lv", "lv"],
    ["lv-LV,lv;q=0.9,en;q=0.8", "lv"],
    ["en,lv;q=0.9", "en"],
    ["en-GB,en;q=0.9", "en"],
    ["en,lv", "lv"],
    ["ru,en;q=0.5", "en"],
    ["ru,lv;q=0.7,en;q=0.7", "lv"],
    ["ru,de", "lv"],
    ["*", "lv"],
    ["en;q=0", "lv"],
    ["en;q=7, lv;q=0.1", "lv"],
    ["EN ; Q=0.9 , LV ; q=0.1", "en"],
    [`${"de,".repeat(200)}en`, "lv"],
    [";;;,,,=;q", "lv"],
  ])("Accept-Language %s: %s", (header, language) => {
    expect(factsOf({ headers: { "Accept-Language": header } }).language).toBe(language);
  });
});

describe("from which site", () => {
  it.each([
    ["same-origin", null, "same-origin"],
    ["same-site", "https://sso.example.lv", "same-site"],
    ["cross-site", "https://portal.example.lv", "cross-site"],
    ["none", null, "none"],
    [null, null, "unknown"],
    [null, "https://portal.example.lv", "same-origin"],
    [null, "http://portal.example.lv", "cross-site"],
    [null, "https://portal.example.lv.evil.example", "cross-site"],
    [null, "https://sso.example.lv", "cross-site"],
    [null, "null", "cross-site"],
    ["nonsense", "https://portal.example.lv", "same-origin"],
    ["nonsense", null, "unknown"],
  ])("Sec-Fetch-Site %s, Origin %s: %s", (fetchSite, origin, site) => {
    const headers = { ...(fetchSite && { "Sec-Fetch-Site": fetchSite }), ...(origin && { Origin: origin }) };
    expect(factsOf({ headers }).site).toBe(site);
  });
});

describe("our cookies", () => {
  const NONE: Partial<OwnCookies> = {};
  it.each<[string, string, Partial<OwnCookies>]>([
    [
      "each among others",
      "a=1; __Host-shield-pass=p.1; b=2; __Host-shield-clearance=c.1; __Host-shield-place=l; __Host-shield-signin=s; __Host-shield-visit=v",
      { pass: "p.1", clearance: "c.1", place: "l", signin: "s", visit: "v" },
    ],
    ["without spaces", "__Host-shield-pass=p;__Host-shield-clearance=c", { pass: "p", clearance: "c" }],
    ["with many", " \t__Host-shield-pass=p  ; x", { pass: "p" }],
    ["twice: the first", "__Host-shield-pass=1; __Host-shield-pass=2", { pass: "1" }],
    ["empty, then full: the first", "__Host-shield-pass=; __Host-shield-pass=2", NONE],
    ["in another's name", "my__Host-shield-pass=1; __Host-shield-passport=2", NONE],
    ["in another's value", "a=__Host-shield-pass=1; b=x __Host-shield-pass=2", NONE],
    ["behind a comma", "a=1, __Host-shield-pass=2", NONE],
    ["in another case", "__host-shield-pass=1", NONE],
    ["without a value", "__Host-shield-pass; a=1", NONE],
    ["as long as can be", `__Host-shield-pass=${"x".repeat(2048)}`, { pass: "x".repeat(2048) }],
    ["longer", `__Host-shield-pass=${"x".repeat(2049)}`, NONE],
    ["a thousand that are not", `${"x__Host-shield-pass=1;".repeat(700)}__Host-shield-pass=2`, { pass: "2" }],
  ])("%s", (_, cookie, cookies) =>
    expect(factsOf({ headers: { Cookie: cookie } }).cookies).toEqual({ ...NO_COOKIES, ...cookies }),
  );
});

describe("everything else", () => {
  it("is read as it stands", () => {
    const facts = factsOf({
      method: "POST",
      url: "https://portal.example.lv:8443/App/Rx?id=1&id=2",
      headers: {
        "CF-Connecting-IP": "198.51.100.7",
        "User-Agent": "x".repeat(3000),
        Referer: "https://a/",
        "Content-Length": "12",
      },
      body: {},
      cf: { colo: "RIX", asn: 64500, country: "LV" },
    });
    expect(facts).toMatchObject({
      method: "POST",
      url: "https://portal.example.lv:8443/App/Rx?id=1&id=2",
      host: "portal.example.lv",
      authority: "https://portal.example.lv:8443",
      target: "/App/Rx?id=1&id=2",
      path: { raw: "/App/Rx", canonical: "/app/rx", plain: true },
      network: { colo: "RIX", asn: 64500, country: "LV", worker: "" },
      bodyBytes: 12,
      hasBody: true,
    });
    expect(facts.address.text).toBe("198.51.100.7");
    expect(facts.headers.userAgent).toHaveLength(1024);
  });
  it("other people's Workers are told apart by name; nobody else can give herself one", () => {
    const workerAt = (address: string) =>
      factsOf({ headers: { "CF-Connecting-IP": address, "CF-Worker": "evil.example" } }).network.worker;
    expect(workerAt("2a06:98c0:3600::103")).toBe("evil.example");
    for (const address of ["198.51.100.7", "2001:db8::1", "2a06:98c0:3601::103", ""])
      expect(workerAt(address)).toBe("");
  });
  it.each<[string, string | null, unknown, number | null, boolean]>([
    ["none", null, null, null, false],
    ["chunked", null, {}, null, true],
    ["of length 0", "0", {}, 0, false],
    ["of a length that is none", "1e3", {}, null, true],
    ["negative", "-1", null, null, false],
    ["too long to be", "9".repeat(16), {}, null, true],
  ])("a body: %s", (_, length, body, bodyBytes, hasBody) => {
    const headers = length === null ? {} : { "Content-Length": length };
    expect(factsOf({ method: "POST", headers, body })).toMatchObject({ bodyBytes, hasBody });
  });
  it.each([
    undefined,
    null,
    7,
    "cf",
    true,
    [],
    {},
    { asn: "64500", colo: 1, country: {} },
    { asn: Number.NaN },
    { asn: -1, country: null },
  ])("cf %j means nothing known", (cf) =>
    expect(factsOf({ cf }).network).toEqual({ colo: "", asn: 0, country: "", worker: "" }),
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalPath, pathFacts } from "../../src/request/path.ts";
import { factsOf } from "./requests.ts";

describe("the canonical path", () => {
  it.each([
    // sent, canonical, plain
    ["/", "/", true],
    ["/app/prescriptions", "/app/prescriptions", true],
    ["/app/", "/app/", true],
    ["/fhir/Patient/$everything", "/fhir/patient/$everything", true],
    ["/SOAP/Rx.ASMX", "/soap/rx.asmx", true],
    ["/files/my%20file.pdf", "/files/my%20file.pdf", true],
    ["/p%C4%81rskats", "/p%c4%81rskats", true],
    ["/100%25", "/100%25", true],
    ["/.well-known/security.txt", "/.well-known/security.txt", true],
    ["/...", "/...", true],
    ["/a..b", "/a..b", true],
    ["/%61pp", "/app", false],
    ["/%41pp", "/app", false],
    ["/a%7eb", "/a~b", false],
    ["/fhir/%24everything", "/fhir/$everything", false],
    ["/a%2Fb", "/a/b", false],
    ["/a%2fb", "/a/b", false],
    ["/x/..%2fapp", "/app", false],
    ["/x/%2e%2e%2fapp", "/app", false],
    ["/x/..%5capp", "/app", false],
    ["/x\\..\\app", "/app", false],
    ["/x/..;/app", "/app", false],
    ["/x/..;jsession=1/app", "/app", false],
    ["/app;v=1/rx;w=2", "/app/rx", false],
    ["/app%3bv=1", "/app", false],
    ["//app///rx//", "/app/rx/", false],
    ["/./app/./rx", "/app/rx", false],
    ["/app/x/..", "/app/", false],
    ["/app/.", "/app/", false],
    ["/../../app", "/app", false],
    ["/..", "/", false],
    ["/%2561pp", "/app", false],
    ["/%252561pp", "/app", false],
    ["/x/%252e%252e%252fapp", "/app", false],
    ["/%%36%31", "/a", false],
    ["/a%zz", "/a%25zz", false],
    ["/100%", "/100%25", false],
    ["/%", "/%25", false],
    ["/%4", "/%254", false],
    ["/%u0061", "/%25u0061", false],
    ["/a%2520b", "/a%20b", false],
    ["", "/", false],
    ["app", "/app", false],
  ])("of %s is %s, plain: %s", (raw, canonical, plain) => {
    expect(pathFacts(raw)).toEqual({ raw, canonical, plain });
  });

  it("is not plain when a URL parser had to make it so", () => expect(pathFacts("/b", false).plain).toBe(false));

  it("takes linear time: 8,000 characters of the worst kind in some ms", () => {
    for (const worst of [
      "%25".repeat(2600),
      `${"%".repeat(4000)}${"25".repeat(2000)}`,
      "/..".repeat(2600),
      ";/".repeat(4000),
    ]) {
      // The best of ten: whatever else the machine does does not fall on all of them.
      const ms = Array.from({ length: 10 }, () => {
        const from = performance.now();
        canonicalPath(`/${worst}`);
        return performance.now() - from;
      });
      expect(Math.min(...ms)).toBeLessThan(20);
    }
  });
});

/** Paths made of what makes paths difficult. */
const nasty = fc
  .array(
    fc.constantFrom(
      "/",
      "//",
      "\\",
      ".",
      "..",
      ";",
      "%",
      "%2",
      "%25",
      "%2e",
      "%2F",
      "%5c",
      "%3B",
      "%00",
      "%c4%81",
      "%20",
      "%61",
      "%zz",
      "a",
      "B",
      "2",
      "5",
      "e",
      "f",
      "~",
      "$",
    ),
    { maxLength: 24 },
  )
  .map((parts) => `/${parts.join("")}`);
const anyPath = fc.oneof(
  nasty,
  fc.string().map((text) => `/${text}`),
  fc.string({ unit: "binary" }),
  fc.webUrl({ withQueryParameters: false }).map((url) => new URL(url).pathname),
);

describe("for any path whatever", () => {
  it("the canonical path is canonical", () =>
    fc.assert(
      fc.property(anyPath, (path) => {
        expect(canonicalPath(canonicalPath(path))).toBe(canonicalPath(path));
      }),
      { numRuns: 2000 },
    ));
  it("plain is one that changes in nothing but case", () =>
    fc.assert(
      fc.property(anyPath, (path) => {
        expect(pathFacts(path).plain).toBe(canonicalPath(path) === path.toLowerCase());
      }),
      { numRuns: 2000 },
    ));
  it("nothing is left in it that an origin could resolve", () =>
    fc.assert(
      fc.property(anyPath, (path) => {
        const canonical = canonicalPath(path);
        expect(canonical.startsWith("/")).toBe(true);
        expect(canonical).not.toMatch(
          /\/\/|\\|;|\/\.{1,2}(\/|$)|%(?![0-9a-f]{2})|%(2e|2f|5c|3b|25[0-9a-f]{2}|6[1-9a-f])/,
        );
      }),
      { numRuns: 2000 },
    ));
  it("what is decided on is what is forwarded: building a Request from it changes nothing more", () =>
    fc.assert(
      fc.property(nasty, (path) => {
        fc.pre(!path.includes("%00"));
        const { target } = factsOf({ url: `https://portal.example.lv${path}` });
        expect(new URL(`https://origin.example${target}`).href).toBe(`https://origin.example${target}`);
      }),
      { numRuns: 1000 },
    ));
});

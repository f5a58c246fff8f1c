import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, RulesError } from "../../src/policy/compile.ts";
import { glob } from "../../src/policy/glob.ts";
import type { Condition, Rules } from "../../src/policy/language.ts";
import { misspellings } from "../../src/policy/schema.ts";
import rules from "../../src/rules.ts";
import { facts } from "./subjects.ts";

const [portal, ...others] = rules.sites;
if (!portal) throw new Error("the shipped rules protect nothing");

function problemsOf(different: Partial<Rules>): string {
  try {
    compile({ ...rules, ...different });
    return "";
  } catch (error) {
    if (error instanceof RulesError) return error.message;
    throw error;
  }
}

describe("compile", () => {
  it("takes the shipped rules", () => expect(problemsOf({})).toBe(""));

  it.each<[string, Partial<Rules>, RegExp]>([
    ["a host twice", { sites: [portal, portal] }, /host portal\.example\.lv is already taken/],
    [
      "a host with a scheme",
      { sites: [{ ...portal, hosts: ["https://x.lv"] }, ...others] },
      /is no hostname\. Write it in lower case/,
    ],
    [
      "no route for the rest",
      { sites: [{ ...portal, routes: portal.routes.slice(0, -1) }, ...others] },
      /Let the last route have path/,
    ],
    [
      "an origin with a path",
      { sites: [{ ...portal, origin: { url: "https://o.lv/x" } }, ...others] },
      /Write scheme and host only/,
    ],
    [
      "everybody as a reader",
      { sites: [{ ...portal, readableBy: ["*"] }, ...others] },
      /readableBy: "\*" is no origin\. Name each one in full/,
    ],
    [
      "a reader with a path",
      { sites: [{ ...portal, readableBy: ["https://app.example.lv/"] }, ...others] },
      /readableBy: "https:\/\/app\.example\.lv\/" is no origin/,
    ],
    [
      "a reader without TLS",
      { sites: [{ ...portal, readableBy: ["http://app.example.lv"] }, ...others] },
      /can pose as .* Use https\./,
    ],
    [
      "a budget of nothing",
      { budgets: [{ name: "b", per: "address", perMinute: 0, burst: 1, then: "limit" }] },
      /budget "b": perMinute must be above 0/,
    ],
    [
      "a budget for no route",
      { budgets: [{ name: "b", per: "address", routes: "serch", perMinute: 1, burst: 1, then: "limit" }] },
      /there is no route "serch"/,
    ],
    [
      "a posture for ever",
      { sites: [{ ...portal, posture: { is: "elevated", until: "2026-12-01T10:00", because: "x" } }, ...others] },
      /posture: "2026-12-01T10:00" is no time\. Write it with its offset/,
    ],
    [
      "a static page without a time",
      { sites: [{ ...portal, posture: { is: "static-only", until: "2026-12-01T10:00Z", because: "x" } }, ...others] },
      /posture: its page could not say as of when\. Give the site a notice/,
    ],
    [
      "something critical switched off",
      {
        sites: [
          {
            ...portal,
            routes: portal.routes.map((route) =>
              route.name === "prescriptions"
                ? { ...route, off: { until: "2026-12-01T10:00Z", because: "x", notice: { lv: "x", en: "x" } } }
                : route,
            ),
          },
          ...others,
        ],
      },
      /route "prescriptions", off: it is critical\. Only what is sheddable/,
    ],
    [
      "a notice in one language",
      { sites: [{ ...portal, notice: { lv: "x", en: " ", updated: "2026-12-01T10:00Z" } }, ...others] },
      /the notice in "en" is empty/,
    ],
    [
      "returns from sign-in that nothing bounds",
      { budgets: rules.budgets.filter(({ transaction }) => transaction !== "without") },
      /route "return from sign-in": nothing bounds returns that nobody began\. Add a budget/,
    ],
    [
      "returns that anybody may begin without end",
      { budgets: rules.budgets.filter(({ transaction }) => transaction !== "with") },
      /route "return from sign-in": nothing bounds returns that somebody began, .* Add a budget/,
    ],
    [
      "a sign-in that comes from a copy",
      {
        sites: [
          {
            ...portal,
            routes: portal.routes.map((route) =>
              route.signIn === "start" ? { ...route, cache: { seconds: 60, query: [] } } : route,
            ),
          },
          ...others,
        ],
      },
      /an answer from a copy signs nobody in\. Drop `cache`/,
    ],
    [
      "returns without a beginning",
      {
        sites: [
          {
            ...portal,
            routes: portal.routes.map(({ signIn, ...route }) =>
              signIn === "start" ? route : { ...route, ...(signIn ? { signIn } : {}) },
            ),
          },
          ...others,
        ],
      },
      /people return from sign-in, but it never starts\. Mark where/,
    ],
    [
      "transactions where none are brought",
      {
        budgets: [
          ...rules.budgets,
          { name: "t", per: "transaction", routes: "search", perMinute: 1, burst: 1, then: "limit" },
        ],
      },
      /budget "t": transactions are brought to returns from sign-in only/,
    ],
    ["an empty condition", { rules: [{ name: "all", when: {}, then: "block" }] }, /meets every request/],
    [
      "a name twice",
      {
        rules: [
          { name: "a", when: { asn: 1 }, then: "block" },
          { name: "a", when: { asn: 2 }, then: "block" },
        ],
      },
      /stands twice/,
    ],
    [
      "nonsense for a network",
      { rules: [{ name: "a", when: { network: "10.0.0/8" }, then: "block" }] },
      /write it like/,
    ],
    [
      "half the internet as a hospital",
      { facilities: [{ name: "f", networks: ["0.0.0.0/0"], seats: 5, expires: "2027-01-01" }] },
      /wider than \/16/,
    ],
    [
      "a date that is none",
      { facilities: [{ name: "f", networks: ["192.0.2.0/24"], seats: 5, expires: "soon" }] },
      /is no date/,
    ],
    [
      "a date that others read differently",
      { facilities: [{ name: "f", networks: ["192.0.2.0/24"], seats: 5, expires: "02/03/2027" }] },
      /is no date\. Write it like "2027-06-30"/,
    ],
    [
      "a facility that is nowhere",
      { facilities: [{ name: "f", networks: [], seats: 5, expires: "2027-01-01" }] },
      /has no networks.* Name the addresses/,
    ],
    [
      "a facility twice",
      {
        facilities: [
          { name: "f", networks: ["192.0.2.0/24"], seats: 5, expires: "2027-01-01" },
          { name: "f", networks: ["198.51.100.0/24"], seats: 9, expires: "2027-01-01" },
        ],
      },
      /facility "f": the name stands twice/,
    ],
    [
      "a sign-in that may be started without end from one prefix",
      { budgets: rules.budgets.filter(({ per, strict }) => !(per === "prefix" && strict)) },
      /route "sign-in": no strict budget per prefix .* Add budgets/,
    ],
    [
      "a sign-in that programs may start without end from one network, once they solved a puzzle",
      { budgets: rules.budgets.filter(({ per, lanes }) => !(per === "network" && lanes === "cleared")) },
      /route "sign-in": no strict budget per network .* "unknown" and "cleared"/,
    ],
    [
      "a start of sign-in whose budget is not strict",
      { budgets: rules.budgets.map((each) => ({ ...each, strict: false })) },
      /route "sign-in": no strict budget per prefix/,
    ],
  ])("refuses %s and says what to do", (_, different, sentence) => {
    expect(problemsOf(different)).toMatch(sentence);
    expect(problemsOf(different)).toContain("src/rules.ts, ");
  });

  it("tells all problems at once", () => {
    const message = problemsOf({
      budgets: [...rules.budgets, { name: "b", per: "address", perMinute: 0, burst: 0, then: "limit" }],
    });
    expect(message.split("\n")).toHaveLength(2);
  });
});

describe("words that the language does not have", () => {
  const [route] = portal.routes;
  const [budget] = rules.budgets;
  it("are none in the shipped rules", () => expect(misspellings(rules)).toEqual([]));
  it.each<[string, unknown, RegExp]>([
    [
      "an importance",
      { sites: [{ ...portal, routes: [{ ...route, importance: "vital" }] }] },
      /site "e-health portal", route "assets", importance: "vital" is not possible here\. Write one of "critical"/,
    ],
    ["a kind of client", { sites: [{ ...portal, routes: [{ ...route, usedBy: "machines" }] }] }, /usedBy/],
    [
      "whom a budget is for",
      { budgets: [{ ...budget, per: "adress" }] },
      /budget "one clinician", per: "adress" is not possible here\. Write one of .*"address"/,
    ],
    ["a key", { budgets: [{ ...budget, perMinuts: 4 }] }, /perMinuts: there is no such word\. Known: .*perMinute/],
    [
      "an origin that is none",
      { sites: [{ ...portal, origin: { uri: "https://o.lv" } }] },
      /origin: .*Known: url.* Or: .*Known: binding/,
    ],
    [
      "what is missing",
      { sites: [{ ...portal, capacityPerSecond: undefined }] },
      /capacityPerSecond: it is missing\. Write a number/,
    ],
    ["what has no name", { rules: [{ when: {}, then: "block" }] }, /rule no\. 1, name: it is missing/],
    ["a part of a condition", { rules: [{ name: "x", when: { usrAgent: "*" }, then: "block" }] }, /usrAgent/],
    [
      "a part of a condition inside `not`",
      { rules: [{ name: "x", when: { not: { pth: "/" } }, then: "block" }] },
      /rule "x", when, not, pth: there is no such word/,
    ],
    ["a method in small letters", { rules: [{ name: "x", when: { method: "post" }, then: "block" }] }, /capitals/],
  ])("are found and named: %s", (_, different, sentence) => {
    expect(misspellings({ ...rules, ...(different as object) }).join("\n")).toMatch(sentence);
  });
});

describe("a condition", () => {
  const matches = (when: Condition) => {
    const rule = compile({ ...rules, rules: [{ name: "it", when, then: "block" }] }).rules[0];
    const route = compile(rules).sites[0]?.routes.at(-1);
    if (!rule || !route) throw new Error("nothing compiled");
    return rule.matches({ facts: facts({ pathname: "/search", target: "/search?q=aspirin" }), lane: "unknown", route });
  };
  it("needs all of its parts and any value of a list", () => {
    expect(matches({ method: ["POST", "GET"], path: "/search" })).toBe(true);
    expect(matches({ method: "POST", path: "/search" })).toBe(false);
    expect(matches({ country: "LV", asn: [1, 64500], network: ["192.0.2.0/24", "198.51.100.0/24"] })).toBe(true);
  });
  it("can be turned round", () => {
    expect(matches({ path: "/search", not: { country: ["LV", "EE"] } })).toBe(false);
    expect(matches({ path: "/search", not: { country: "LV", method: "POST" } })).toBe(true);
  });
  it("looks at the query and at headers that are not there", () => {
    expect(matches({ query: "*aspirin*" })).toBe(true);
    expect(matches({ referer: "" })).toBe(true);
    expect(matches({ referer: "?*" })).toBe(false);
  });
});

describe("a pattern", () => {
  it("means what the naive reading says", () => {
    const naive = (pattern: string, text: string): boolean => {
      const [head = "", ...tail] = pattern;
      if (pattern === "") return text === "";
      if (head === "*") return naive(tail.join(""), text) || (text !== "" && naive(pattern, text.slice(1)));
      return text.startsWith(head) && naive(tail.join(""), text.slice(1));
    };
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 7 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 });
    fc.assert(
      fc.property(letters, text, (pattern, subject) => glob(pattern)(subject) === naive(pattern, subject)),
      { numRuns: 5000 },
    );
  });
  it("is quick whatever the input", () => {
    const nasty = glob("*a*a*a*a*a*a*a*a*b");
    expect(nasty("a".repeat(8000))).toBe(false);
  });
});

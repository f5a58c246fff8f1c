/** Who is counted under which key, and how much room there is. */

import { describe, expect, it } from "vitest";
import { Tally } from "../../src/counters/tally.ts";
import { compile, RulesError } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import type { BudgetRules } from "../../src/policy/language.ts";
import { inPosture } from "../../src/policy/modes.ts";
import { parseAddress } from "../../src/request/address.ts";
import { facts, identity } from "./subjects.ts";

const NOW = 1_800_000_000_000;
const site = {
  name: "portal",
  hosts: ["portal.example.lv"],
  capacityPerSecond: 600,
  routes: [
    { name: "search", path: "/search", importance: "sheddable" },
    { name: "portal", path: "/app/*", importance: "high" },
    { name: "everything else", path: "*", importance: "normal" },
  ],
} as const;
const withBudgets = (...budgets: readonly BudgetRules[]) =>
  compile({ sites: [site], budgets, rules: [], facilities: [] });
const software = (address: string, pathname = "/", asn = 64500) =>
  facts({
    pathname,
    address: parseAddress(address),
    asker: "program",
    format: "problem",
    network: { colo: "RIX", asn, country: "LV", worker: "" },
  });

/** Plays requests of nobody known against the budgets; returns how many were allowed. */
function allowed(
  policy: ReturnType<typeof withBudgets>,
  requests: Iterable<ReturnType<typeof facts>>,
  tally = new Tally([1, 2, 3, 4]),
  who = identity(),
) {
  const [site] = policy.sites;
  if (!site) throw new Error("no site");
  let count = 0;
  for (const request of requests) {
    const { verdict, charges } = decide(request, who, site, policy, tally, inPosture("normal"), NOW);
    tally.apply(charges, NOW);
    if (verdict.kind === "allow") count++;
  }
  return count;
}
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe("a budget per network", () => {
  const policy = withBudgets({
    name: "one network",
    per: "network",
    lanes: "unknown",
    perMinute: 60,
    burst: 50,
    then: "limit",
  });
  it("counts all its addresses together", () =>
    expect(
      allowed(
        policy,
        times(200, (i) => software(`198.51.100.${i}`)),
      ),
    ).toBe(50));
  it("counts each network apart, and none that is unknown", () => {
    expect(
      allowed(
        policy,
        times(200, (i) => software("198.51.100.1", "/", 64500 + (i % 2))),
      ),
    ).toBe(100);
    expect(
      allowed(
        policy,
        times(200, () => software("198.51.100.1", "/", 0)),
      ),
    ).toBe(200);
  });
  it("holds up nobody whose device is known, nor a registered facility: strangers may not lock them out", () => {
    const tally = new Tally([1, 2, 3, 4]);
    const flood = times(200, (i) => software(`198.51.100.${i}`));
    expect(allowed(policy, flood, tally)).toBe(50);
    const one = [software("198.51.100.250")];
    expect(allowed(policy, one, tally)).toBe(0);
    expect(allowed(policy, one, tally, identity({ knownDevice: true, evidence: "known-device" }))).toBe(1);
    expect(allowed(policy, one, tally, identity({ facility: { name: "hospital", seats: 400 } }))).toBe(1);
  });
  it("may not be for everybody: doctors are never held to a network's", () =>
    expect(() => withBudgets({ name: "one network", per: "network", perMinute: 60, burst: 50, then: "limit" })).toThrow(
      RulesError,
    ));
});

describe("a budget for each route", () => {
  const shape = { per: "address", perMinute: 60, burst: 10, then: "limit", routes: ["search", "portal"] } as const;
  const requests = times(100, (i) => software("198.51.100.1", i % 2 === 0 ? "/search" : "/app/x"));
  it("counts them apart", () =>
    expect(allowed(withBudgets({ name: "apart", ...shape, eachRoute: true }), requests)).toBe(20));
  it("else counts them together", () =>
    expect(allowed(withBudgets({ name: "together", ...shape }), requests)).toBe(10));
  it("needs routes", () =>
    expect(() =>
      withBudgets({ name: "x", per: "address", perMinute: 60, burst: 10, then: "limit", eachRoute: true }),
    ).toThrow(/names? them|routes to count/i));
});

describe("a hospital that nobody registered", () => {
  const policy = withBudgets({ name: "one address", per: "address", perMinute: 300, burst: 100, then: "limit" });
  const address = parseAddress("198.51.100.1");
  const person = (i: number) => (i * 2_654_435_761).toString(16).padStart(12, "0").slice(-8).padEnd(32, "0");
  const requests = times(5000, () => software("198.51.100.1"));
  const behind = (people: number, cameAt = NOW) => {
    const tally = new Tally([1, 2, 3, 4]);
    for (let i = 0; i < people; i++) tally.notePerson(person(i), address, cameAt);
    return tally;
  };
  it("has room for those who have yet to sign in, by those who did: the 401st is not refused", () => {
    expect(allowed(policy, requests)).toBe(100);
    expect(allowed(policy, requests, behind(400))).toBeGreaterThan(3000);
  });
  it("earns nothing by one or two: a stolen pass on tour makes no room", () =>
    expect(allowed(policy, requests, behind(2))).toBe(100));
  it("loses it when nobody is seen any more", () =>
    expect(allowed(policy, requests, behind(400, NOW - 3_600_000))).toBe(100));
  it("shares it with no neighbour", () =>
    expect(
      allowed(
        policy,
        times(5000, () => software("198.51.100.2")),
        behind(400),
      ),
    ).toBe(100));
});

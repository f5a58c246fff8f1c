import { describe, expect, it } from "vitest";
import { Tally } from "../../src/counters/tally.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { compile } from "../../src/policy/compile.ts";
import { chargesFor, routeOf } from "../../src/policy/decide.ts";
import { hasHadMuch } from "../../src/policy/in-use.ts";
import rules from "../../src/rules.ts";
import { doctor, facts, identity } from "./subjects.ts";

const NOW = 1_800_000_000_000;
const policy = compile(rules);
const [site] = policy.sites;
const cleared = identity({ lane: "cleared", clearance: "c1", evidence: "clearance" });

/** Asks for a page so many times, once every so many ms. @returns how often she had had much already */
function asks(who: Identity, times: number, everyMs: number, pathname = "/", different = {}): number {
  if (!site) throw new Error("the rules have no site");
  const tally = new Tally([1, 2, 3, 4], 1024);
  let much = 0;
  for (let i = 0; i < times; i++) {
    const asked = facts({ pathname, ...different });
    const charges = chargesFor(policy, { facts: asked, lane: who.lane, route: routeOf(site, asked) }, who);
    const now = NOW + i * everyMs;
    if (hasHadMuch(who.lane, charges, tally, now)) much++;
    if (charges.every((charge) => tally.waitSeconds(charge, now) === 0)) tally.apply(charges, now);
  }
  return much;
}

describe("whoever has had much", () => {
  it("is no person who reads a page every three seconds, for however long", () =>
    expect(asks(cleared, 600, 3000)).toBe(0));
  it("is a program that asks five times a second, within a quarter of a minute and from then on", () => {
    expect(asks(cleared, 75, 200)).toBeGreaterThan(0);
    expect(asks(cleared, 300, 200)).toBeGreaterThan(300 - 75);
  });
  it("is one who searches as fast sooner, as a search costs four times as much", () =>
    expect(asks(cleared, 75, 200, "/search")).toBeGreaterThan(asks(cleared, 75, 200)));
  it("is an address by what it asks, where nobody proved anything", () => {
    expect(asks(identity(), 60, 1000)).toBe(0);
    expect(asks(identity(), 400, 50)).toBeGreaterThan(200);
  });
  it("is never anybody who is proven: she has a budget and a fairness of her own", () =>
    expect(asks(doctor, 400, 10)).toBe(0));
});

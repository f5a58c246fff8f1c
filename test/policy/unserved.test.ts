/** Who pays for what was not served. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Ledger } from "../../src/counters/ledger.ts";
import { Tally } from "../../src/counters/tally.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import type { Budget } from "../../src/policy/policy.ts";
import { givenBackUnserved, spentUnserved } from "../../src/policy/unserved.ts";
import type { CounterView, Posture } from "../../src/policy/verdict.ts";
import type { Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { budgetOf } from "../counters/fleet.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as visitors from "../lab/visitors.ts";
import { doctor, facts, identity } from "./subjects.ts";

const NOW = 1_800_000_000_000;
const policy = compile(rules);
const room: CounterView = { waitSeconds: () => 0 };

function spentBy(who: Identity, subject: Facts, posture: Posture): readonly (readonly [string, number])[] {
  const site = policy.siteOf.get(subject.host);
  if (!site) throw new Error("no such site");
  const { charges } = decide(subject, who, site, policy, room, inPosture(posture), NOW);
  return charges.map(({ budget, cost }) => [budget.name, cost] as const);
}

describe("what is not served is spent", () => {
  const budget = (different: Partial<Budget>): Budget => ({
    ...budgetOf({ incrementMs: 1000, toleranceMs: 10_000 }),
    ...different,
  });
  it.each([
    ["address", false, 1],
    ["prefix", false, 1],
    ["network", false, 1],
    ["facility", false, 1],
    ["principal", false, 0.1],
    ["clearance", false, 0.1],
    ["transaction", false, 0.1],
    ["network", true, 0],
    ["prefix", true, 0],
    ["principal", true, 0],
  ] as const)("per %s, strict %s: %d of it, and the rest is given back", (per, strict, share) => {
    const charges = [{ budget: budget({ per, strict }), key: "k", cost: 5, scale: 1 }];
    const sum = (parts: typeof charges | readonly { cost: number }[]) => parts.reduce((all, { cost }) => all + cost, 0);
    expect(sum(spentUnserved(charges))).toBeCloseTo(5 * share);
    expect(sum(givenBackUnserved(charges))).toBeCloseTo(5 * (1 - share));
  });
});

describe("by decision", () => {
  const signIn = facts({ pathname: "/login" });
  it("a stranger who is challenged, or finds it closed, spends what her address has, and nothing of what sign-in has", () => {
    expect(spentBy(identity(), signIn, "normal").map(([name]) => name)).toEqual([
      "one address",
      "sign-in from one network",
      "sign-in from one prefix",
    ]);
    expect(spentBy(identity(), signIn, "elevated")).toEqual([["one address", 1]]);
    expect(spentBy(identity(), facts({ asker: "program", format: "problem" }), "elevated")).toEqual([
      ["one address", 1],
    ]);
    expect(spentBy(identity(), facts(), "static-only")).toEqual([["one address", 1]]);
  });
  it("a person for whom it is closed keeps nearly all of her budget", () => {
    expect(spentBy(doctor, facts(), "normal")).toEqual([["one clinician", 1]]);
    expect(spentBy(doctor, facts(), "static-only")).toEqual([["one clinician", 0.1]]);
  });
});

describe("given back by the tally", () => {
  const own = {
    ...budgetOf({ incrementMs: 1000, toleranceMs: 10_000 }),
    name: "one person",
    per: "clearance",
  } as const;
  const charge = { budget: own, key: "c", cost: 1, scale: 1 };
  const waitsInVain = (tally: Tally, times: number): number => {
    let heard = 0;
    for (let i = 0; i < times && tally.waitSeconds(charge, NOW) === 0; i++) {
      tally.apply([charge], NOW);
      tally.giveBack(givenBackUnserved([charge]));
      heard++;
    }
    return heard;
  };

  it("she may look ten times for one, and then has what is left", () => {
    const tally = new Tally([1, 2, 3, 4], 64);
    expect(waitsInVain(tally, 50)).toBe(50);
    let served = 0;
    for (; tally.waitSeconds(charge, NOW) === 0; served++) tally.apply([charge], NOW);
    expect(served).toBe(5);
  });
  it("nobody looks without end", () => {
    const heard = waitsInVain(new Tally([1, 2, 3, 4], 64), 1000);
    expect(heard).toBeGreaterThan(80);
    expect(heard).toBeLessThanOrEqual(100);
  });
  it("holds in her other isolates too, also when the spending was told already", () => {
    const tally = new Tally([1, 2, 3, 4], 64);
    const shard = new Ledger(64, 16);
    const tell = (): Float64Array => {
      const told = tally.collect(NOW);
      const tats = told.spentMs.map((ms, i) =>
        shard.spend({ hi: told.keys[2 * i] ?? 0, lo: told.keys[2 * i + 1] ?? 0 }, ms, Infinity, NOW),
      );
      tally.settle(told, tats, NOW);
      return tats;
    };
    for (let i = 0; i < 4; i++) tally.apply([charge], NOW);
    expect([...tell()]).toEqual([NOW + 4000]);
    tally.giveBack(givenBackUnserved([charge]));
    expect([...tell()]).toEqual([NOW + 3100]);
    expect(tally.waitSeconds({ ...charge, cost: 6 }, NOW)).toBe(0);
  });
  it("never makes more than there was", () => {
    const tally = new Tally([1, 2, 3, 4], 64);
    tally.apply([charge], NOW);
    tally.giveBack([charge]);
    const later = NOW + 60_000;
    tally.giveBack([charge]);
    expect(tally.waitSeconds({ ...charge, cost: 11 }, later)).toBe(1);
  });
});

describe("through the bundle", () => {
  let lab: Lab;
  beforeAll(async () => {
    const rulesModule = new URL("strict-search-rules.ts", import.meta.url).pathname;
    lab = await startEdges({ edges: 2, portalCapacity: 0, patient: true, rulesModule });
  });
  afterAll(() => lab.stop());

  it("a doctor whom a strict budget refuses, spent by others elsewhere, still writes prescriptions", async () => {
    const [elsewhere = new URL("http://nowhere"), here = elsewhere] = lab.shieldUrls;
    const hospital = { "CF-Connecting-IP": "198.51.100.20" };
    const asking = async (edge: URL, doctor: string) => {
      const headers = { ...hospital, Cookie: await visitors.signIn(edge, doctor) };
      return async (path: string, times: number): Promise<readonly number[]> =>
        (await Promise.all(Array.from({ length: times }, () => visitors.ask(edge, path, { headers })))).map(
          ({ status }) => status,
        );
    };
    const [one, other, she] = await Promise.all([
      asking(elsewhere, "dr.berzina"),
      asking(elsewhere, "dr.kalnina"),
      asking(here, "dr.ozola"),
    ]);
    for (const colleague of [one, other]) await colleague("/search", 80);
    // Her isolate has not heard of it: by its own tally there is room for all of these.
    const searched = await she("/search", 120);
    expect(searched.filter((status) => status !== 429)).toEqual([]);
    expect((await she("/app/prescriptions", 60)).filter((status) => status !== 200)).toEqual([]);
  });
});

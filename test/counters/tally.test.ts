/** What the tally promises to whom floods it: bounded memory, and nobody makes it forget who is denied. */
import { describe, expect, it } from "vitest";
import { Ledger } from "../../src/counters/ledger.ts";
import { TALLY_BYTES, Tally } from "../../src/counters/tally.ts";
import type { Budget } from "../../src/policy/policy.ts";
import { sipHash } from "../../src/siphash.ts";
import { budgetOf } from "./fleet.ts";

const NOW = 1_800_000_000_000;
const address = budgetOf({ incrementMs: 200, toleranceMs: 20_000 });
const prefix = { ...budgetOf({ incrementMs: 1000, toleranceMs: 600_000 }), name: "one prefix", per: "prefix" } as const;

function ask(tally: Tally, key: string, times: number, now: number, budget: Budget = address): number {
  const charge = { budget, key, cost: 1, scale: 1 };
  let admitted = 0;
  for (let i = 0; i < times; i++)
    if (tally.waitSeconds(charge, now) === 0) {
      tally.apply([charge], now);
      admitted++;
    }
  return admitted;
}

describe("memory", () => {
  it("is the stated bound from the start, and does not grow at a million clients", () => {
    const before = process.memoryUsage().arrayBuffers;
    const tally = new Tally([1, 2, 3, 4]);
    const empty = process.memoryUsage().arrayBuffers - before;
    for (let i = 0; i < 1_000_000; i++) ask(tally, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1, NOW + i / 10);
    const full = process.memoryUsage().arrayBuffers - before;
    expect(empty).toBeLessThanOrEqual(TALLY_BYTES + 4096);
    expect(full).toBeLessThanOrEqual(empty + 64 * 1024);
    expect(tally.collect(NOW).spentMs.length).toBeLessThanOrEqual(4096);
  });
});

describe("a denied key", () => {
  it("is not washed out by any number of newcomers", () => {
    const tally = new Tally([1, 2, 3, 4], 1024);
    expect(ask(tally, "attacker", 200, NOW)).toBe(100);
    for (let i = 0; i < 200_000; i++) ask(tally, `newcomer ${i}`, 1, NOW);
    expect(ask(tally, "attacker", 1, NOW)).toBe(0);
    expect(tally.takeForgotten()).toBe(0);
  });

  it("nor by keys of a budget that is longer than its own", () => {
    const tally = new Tally([1, 2, 3, 4], 1024);
    ask(tally, "attacker", 200, NOW);
    for (let i = 0; i < 20_000; i++) ask(tally, `prefix ${i}`, 50, NOW, prefix);
    expect(ask(tally, "attacker", 1, NOW)).toBe(0);
    expect(tally.takeForgotten()).toBe(0);
  });

  it("is forgotten only where all around it are denied too, and that is told", () => {
    const tally = new Tally([1, 2, 3, 4], 64);
    for (let i = 0; i < 200; i++) ask(tally, `attacker ${i}`, 101, NOW);
    const forgotten = tally.takeForgotten();
    expect(forgotten).toBeGreaterThanOrEqual(200 - 64);
    expect(tally.takeForgotten()).toBe(0);
  });
});

describe("a denied key in a full table", () => {
  /** Each with a budget of its own and one of the prefix around it, for all that is asked. */
  const charges = (key: string, around: string) => [
    { budget: address, key, cost: 1, scale: 1 },
    { budget: prefix, key: around, cost: 1, scale: 1 },
  ];
  const spendAll = (tally: Tally, key: string, around: string, now: number): void => {
    for (let i = 0; i < 101; i++) {
      const asked = charges(key, around);
      if (asked.every((charge) => tally.waitSeconds(charge, now) === 0)) tally.apply(asked, now);
    }
  };
  const denied = (tally: Tally, key: string): boolean => ask(tally, key, 1, NOW) === 0;

  it("makes way first where its prefix is denied: whoever stands alone stays denied", () => {
    const tally = new Tally([1, 2, 3, 4], 8);
    for (let i = 0; i < 6; i++) spendAll(tally, `neighbour ${i}`, "denied prefix", NOW);
    const loners = ["a", "b", "c", "d", "e"];
    for (const loner of loners) expect(ask(tally, loner, 101, NOW)).toBe(100);
    expect(loners.filter((loner) => !denied(tally, loner))).toEqual([]);
    expect(tally.takeForgotten()).toBe(0);
    // Those who were let go are refused by their prefix all the same.
    for (let i = 0; i < 6; i++)
      expect(charges(`neighbour ${i}`, "denied prefix").some((charge) => tally.waitSeconds(charge, NOW) > 0)).toBe(
        true,
      );
  });

  it("makes no way while its prefix has room", () => {
    const tally = new Tally([1, 2, 3, 4], 8);
    for (let i = 0; i < 5; i++) spendAll(tally, `neighbour ${i}`, "prefix with room", NOW);
    for (const loner of ["a", "b", "c", "d"]) ask(tally, loner, 101, NOW);
    expect(tally.takeForgotten()).toBeGreaterThan(0);
  });
});

describe("hash flooding", () => {
  it("is not to be aimed: without the key, keys that collide in one table are spread in another", () => {
    // An attacker who has the code and a key of his own finds 64 keys for one set of eight …
    const his = new Tally([5, 6, 7, 8], 1024);
    const colliding: string[] = [];
    for (let i = 0; colliding.length < 64; i++) {
      const hash = sipHash([5, 6, 7, 8], `${address.name}|${i}`);
      if ((hash.lo & 127) === 0) colliding.push(String(i));
    }
    for (const key of colliding) ask(his, key, 101, NOW);
    expect(his.takeForgotten()).toBeGreaterThanOrEqual(50);
    // … which make the shield forget nobody.
    const ours = new Tally([1, 2, 3, 4], 1024);
    for (const key of colliding) ask(ours, key, 101, NOW);
    expect(ours.takeForgotten()).toBe(0);
    expect(colliding.every((key) => ask(ours, key, 1, NOW) === 0)).toBe(true);
  });
});

describe("what is told", () => {
  it("of spending that could not be told for long is only what is still owed", () => {
    const ledger = new Ledger(64, 16);
    const key = { hi: 1, lo: 2 };
    // A request each 1.1 s of a budget of one a second, told in vain for five minutes.
    let now = NOW;
    for (let i = 0; i < 300; i++) {
      now += 1100;
      ledger.spend(key, 1000, 0, now);
      ledger.restore(ledger.collect(now));
    }
    ledger.spend(key, 1000, 0, now);
    expect(ledger.collect(now).spentMs[0]).toBeLessThanOrEqual(4000);
  });
});

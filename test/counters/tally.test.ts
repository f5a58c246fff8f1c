/** What the tally promises to whom floods it: bounded memory, and nobody makes it forget who is denied. */
import { describe, expect, it } from "vitest";
import { Ledger } from "../../src/counters/ledger.ts";
import { TALLY_BYTES, Tally } from "../../src/counters/tally.ts";
import { budgetOf } from "./fleet.ts";

const NOW = 1_800_000_000_000;
const address = budgetOf({ incrementMs: 200, toleranceMs: 20_000 });
const prefix = { ...budgetOf({ incrementMs: 1000, toleranceMs: 600_000 }), name: "one prefix" };

function ask(tally: Tally, key: string, times: number, now: number, budget = address): number {
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

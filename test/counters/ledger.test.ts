import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../src/counters/ledger.ts";

const NOW = 1_800_000_000_000;
/** 60 a minute, 10 at once. */
const spend = { incrementMs: 1000, toleranceMs: 10_000 };
const key = { hi: 7, lo: 11 };

/** Asks for `times` units at one moment; says how many were granted. */
function grant(ledger: Ledger, times: number, now: number, who = key): number {
  let granted = 0;
  for (let i = 0; i < times; i++)
    if (ledger.waitMs(who, spend, now) === 0) {
      ledger.spend(who, spend.incrementMs, 1000, now);
      granted++;
    }
  return granted;
}

/** Spends one unit of a budget that the ledger knows. */
function spendOne(ledger: Ledger, now: number, who = key): void {
  ledger.spend(who, spend.incrementMs, 1000, now, spend.toleranceMs - spend.incrementMs);
}

describe("a budget", () => {
  it("lets the burst through at once, then the rate, for ever", () => {
    const ledger = new Ledger(1024, 16);
    expect(grant(ledger, 50, NOW)).toBe(10);
    expect(ledger.waitMs(key, spend, NOW)).toBe(1000);
    expect(grant(ledger, 50, NOW + 5000)).toBe(5);
    expect(grant(ledger, 50, NOW + 3_600_000)).toBe(10);
  });

  it("has no window edge: any span of t seconds passes at most burst + t", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 80 }), (gaps) => {
        const ledger = new Ledger(64, 16);
        const passed: number[] = [];
        let now = NOW;
        for (const gap of gaps) {
          now += gap;
          if (grant(ledger, 1, now) === 1) passed.push(now);
        }
        return passed.every((from, i) => passed.slice(i).every((to, n) => n + 1 <= 10 + (to - from) / 1000 + 1e-9));
      }),
    );
  });
});

describe("two ledgers that settle with a third", () => {
  it("hold a client that splits itself to one budget, up to what each admits until the news", () => {
    const shard = new Ledger(1024, 16);
    const isolates = [new Ledger(1024, 16), new Ledger(1024, 16)];
    let passed = 0;
    const seconds = 120;
    for (let second = 0; second < seconds; second++) {
      const now = NOW + second * 1000;
      for (const isolate of isolates) {
        passed += grant(isolate, 50, now);
        const { keys, spentMs } = isolate.collect();
        const tats = spentMs.map((ms, i) =>
          shard.spend({ hi: keys[2 * i] ?? 0, lo: keys[2 * i + 1] ?? 0 }, ms, Infinity, now),
        );
        isolate.settle(keys, tats);
      }
    }
    // One budget's worth, plus (2 isolates − 1) × (burst + rate × 1 s).
    expect(passed).toBeLessThanOrEqual(10 + seconds + 10 + 1);
    expect(passed).toBeGreaterThanOrEqual(seconds);
  });

  it("ask once more after whoever spent a little: the first answer came before the owner's word", () => {
    const isolate = new Ledger(64, 16);
    const ask = (now: number): number => {
      const { keys, spentMs } = isolate.collect(now);
      // Others have spent all of her budget, and more.
      isolate.settle(
        keys,
        spentMs.map(() => NOW),
        { spentMs, now },
      );
      return spentMs.length;
    };
    spendOne(isolate, NOW);
    expect(ask(NOW + 1000)).toBe(1);
    // It goes with an exchange that goes anyway, and makes none.
    expect(isolate.isWaiting).toBe(false);
    const { keys, spentMs } = isolate.collect(NOW + 2000);
    expect([...spentMs]).toEqual([0]);
    isolate.settle(
      keys,
      spentMs.map(() => NOW + 60_000),
      { spentMs, now: NOW + 2000 },
    );
    expect(isolate.waitMs(key, spend, NOW + 2000)).toBeGreaterThan(0);
  });

  it("ask no further while nothing is spent, and leave most of the queue to who spends", () => {
    const isolate = new Ledger(1024, 16);
    for (let i = 0; i < 16; i++) spendOne(isolate, NOW, { hi: i, lo: i });
    const settle = (now: number): number => {
      const { keys, spentMs } = isolate.collect(now);
      isolate.settle(
        keys,
        spentMs.map(() => 0),
        { spentMs, now },
      );
      return spentMs.length;
    };
    expect(settle(NOW + 500)).toBe(16);
    expect(settle(NOW + 1000)).toBe(4);
    expect(settle(NOW + 1500)).toBe(0);
    // Who spends while such a question waits is told of, and no longer in passing.
    spendOne(isolate, NOW + 60_000);
    settle(NOW + 60_000);
    expect(isolate.isWaiting).toBe(false);
    spendOne(isolate, NOW + 60_500);
    expect(isolate.isWaiting).toBe(true);
    expect([...isolate.collect(NOW + 60_500).spentMs]).toEqual([1000]);
  });

  it("lose nothing when an exchange fails", () => {
    const ledger = new Ledger(64, 16);
    grant(ledger, 5, NOW);
    ledger.restore(ledger.collect());
    grant(ledger, 1, NOW);
    expect([...ledger.collect().spentMs]).toEqual([6000]);
  });
});

describe("memory", () => {
  it("is what was asked for, however many keys come", () => {
    const ledger = new Ledger(1024, 16);
    for (let i = 0; i < 200_000; i++) grant(ledger, 1, NOW, { hi: i, lo: (i * 2654435761) >>> 0 });
    expect(ledger.collect().spentMs.length).toBeLessThanOrEqual(16);
  });

  it("forgets who spent least, so a flood of newcomers cannot wash out who is over budget", () => {
    const ledger = new Ledger(1024, 16);
    grant(ledger, 50, NOW);
    for (let i = 0; i < 100_000; i++) grant(ledger, 1, NOW, { hi: i + 100, lo: (i * 2654435761) >>> 0 });
    expect(ledger.waitMs(key, spend, NOW)).toBe(1000);
  });
});

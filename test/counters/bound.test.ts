/** What counting promises, over random interleavings of isolates, delays, evictions, restarts and losses. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overAdmissionBound } from "../../src/counters/bound.ts";
import type { Spend } from "../../src/counters/gcra.ts";
import { recoveryMs } from "../../src/counters/strict-grants.ts";
import { compile } from "../../src/policy/compile.ts";
import rules from "../../src/rules.ts";
import { type Episode, type Mishap, NEWS_DELAY_MS, type Outcome, runFleet, SILENCE_MS, START } from "./fleet.ts";

const RUNS = 300;
const isolates = fc.integer({ min: 1, max: 8 });
const spend: fc.Arbitrary<Spend> = fc
  .record({ incrementMs: fc.constantFrom(100, 250, 1000), burst: fc.integer({ min: 1, max: 30 }) })
  .map(({ incrementMs, burst }) => ({ incrementMs, toleranceMs: incrementMs * burst }));
const episode: fc.Arbitrary<Episode> = fc.record({
  isolate: fc.nat(7),
  fromMs: fc.nat(60_000),
  forMs: fc.integer({ min: 1, max: 20_000 }),
  everyMs: fc.constantFrom(20, 100, 333, 1500),
});
const mishap = (...kinds: Mishap["kind"][]): fc.Arbitrary<Mishap> =>
  fc.record({ atMs: fc.nat(80_000), kind: fc.constantFrom(...kinds), which: fc.nat(7) });
const random = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 5, maxLength: 60 });
const episodes = fc.array(episode, { minLength: 1, maxLength: 24 });

function boundFor(spend: Spend, count: number, { evictions, restarts, lost }: Outcome): number {
  return overAdmissionBound(spend, {
    isolates: count,
    newsDelayMs: NEWS_DELAY_MS,
    evictions,
    shardRestarts: restarts,
    lostExchanges: lost,
  });
}

describe("over-admission", () => {
  it("stays below the stated bound", () => {
    fc.assert(
      fc.property(spend, isolates, episodes, random, (spend, count, episodes, random) => {
        const outcome = runFleet(spend, count, episodes, [], random);
        expect(outcome.excess).toBeLessThanOrEqual(boundFor(spend, count, outcome) + 1e-6);
      }),
      { numRuns: RUNS },
    );
  });

  it("stays below it when isolates are evicted, shards restarted and exchanges lost", () => {
    const mishaps = fc.array(mishap("evict", "restart", "lose"), { maxLength: 8 });
    fc.assert(
      fc.property(spend, isolates, episodes, mishaps, random, (spend, count, episodes, mishaps, random) => {
        const outcome = runFleet(spend, count, episodes, mishaps, random);
        expect(outcome.excess).toBeLessThanOrEqual(boundFor(spend, count, outcome) + 1e-6);
      }),
      { numRuns: RUNS },
    );
  });

  it("is none in one isolate, whatever happens to shards", () => {
    const mishaps = fc.array(mishap("restart", "lose"), { maxLength: 8 });
    fc.assert(
      fc.property(spend, episodes, mishaps, random, (spend, episodes, mishaps, random) => {
        expect(runFleet(spend, 1, episodes, mishaps, random).excess).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("a strict budget", () => {
  const mishaps = fc.array(mishap("restart", "silence"), { maxLength: 4 });

  it("exceeds itself only by what passes while its shard is silent or has just restarted, and stays below the bound then", () => {
    fc.assert(
      fc.property(spend, isolates, episodes, mishaps, random, (spend, count, episodes, mishaps, random) => {
        const outcome = runFleet(spend, count, episodes, mishaps, random, true);
        expect(outcome.excess).toBeLessThanOrEqual(boundFor(spend, count, outcome) + 1e-6);
        const awayMs = { silence: SILENCE_MS, restart: recoveryMs({ emissionMs: spend.incrementMs, ...spend }) };
        const isAway = (at: number): boolean =>
          mishaps.some(({ atMs, kind }) => {
            const forMs = kind === "silence" || kind === "restart" ? awayMs[kind] : 0;
            return at >= START + atMs && at <= START + atMs + forMs;
          });
        for (const { at, unanswered } of outcome.admitted) if (unanswered) expect(isAway(at)).toBe(true);
        if (!outcome.admitted.some(({ unanswered }) => unanswered)) expect(outcome.excess).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: RUNS },
    );
  });

  it("of the shipped rules is away for sixteen seconds at the most after a restart", () => {
    const strict = compile(rules).budgets.filter(({ strict }) => strict);
    expect(strict.length).toBeGreaterThan(0);
    for (const budget of strict) expect(recoveryMs(budget)).toBeLessThanOrEqual(16_000);
  });
});

describe("a denial", () => {
  it("is never without cause: the client's own spending explains it, but for the time that news takes", () => {
    const mishaps = fc.array(mishap("evict", "restart", "lose"), { maxLength: 8 });
    fc.assert(
      fc.property(spend, isolates, episodes, mishaps, random, (spend, count, episodes, mishaps, random) => {
        for (const { at, trueTat } of runFleet(spend, count, episodes, mishaps, random).denied)
          expect(Math.max(trueTat, at) + spend.incrementMs - spend.toleranceMs + NEWS_DELAY_MS).toBeGreaterThan(at);
      }),
      { numRuns: RUNS },
    );
  });

  it("reaches every isolate with traffic from the client within 5 s", () => {
    const spend = { incrementMs: 1000, toleranceMs: 10_000 };
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), random, (count, random) => {
        const everywhere = Array.from({ length: count }, (_, isolate) => ({
          isolate,
          fromMs: 0,
          forMs: 60_000,
          everyMs: 50,
        }));
        const { admitted } = runFleet(spend, count, everywhere, [], random);
        const early = admitted.filter(({ at }) => at < START + NEWS_DELAY_MS).length;
        // By then each has spent its burst: all of it must be waited off before anybody is let through again.
        const freeAt = START + early * spend.incrementMs - spend.toleranceMs;
        const tooEarly = admitted.filter(({ at }) => at >= START + NEWS_DELAY_MS && at < freeAt);
        expect(tooEarly).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("a stolen session that asks 150 times a second", () => {
  it.each([1, 8, 60])("is held to its budget within 20 s, in %d isolates", (count) => {
    // A clinician's: 600 a minute, 100 at once.
    const spend = { incrementMs: 100, toleranceMs: 10_000 };
    const everyMs = (1000 * count) / 150;
    const everywhere = Array.from({ length: count }, (_, isolate) => ({
      isolate,
      fromMs: (isolate * everyMs) / count,
      forMs: 120_000,
      everyMs,
    }));
    const { admitted } = runFleet(spend, count, everywhere, [], [0.1, 0.9, 0.4, 0.6, 0.3]);
    // In any minute from then on: what it may for ever, and a fifth for what isolates let pass until they know.
    for (let second = 20; second <= 60; second++) {
      const [from, to] = [START + second * 1000, START + (second + 60) * 1000];
      expect(admitted.filter(({ at }) => at >= from && at < to).length).toBeLessThanOrEqual(1.2 * 600);
    }
  });
});

describe("a client who is slow in each isolate and fast in all of them", () => {
  it("is held to its budget all the same", () => {
    // One a second is the budget; eight isolates see one every 1.1 s each, and none of them ever sees a debt of its own.
    const spend = { incrementMs: 1000, toleranceMs: 10_000 };
    const slow = Array.from({ length: 8 }, (_, isolate) => ({
      isolate,
      fromMs: isolate * 137,
      forMs: 300_000,
      everyMs: 1100,
    }));
    const { admitted } = runFleet(spend, 8, slow, [], [0.1, 0.9, 0.4, 0.6]);
    expect(admitted.length).toBeLessThanOrEqual(300 + 10 + 8 * 6);
  });
});

describe("a lost exchange", () => {
  it("costs at most what one interval let pass", () => {
    const spend = { incrementMs: 1000, toleranceMs: 10_000 };
    const both = [0, 1].map((isolate) => ({ isolate, fromMs: 0, forMs: 120_000, everyMs: 100 }));
    const without = runFleet(spend, 2, both, [], [0.5]);
    const loses = runFleet(spend, 2, both, [{ atMs: 20_000, kind: "lose", which: 0 }], [0.5]);
    expect(loses.lost).toBe(1);
    expect(loses.admitted.length - without.admitted.length).toBeLessThanOrEqual(10);
  });
});

/** Strict budgets: never more than the budget, from however many isolates, whatever is restarted, evicted or slow. */
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spendStrictly } from "../../src/counters/spend-strictly.ts";
import { StrictPurses } from "../../src/counters/strict.ts";
import { type GrantRequest, type LeaseEpoch, StrictGrants } from "../../src/counters/strict-grants.ts";
import type { Budget } from "../../src/policy/policy.ts";
import type { Charge } from "../../src/policy/verdict.ts";

const START = 1_800_000_000_000;
/** 60 a minute, 20 at once. */
const budget = { name: "password reset", emissionMs: 1000, toleranceMs: 20_000 };

class MemoryEpoch implements LeaseEpoch {
  until = 0;
  writes = 0;

  read(): number {
    return this.until;
  }

  write(until: number): void {
    this.until = until;
    this.writes++;
  }
}

/** Isolates that ask at given times, a shard that restarts at others; returns the times at which somebody got through. */
async function passages(
  isolateCount: number,
  asks: readonly { readonly atMs: number; readonly isolate: number }[],
  restartsMs: readonly number[],
  budgetUnder = budget,
): Promise<{ readonly passed: number[]; readonly calls: number; readonly writes: number }> {
  let now = START;
  let calls = 0;
  const epoch = new MemoryEpoch();
  let grants = new StrictGrants(epoch, now);
  const isolates = Array.from({ length: isolateCount }, () => new StrictPurses([1, 2, 3, 4]));
  const deps = {
    ask: (request: GrantRequest) => {
      calls++;
      return Promise.resolve(grants.grant(request, now));
    },
    wait: () => new Promise(() => undefined),
    now: () => now,
    patienceMs: 300,
  };
  const passed: number[] = [];
  const restarts = restartsMs.toSorted((a, b) => a - b);
  for (const { atMs, isolate } of asks.toSorted((a, b) => a.atMs - b.atMs)) {
    while ((restarts[0] ?? Number.POSITIVE_INFINITY) <= atMs)
      grants = new StrictGrants(epoch, START + (restarts.shift() ?? 0));
    now = START + atMs;
    const outcome = await isolates[isolate % isolateCount]?.spend(budgetUnder, "198.51.100.0/24", deps);
    if (outcome?.kind === "granted") passed.push(now);
  }
  return { passed, calls, writes: epoch.writes };
}

/** By how many units the worst span of time exceeds burst + rate × time. */
function worstExcess(passed: readonly number[], { emissionMs, toleranceMs } = budget): number {
  let tat = 0;
  let worst = Number.NEGATIVE_INFINITY;
  for (const at of passed) {
    tat = Math.max(tat, at) + emissionMs;
    worst = Math.max(worst, (tat - at - toleranceMs) / emissionMs);
  }
  return worst;
}

describe("a strict budget", () => {
  it("is never exceeded, by 50 isolates at any times, over any restarts", async () => {
    const ask = fc.record({ atMs: fc.nat(60_000), isolate: fc.nat(49) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(ask, { minLength: 1, maxLength: 300 }),
        fc.array(fc.nat(60_000), { maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        async (count, asks, restarts, burst) => {
          const small = { ...budget, toleranceMs: burst * budget.emissionMs };
          const { passed } = await passages(count, asks, restarts, small);
          expect(worstExcess(passed, small)).toBeLessThanOrEqual(1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("gives most of its burst at once and its rate for ever", async () => {
    const asks = Array.from({ length: 6000 }, (_, i) => ({ atMs: i * 20, isolate: i % 2 }));
    const { passed } = await passages(2, asks, []);
    expect(passed.filter((at) => at < START + 1000).length).toBeGreaterThanOrEqual(10);
    expect(passed.length).toBeGreaterThanOrEqual(0.9 * 120);
  });

  it("costs few calls when it is spent, and hardly a row", async () => {
    const asks = Array.from({ length: 6000 }, (_, i) => ({ atMs: i * 20, isolate: 0 }));
    const { calls, writes } = await passages(1, asks, []);
    expect(calls).toBeLessThanOrEqual(300);
    expect(writes).toBeLessThanOrEqual(120 / 5);
  });

  it("goes on at its rate, without a burst, after a restart", async () => {
    const asks = Array.from({ length: 500 }, (_, i) => ({ atMs: i * 50, isolate: i % 5 }));
    const { passed } = await passages(5, asks, [1000]);
    const after = passed.filter((at) => at >= START + 1000);
    expect(after.length).toBeGreaterThan(10);
    expect(after.length).toBeLessThanOrEqual(25);
  });
});

describe("a crowd at one key", () => {
  it("makes few calls, is never beyond the budget, and nobody in it passes unanswered", async () => {
    const grants = new StrictGrants(new MemoryEpoch(), START);
    const purses = new StrictPurses([1, 2, 3, 4]);
    let calls = 0;
    const deps = {
      ask: async (request: GrantRequest) => {
        calls++;
        await pause(15);
        return grants.grant(request, START);
      },
      wait: (ms: number) => pause(ms),
      now: () => START,
      patienceMs: 1000,
    };
    const outcomes = await Promise.all(Array.from({ length: 300 }, () => purses.spend(budget, "prefix", deps)));
    const count = (kind: string) => outcomes.filter((outcome) => outcome.kind === kind).length;
    expect(count("unanswered")).toBe(0);
    expect(count("granted")).toBeLessThanOrEqual(budget.toleranceMs / budget.emissionMs);
    expect(count("granted")).toBeGreaterThan(budget.toleranceMs / budget.emissionMs / 2);
    expect(calls).toBeLessThanOrEqual(6);
  });
});

describe("a shard that restarted lately", () => {
  it("says so instead of refusing whom it cannot know: in calm an idle object is evicted between two sign-ins", async () => {
    const epoch = new MemoryEpoch();
    const ask = (grants: StrictGrants, now: number, key: string) =>
      new StrictPurses([1, 2, 3, 4]).spend(budget, key, {
        ask: (request) => Promise.resolve(grants.grant(request, now)),
        wait: () => new Promise(() => undefined),
        now: () => now,
        patienceMs: 300,
      });
    expect((await ask(new StrictGrants(epoch, START), START, "one prefix")).kind).toBe("granted");
    const restarted = new StrictGrants(epoch, START + 12_000);
    expect((await ask(restarted, START + 12_000, "another prefix")).kind).toBe("unanswered");
  });
});

describe("a shard that does not answer", () => {
  it.each([
    ["hangs", () => new Promise<never>(() => undefined)],
    ["throws", () => Promise.reject(new Error("gone"))],
  ])("and %s is waited for no longer than the patience", async (_, ask) => {
    const purses = new StrictPurses([1, 2, 3, 4]);
    const from = performance.now();
    const outcome = await purses.spend(budget, "key", {
      ask,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: Date.now,
      patienceMs: 50,
    });
    expect(outcome).toEqual({ kind: "unanswered" });
    expect(performance.now() - from).toBeLessThan(500);
  });

  it("is not stormed by somebody who rotates keys", async () => {
    const purses = new StrictPurses([1, 2, 3, 4]);
    let calls = 0;
    const ask = (): Promise<never> => {
      calls++;
      return Promise.reject(new Error("gone"));
    };
    const deps = { ask, wait: () => new Promise(() => undefined), now: () => START, patienceMs: 50 };
    for (let i = 0; i < 1000; i++) await purses.spend(budget, `key ${i}`, deps);
    expect(calls).toBe(40);
  });
});

describe("a flood in which each prefix is seldom and the network is not", () => {
  const network = { ...budget, name: "sign-in from one network", emissionMs: 50, toleranceMs: 30_000, strict: true };
  const prefix = { ...budget, name: "sign-in from one prefix", strict: true };
  const budgetsOf = (n: number): Charge[] =>
    [prefix, network].map((each) => ({
      budget: each as Budget,
      key: each === network ? "AS64600" : `prefix ${n}`,
      cost: 1,
      scale: 1,
    }));

  /** An isolate that meets 500 requests/s, each from a prefix of its own, from `START` on. */
  function isolate() {
    let now = START;
    const calls: string[] = [];
    const grants = new StrictGrants(new MemoryEpoch(), now);
    const purses = new StrictPurses([1, 2, 3, 4]);
    const deps = {
      ask: (request: GrantRequest) => {
        calls.push(request.emissionMs === network.emissionMs ? "network" : "prefix");
        return Promise.resolve(grants.grant(request, now));
      },
      wait: () => new Promise(() => undefined),
      now: () => now,
      patienceMs: 250,
    };
    /** @returns how many of the requests passed */
    const meet = async (from: number, to: number): Promise<number> => {
      let passed = 0;
      for (let n = from; n < to; n++) {
        now = START + n * 2;
        if ((await spendStrictly(budgetsOf(n), purses, deps, "forward")) === null) passed++;
      }
      return passed;
    };
    return { meet, calls };
  }

  it("is held to the network's budget although there are not calls enough to ask for every prefix", async () => {
    const passed = await isolate().meet(0, 10_000);
    const most = (network.toleranceMs + 20_000) / network.emissionMs;
    expect(passed).toBeGreaterThan(0.6 * most);
    expect(passed).toBeLessThanOrEqual(most);
  });

  it("makes 50 calls a second at the most", async () => {
    const { meet, calls } = isolate();
    await meet(0, 10_000);
    expect(calls.length).toBeLessThanOrEqual(20 * 50);
  });

  it("asks for no prefix while the network is known to be spent", async () => {
    const { meet, calls } = isolate();
    let n = 0;
    const isSpent = async () => (await meet(n, ++n)) === 0 && calls.at(-1) === "network";
    while (!(await isSpent())) expect(n).toBeLessThan(5000);
    const before = calls.length;
    await meet(n, n + 5);
    expect(calls.length).toBe(before);
  });
});

/** Strict budgets: never more than the budget, from however many isolates, whatever is restarted, evicted or slow. */
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type StrictSpending, spendStrictly } from "../../src/counters/spend-strictly.ts";
import { StrictPurses } from "../../src/counters/strict.ts";
import { type Grant, type GrantRequest, type LeaseEpoch, StrictGrants } from "../../src/counters/strict-grants.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Budget } from "../../src/policy/policy.ts";
import type { Charge } from "../../src/policy/verdict.ts";
import rules from "../../src/rules.ts";

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

describe("a network's budget and those of its prefixes", () => {
  const shipped = (name: string): Budget => {
    const budget = compile(rules).budgets.find((each) => each.name === name);
    if (!budget) throw new Error(`the rules have no ${name}`);
    return budget;
  };
  const network = shipped("sign-in from one network");
  const prefix = shipped("sign-in from one prefix");
  const charge = (budget: Budget, key: string): Charge => ({ budget, key, cost: 1, scale: 1 });

  /** Isolates that all ask one shard, which answers at once. Time passes only where a test says so. */
  class Country {
    now = START;
    calls = 0;
    grants = new StrictGrants(new MemoryEpoch(), START);
    answers: (request: GrantRequest) => Promise<Grant> = (request) =>
      Promise.resolve(this.grants.grant(request, this.now));
    readonly isolates: readonly StrictPurses[];

    constructor(count: number) {
      this.isolates = Array.from({ length: count }, () => new StrictPurses([1, 2, 3, 4]));
    }

    spend(isolate: number, charges: readonly Charge[]): Promise<StrictSpending> {
      const purses = this.isolates[isolate % this.isolates.length] ?? new StrictPurses([1, 2, 3, 4]);
      const ask = (request: GrantRequest): Promise<Grant> => {
        this.calls++;
        return this.answers(request);
      };
      const wait = (ms: number): Promise<unknown> => (ms > 100 ? new Promise(() => undefined) : pause(0));
      return spendStrictly(charges, purses, { ask, wait, now: () => this.now, patienceMs: 250 }, "forward");
    }
  }

  it("hold against somebody who rotates prefixes through 50 isolates: never more than the network has", async () => {
    const country = new Country(50);
    const passed: number[] = [];
    for (let i = 0; i < 30_000; i++) {
      country.now = START + Math.floor(i / 10);
      const { kind } = await country.spend(i % 50, [charge(prefix, `prefix ${i}`), charge(network, "AS1")]);
      if (kind === "spent") passed.push(country.now);
    }
    expect(worstExcess(passed, network)).toBeLessThanOrEqual(1e-9);
    // What isolates hold in advance and do not use is missing, and a stranger's prefix needs a call.
    expect(passed.length).toBeGreaterThan(network.burst / 2);
  });

  it("leave a network its calls while its prefixes have used up theirs", async () => {
    const country = new Country(1);
    for (let i = 0; i < 200; i++) await country.spend(0, [charge(prefix, `prefix ${i}`), charge(network, "AS1")]);
    expect((await country.spend(0, [charge(network, "AS2")])).kind).toBe("spent");
    expect((await country.spend(0, [charge(prefix, "one more")])).kind).toBe("refused");
  });

  it("let one prefix that is over its own budget use up nothing of its network", async () => {
    const country = new Country(4);
    for (let i = 0; i < 20_000; i++) {
      country.now = START + Math.floor(i / 10);
      await country.spend(i, [charge(prefix, "one prefix"), charge(network, "AS1")]);
    }
    let others = 0;
    for (let i = 0; i < 400; i++) {
      country.now += 5;
      if ((await country.spend(i, [charge(network, "AS1")])).kind === "spent") others++;
    }
    expect(others).toBe(400);
  });

  it("cost about one call a second and isolate, for a hot network and for a spent one", async () => {
    const country = new Country(1);
    const big = { ...network, perMinute: 60_000, emissionMs: 1, toleranceMs: 60_000 };
    for (let i = 0; i < 10_000; i++) {
      country.now = START + 10 * i;
      expect((await country.spend(0, [charge(big, "AS1")])).kind).toBe("spent");
    }
    expect(country.calls).toBeLessThanOrEqual(105);
    country.calls = 0;
    for (let i = 0; i < 100_000; i++) {
      country.now += 1;
      await country.spend(0, [charge(network, "AS2")]);
    }
    expect(country.calls).toBeLessThanOrEqual(110);
  });

  it("hold across a restart of the shard, which is not asked again before it knows", async () => {
    const country = new Country(2);
    const epoch = new MemoryEpoch();
    country.grants = new StrictGrants(epoch, START);
    for (let i = 0; i < 1000; i++) await country.spend(i, [charge(network, "AS1")]);
    country.now += 100;
    country.grants = new StrictGrants(epoch, country.now);
    country.calls = 0;
    for (let i = 0; i < 1000; i++) {
      country.now += 1;
      await country.spend(0, [charge(network, "AS2")]);
    }
    // Nobody knows what AS2 had: the table of failures decides, after one call.
    expect(country.calls).toBe(1);
  });

  it("are not asked for more than once a second while the shard fails", async () => {
    const country = new Country(1);
    country.answers = () => Promise.reject(new Error("gone"));
    for (let i = 0; i < 5000; i++) {
      country.now += 1;
      expect((await country.spend(0, [charge(network, "AS1")])).kind).toBe("spent");
    }
    expect(country.calls).toBeLessThanOrEqual(6);
  });

  it("take back what did not go to the origin", async () => {
    const country = new Country(1);
    const tight = { ...network, burst: 4, toleranceMs: 4 * network.emissionMs };
    for (let i = 0; i < 50; i++) {
      const spending = await country.spend(0, [charge(tight, "AS1")]);
      expect(spending.kind).toBe("spent");
      if (spending.kind === "spent") spending.giveBack();
    }
    expect(country.calls).toBe(1);
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
    expect(calls).toBeLessThanOrEqual(16);
  });
});

describe("a flood in which each prefix is seldom and the network is not", () => {
  const network = {
    ...budget,
    name: "sign-in from one network",
    per: "network",
    emissionMs: 50,
    toleranceMs: 30_000,
    strict: true,
  };
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
        if ((await spendStrictly(budgetsOf(n), purses, deps, "forward")).kind === "spent") passed++;
      }
      return passed;
    };
    return { meet, calls };
  }

  it("is held to the budgets of both, although there are not calls enough to ask for every prefix", async () => {
    const passed = await isolate().meet(0, 10_000);
    expect(passed).toBeGreaterThan(200);
    expect(passed).toBeLessThanOrEqual((network.toleranceMs + 20_000) / network.emissionMs);
  });

  it("makes 50 calls a second at the most", async () => {
    const { meet, calls } = isolate();
    await meet(0, 10_000);
    expect(calls.length).toBeLessThanOrEqual(20 * 50);
  });
});

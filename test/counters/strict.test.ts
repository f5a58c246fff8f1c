/** Strict budgets: never more than the budget, from however many isolates, whatever is restarted, evicted or slow. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Carriage, ErrandAnswer } from "../../src/counters/errands.ts";
import { type StrictSpending, spendStrictly } from "../../src/counters/spend-strictly.ts";
import { StrictPurses } from "../../src/counters/strict.ts";
import { type Grant, type GrantRequest, type LeaseEpoch, StrictGrants } from "../../src/counters/strict-grants.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Budget } from "../../src/policy/policy.ts";
import type { Charge } from "../../src/policy/verdict.ts";
import rules from "../../src/rules.ts";

const START = 1_800_000_000_000;
/** 60 a minute, 20 at once. */
const budget = { name: "password reset", per: "prefix", emissionMs: 1000, toleranceMs: 20_000, strict: true } as Budget;

const charge = (budget: Budget, key: string): Charge => ({ budget, key, cost: 1, scale: 1 });

/** An exchange that is always due at once. Pace and travel are for strict-in-time.test.ts. */
function carriageOf(purses: StrictPurses, ask: (request: GrantRequest) => Promise<Grant>, now: () => number): Carriage {
  const bring: Carriage["bring"] = async (look) => {
    const found = look(now());
    if (found !== null) return found;
    const { errands, settle } = purses.take(now());
    const answers = errands.map(async (errand): Promise<ErrandAnswer | null> => {
      if (errand.kind !== "grant") return null;
      return ask(errand.request).then(
        (grant) => ({ kind: "grant", grant }),
        () => null,
      );
    });
    settle(await Promise.all(answers), now());
    return look(now());
  };
  return { bring, now };
}

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
  const ask = (request: GrantRequest) => {
    calls++;
    return Promise.resolve(grants.grant(request, now));
  };
  const passed: number[] = [];
  const restarts = restartsMs.toSorted((a, b) => a - b);
  for (const { atMs, isolate } of asks.toSorted((a, b) => a.atMs - b.atMs)) {
    while ((restarts[0] ?? Number.POSITIVE_INFINITY) <= atMs)
      grants = new StrictGrants(epoch, START + (restarts.shift() ?? 0));
    now = START + atMs;
    const purses = isolates[isolate % isolateCount] ?? new StrictPurses([1, 2, 3, 4]);
    const carriage = carriageOf(purses, ask, () => now);
    const { kind } = await spendStrictly([charge(budgetUnder, "198.51.100.0/24")], purses, carriage, "closed");
    if (kind === "spent") passed.push(now);
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

  it("is given out ahead of any need only while half of it is left to those who need it", () => {
    const grants = new StrictGrants(new MemoryEpoch(), START);
    const { emissionMs, toleranceMs } = budget;
    const ask = (tokens: number, ahead: number) =>
      grants.grant({ hi: 1, lo: 2, tokens, ahead, emissionMs, toleranceMs }, START).tokens;
    let ahead = 0;
    for (let i = 0; i < 50; i++) ahead += ask(0, 3);
    expect(ahead).toBeGreaterThan(4);
    expect(ahead).toBeLessThanOrEqual(10);
    expect(ask(3, 3)).toBe(3);
    expect(ask(3, 3)).toBe(3);
  });

  it("goes on at its rate, without a burst, after a restart", async () => {
    const asks = Array.from({ length: 500 }, (_, i) => ({ atMs: i * 50, isolate: i % 5 }));
    const { passed } = await passages(5, asks, [1000]);
    const after = passed.filter((at) => at >= START + 1000);
    expect(after.length).toBeGreaterThan(10);
    expect(after.length).toBeLessThanOrEqual(25);
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
      const carriage = carriageOf(purses, ask, () => this.now);
      return spendStrictly(charges, purses, carriage, "forward");
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
    const ask = async (grants: StrictGrants, now: number, key: string, unanswered: "forward" | "closed") => {
      const purses = new StrictPurses([1, 2, 3, 4]);
      const carriage = carriageOf(
        purses,
        async (request) => grants.grant(request, now),
        () => now,
      );
      return (await spendStrictly([charge(budget, key)], purses, carriage, unanswered)).kind;
    };
    expect(await ask(new StrictGrants(epoch, START), START, "one prefix", "closed")).toBe("spent");
    const restarted = new StrictGrants(epoch, START + 12_000);
    expect(await ask(restarted, START + 12_000, "another prefix", "closed")).toBe("refused");
    expect(await ask(restarted, START + 12_000, "another prefix", "forward")).toBe("spent");
  });
});

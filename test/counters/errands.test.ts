/** Errands on their way: how long those wait who sign in, and what becomes of them when shards or requests fail. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_EVERY_MS, callsAtMost } from "../../src/counters/call-pace.ts";
import { ROUND_EVERY_MS } from "../../src/counters/courier.ts";
import { STRICT_PATIENCE_MS } from "../../src/counters/patience.ts";
import { SHARD_COUNT } from "../../src/counters/shard.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Budget } from "../../src/policy/policy.ts";
import type { Charge } from "../../src/policy/verdict.ts";
import rules from "../../src/rules.ts";
import { ErrandLab } from "./errand-lab.ts";

const shipped = (name: string): Budget => {
  const found = compile(rules).budgets.find((each) => each.name === name);
  if (!found) throw new Error(`the rules have no ${name}`);
  return found;
};
const network = shipped("sign-in from one network");
const prefix = shipped("sign-in from one prefix");
const charge = (budget: Budget, key: string): Charge => ({ budget, key, cost: 1, scale: 1 });
const signInFrom = (networkKey: string, prefixKey: string) => [charge(prefix, prefixKey), charge(network, networkKey)];

/** By how many units the worst span of time exceeds burst + rate × time. */
function worstExcess(passed: readonly number[], { emissionMs, toleranceMs }: Budget): number {
  let tat = 0;
  let worst = Number.NEGATIVE_INFINITY;
  for (const at of passed) {
    tat = Math.max(tat, at) + emissionMs;
    worst = Math.max(worst, (tat - at - toleranceMs) / emissionMs);
  }
  return worst;
}

describe("somebody who signs in on a quiet day", () => {
  it("is answered at once, with one call for both of her budgets", async () => {
    const lab = new ErrandLab(1);
    await lab.pass(100);
    const { got, tookMs } = await lab.timed(lab.isolate(0).signIn(signInFrom("AS1", "a prefix")));
    expect(got.kind).toBe("spent");
    expect(tookMs).toBeLessThanOrEqual(250);
    expect(lab.isolate(0).reports[0]?.errands?.length).toBe(2);
  });

  it("is answered at once also where the isolate has been at work for minutes", async () => {
    const lab = new ErrandLab(1);
    await lab.pass(60_000, (ms) => ms % 20 === 0 && lab.isolate(0).touch());
    const { got, tookMs } = await lab.timed(lab.isolate(0).signIn(signInFrom("AS1", "a prefix")));
    expect(got.kind).toBe("spent");
    expect(tookMs).toBeLessThanOrEqual(250);
  });
});

describe("somebody who opens the sign-in page and types", () => {
  it("finds a token when she sends it, within twenty seconds, and costs no call more", async () => {
    for (const typingMs of [300, 3000, 9000, 15_000, 19_000]) {
      const lab = new ErrandLab(1);
      const work = (ms: number) => ms % 20 === 0 && lab.isolate(0).touch();
      await lab.pass(5000, work);
      void lab.isolate(0).signIn(signInFrom("AS1", "a prefix"));
      await lab.pass(Math.max(1500, typingMs), work);
      const { got, tookMs } = await lab.timed(lab.isolate(0).signIn(signInFrom("AS1", "a prefix")));
      expect({ typingMs, kind: got.kind, tookMs }).toEqual({ typingMs, kind: "spent", tookMs: 0 });
      expect(lab.isolate(0).calls.length).toBeLessThanOrEqual(callsAtMost(5000 + typingMs + 1500));
    }
  });
});

describe("a flood of sign-ins that rotates prefixes", () => {
  const attack = (lab: ErrandLab, ms: number) => {
    lab.isolate(0).touch();
    if (ms % 5 === 0) void lab.isolate(0).signIn(signInFrom("AS666", `prefix ${ms}`));
  };

  it("leaves another network its place: somebody from there waits for one call at the most", async () => {
    const lab = new ErrandLab(1);
    const waits: number[] = [];
    const kinds: string[] = [];
    await lab.pass(20_000, (ms) => {
      attack(lab, ms);
      if (ms % 1370 !== 1000) return;
      const from = lab.clock.now;
      void lab
        .isolate(0)
        .signIn([charge(network, `AS${ms}`)])
        .then(({ kind }) => {
          waits.push(lab.clock.now - from);
          kinds.push(kind);
        });
    });
    expect(kinds.length).toBeGreaterThan(12);
    expect(new Set(kinds)).toEqual(new Set(["spent"]));
    expect(Math.max(...waits)).toBeLessThanOrEqual(CALL_EVERY_MS + 250);
  });

  it("refuses at once whom one exchange cannot ask about, and keeps few waiting", async () => {
    const lab = new ErrandLab(1);
    let waiting = 0;
    let most = 0;
    await lab.pass(10_000, (ms) => {
      attack(lab, ms);
      for (let i = 0; i < 5; i++) {
        waiting++;
        void lab
          .isolate(0)
          .signIn([charge(prefix, `${ms} ${i}`)])
          .then(() => waiting--);
      }
      most = Math.max(most, waiting);
    });
    // Two exchanges' worth of new keys: one under way, one to come. (And 300 that begin in this millisecond.)
    expect(most).toBeLessThanOrEqual(2 * 16 + 5);
    for (const { errands } of lab.isolate(0).reports) expect(errands?.length ?? 0).toBeLessThanOrEqual(3 * 16);
  });
});

describe("a crowd at one key", () => {
  it("makes few calls, is never beyond the budget, and nobody in it passes unanswered", async () => {
    const lab = new ErrandLab(1);
    const small = { ...prefix, emissionMs: 1000, toleranceMs: 20_000 };
    const kinds: string[] = [];
    await lab.pass(3000, (ms) => {
      if (ms < 300)
        void lab
          .isolate(0)
          .signIn([charge(small, "one prefix")], "forward")
          .then(({ kind }) => kinds.push(kind));
    });
    expect(kinds.length).toBe(300);
    const spent = kinds.filter((kind) => kind === "spent").length;
    expect(spent).toBeGreaterThanOrEqual(4);
    expect(spent).toBeLessThanOrEqual(20 + 3);
    expect(lab.isolate(0).calls.length).toBeLessThanOrEqual(6);
  });
});

describe("a strict budget, from 50 isolates in time", () => {
  it("is never exceeded, whoever asks when, over any restarts", async () => {
    const ask = fc.record({ atMs: fc.nat(20_000), isolate: fc.nat(49) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(ask, { minLength: 1, maxLength: 300 }),
        fc.array(fc.nat(20_000), { maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        async (count, asks, restarts, burst) => {
          const lab = new ErrandLab(count);
          const small = { ...prefix, emissionMs: 1000, toleranceMs: burst * 1000 };
          const due = Map.groupBy(asks, ({ atMs }) => atMs);
          const passed: number[] = [];
          await lab.pass(23_000, (ms) => {
            if (restarts.includes(ms)) for (let owner = 0; owner < SHARD_COUNT; owner++) lab.restart(owner);
            for (const { isolate } of due.get(ms) ?? [])
              void lab
                .isolate(isolate)
                .signIn([charge(small, "one prefix")])
                .then(({ kind }) => kind === "spent" && passed.push(lab.clock.now));
          });
          expect(worstExcess(passed, small)).toBeLessThanOrEqual(1e-9);
        },
      ),
      { numRuns: 20, interruptAfterTimeLimit: 40_000, endOnFailure: true },
    );
  });
});

describe("couriers", () => {
  it("call an owner seven times a second at the most, however many isolates report to them", async () => {
    const lab = new ErrandLab(200);
    await lab.pass(3000, (ms) => {
      for (let i = 0; i < 200; i++)
        if ((ms + i * 7) % 50 === 0) void lab.isolate(i).signIn(signInFrom(`AS${ms % 11}`, `${i} ${ms}`));
    });
    const perOwner = Map.groupBy(lab.rounds, ({ owner }) => owner);
    const most = (SHARD_COUNT - 1) * (3000 / ROUND_EVERY_MS + 1);
    for (const [, rounds] of perOwner) expect(rounds.length).toBeLessThanOrEqual(most);
    expect(lab.rounds.length).toBeGreaterThan(SHARD_COUNT);
  });
});

describe("when the home shard", () => {
  it("hangs, nobody waits longer than her patience, and the next ones are served by the owners themselves", async () => {
    const lab = new ErrandLab(1);
    lab.mood = "hangs";
    const { got, tookMs } = await lab.timed(lab.isolate(0).signIn(signInFrom("AS1", "a"), "closed"));
    expect(got.kind).toBe("refused");
    expect(tookMs).toBeLessThanOrEqual(STRICT_PATIENCE_MS + 5);
    for (const name of ["b", "c", "d", "e"]) {
      await lab.pass(1700);
      const later = await lab.timed(lab.isolate(0).signIn(signInFrom(`AS ${name}`, name), "closed"));
      expect(later.got.kind).toBe("spent");
    }
    expect((await lab.timed(lab.isolate(0).spendPuzzle("00aa"))).got).toBe("spent-now");
  });

  it("throws, the outcome is the table's, and it is not asked again before it is due", async () => {
    const lab = new ErrandLab(1);
    lab.mood = "throws";
    const first = await lab.timed(lab.isolate(0).signIn([charge(network, "AS1")], "closed"));
    expect(first.got.kind).toBe("refused");
    for (let i = 0; i < 10; i++) await lab.timed(lab.isolate(0).signIn([charge(network, `AS${i + 2}`)], "closed"));
    expect(lab.isolate(0).calls.length).toBeLessThanOrEqual(4);
  });

  it("is of a version that runs no errands, the owners are asked all the same", async () => {
    const lab = new ErrandLab(1);
    lab.mood = "old";
    expect((await lab.timed(lab.isolate(0).signIn(signInFrom("AS1", "a"), "closed"))).got.kind).toBe("spent");
  });
});

describe("a request that is killed while it makes the exchange", () => {
  it("takes nobody with it: others are told in time, and some seconds later all is well", async () => {
    const lab = new ErrandLab(1);
    lab.isolate(0).signInAndVanish([charge(network, "AS1")]);
    const during = await lab.timed(lab.isolate(0).signIn([charge(network, "AS2")], "closed"));
    expect(during.tookMs).toBeLessThanOrEqual(STRICT_PATIENCE_MS + 30);
    await lab.pass(4000);
    const after = await lab.timed(lab.isolate(0).signIn([charge(network, "AS3")], "closed"));
    expect(after.got.kind).toBe("spent");
  });
});

describe("a proof", () => {
  it("buys once, however often it is handed in at the same time, and is asked about once", async () => {
    const lab = new ErrandLab(2);
    const outcomes: string[] = [];
    await lab.pass(5000, (ms) => {
      if (ms < 40)
        void lab
          .isolate(ms)
          .spendPuzzle("0001cafe")
          .then((outcome) => outcomes.push(outcome));
    });
    expect(outcomes.filter((outcome) => outcome === "spent-now").length).toBe(1);
    expect(outcomes.filter((outcome) => outcome === "already-spent").length).toBe(39);
    const asked = lab.isolates.flatMap(({ reports }) => reports.flatMap(({ errands }) => errands ?? []));
    expect(asked.length).toBe(2);
  });

  it("whose answer came too late is not lost: handed in again it buys", async () => {
    const lab = new ErrandLab(1);
    lab.travelMs = 1200;
    expect((await lab.timed(lab.isolate(0).spendPuzzle("0002cafe"))).got).toBe("unavailable");
    await lab.pass(1500);
    expect((await lab.timed(lab.isolate(0).spendPuzzle("0002cafe"))).got).toBe("spent-now");
  });
});

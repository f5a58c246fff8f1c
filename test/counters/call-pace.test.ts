/** How often an isolate calls the counters, whatever happens to it: the formula that is stated, and what it costs those who wait. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_EVERY_MS, CALLS_SAVED_MAX, CallPace, callsAtMost } from "../../src/counters/call-pace.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Budget } from "../../src/policy/policy.ts";
import rules from "../../src/rules.ts";
import { ErrandLab, type HomeMood } from "./errand-lab.ts";

/** The span in which most calls beyond the formula were made; 0 when there is none. */
function mostBeyond(times: readonly number[]): number {
  let worst = 0;
  for (let from = 0; from < times.length; from++)
    for (let to = from; to < times.length; to++)
      worst = Math.max(worst, to - from + 1 - callsAtMost((times[to] ?? 0) - (times[from] ?? 0)));
  return worst;
}

describe("the pace of calls", () => {
  it("never lets more pass than the formula says, whoever wants to call when", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 400 }), (gapsMs) => {
        const pace = new CallPace();
        const times: number[] = [];
        let now = 1_800_000_000_000;
        for (const gapMs of gapsMs) {
          now += gapMs;
          if (pace.msUntilNext(now) > 0) continue;
          pace.note(now);
          times.push(now);
        }
        expect(mostBeyond(times)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("is fewer than one a second in 44 seconds or more", () => {
    for (const spanS of [44, 45, 60, 90, 3600]) expect(callsAtMost(spanS * 1000)).toBeLessThanOrEqual(spanS);
  });

  it("survives a clock that is set back", () => {
    const pace = new CallPace();
    const now = 1_800_000_000_000;
    for (let i = 0; i < CALLS_SAVED_MAX; i++) pace.note(now);
    expect(pace.msUntilNext(now - 3_600_000)).toBeLessThanOrEqual(CALL_EVERY_MS);
  });
});

const budget = (name: string): Budget => {
  const found = compile(rules).budgets.find((each) => each.name === name);
  if (!found) throw new Error(`the rules have no ${name}`);
  return found;
};
const network = budget("sign-in from one network");
const prefix = budget("sign-in from one prefix");
const signInFrom = (networkKey: string, prefixKey: string) => [
  { budget: prefix, key: prefixKey, cost: 1, scale: 1 },
  { budget: network, key: networkKey, cost: 1, scale: 1 },
];

describe("an isolate", () => {
  const moment = fc.record({
    atMs: fc.nat(30_000),
    what: fc.constantFrom("request", "sign-in", "puzzle", "hungry", "content"),
    which: fc.nat(20),
  });

  it("calls no more often than the formula says, whoever signs in, solves puzzles or wants for a lease", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(moment, { minLength: 1, maxLength: 300 }),
        fc.constantFrom<HomeMood>("well", "throws", "hangs"),
        async (moments, mood) => {
          const lab = new ErrandLab(1);
          lab.mood = mood;
          const due = Map.groupBy(moments, ({ atMs }) => atMs);
          await lab.pass(35_000, (ms) => {
            for (const { what, which } of due.get(ms) ?? []) {
              if (what === "hungry" || what === "content") lab.nextInMs = what === "hungry" ? 250 : 1150;
              if (what === "sign-in") void lab.isolate(0).signIn(signInFrom(`AS${which % 3}`, `prefix ${which}`));
              if (what === "puzzle") void lab.isolate(0).spendPuzzle(`${which.toString(16).padStart(4, "0")}beef`);
              lab.isolate(0).touch();
            }
          });
          expect(mostBeyond(lab.isolate(0).calls)).toBe(0);
        },
      ),
      { numRuns: 30, interruptAfterTimeLimit: 40_000, endOnFailure: true },
    );
  });

  it("reports at the usual pace all through a flood of sign-ins, so that nobody's news is late", async () => {
    const lab = new ErrandLab(1);
    await lab.pass(20_000, (ms) => {
      lab.isolate(0).touch();
      if (ms % 7 === 0) void lab.isolate(0).signIn(signInFrom("AS1", `prefix ${ms}`));
    });
    const { calls } = lab.isolate(0);
    const gaps = calls.slice(1).map((at, i) => at - (calls[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1150 * 1.07 + 1);
  });

  it("may call at once several times at the onset, and tells the rest when traffic stops", async () => {
    const lab = new ErrandLab(1);
    lab.nextInMs = 250;
    await lab.pass(1000, () => lab.isolate(0).touch());
    expect(lab.isolate(0).calls.length).toBe(CALLS_SAVED_MAX);
    await lab.pass(3000);
    expect(lab.isolate(0).calls.length).toBe(CALLS_SAVED_MAX + 1);
  });
});

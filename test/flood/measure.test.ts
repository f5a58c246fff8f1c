import { describe, expect, test } from "vitest";
import { Journal, type Wish } from "./journal.ts";
import {
  floodAtPortal,
  measureAttackers,
  measureGroup,
  measureObjectCalls,
  measureOrigin,
  measureTimes,
  percentile,
  type Span,
} from "./measure.ts";
import { totalCalls } from "./real/object-calls.ts";
import { judgeSoundness } from "./real/soundness.ts";

const SPAN: Span = { attackFromMs: 10_000, attackToMs: 70_000, endMs: 90_000 };

function wish(atS: number, change: Partial<Wish> = {}): Wish {
  return {
    group: "clinicians",
    lane: "hospital",
    atMs: atS * 1000,
    tookMs: 10,
    ok: true,
    why: "",
    challenged: false,
    blocked: false,
    mitigated: false,
    answeredByOrigin: 1,
    ...change,
  };
}

const NO_TASKS = { started: 0, completed: 0 };

describe("a group of a result", () => {
  test("success is that after the first 30 s of attack, first30s that within", () => {
    const wishes = [
      wish(1, { ok: false }),
      wish(10),
      wish(39, { ok: false }),
      wish(40),
      wish(69),
      wish(71, { ok: false }),
    ];
    const group = measureGroup(wishes, NO_TASKS, SPAN);
    expect(group).toMatchObject({ requests: 6, succeeded: 3, success: 1, first30s: 0.5, worst5min: null });
    expect(group.byLane?.hospital).toMatchObject({ success: 1 });
  });

  test("what was not asked for has no share", () => {
    expect(measureGroup([], NO_TASKS, SPAN)).toMatchObject({ success: null, first30s: null });
    expect(measureGroup([wish(1)], NO_TASKS, SPAN).addedLatencyMs).toEqual({ p50: null, p95: null, p99: null });
  });

  test("latency added is that of the attack less that of the calm, of those who were served", () => {
    const wishes = [
      wish(1, { tookMs: 900 }),
      wish(6, { tookMs: 20 }),
      wish(20, { tookMs: 50 }),
      wish(21, { tookMs: 9000, ok: false }),
    ];
    expect(measureGroup(wishes, NO_TASKS, SPAN).addedLatencyMs.p50).toBe(30);
  });

  test("the worst five minutes of a long run", () => {
    const span: Span = { attackFromMs: 0, attackToMs: 600_000, endMs: 600_000 };
    const wishes = Array.from({ length: 600 }, (_, second) => wish(second, { ok: second >= 30 }));
    expect(measureGroup(wishes, NO_TASKS, span).worst5min).toBe(0.9);
  });
});

describe("attackers of a result", () => {
  const flood = (perSecond: number, seconds: number) => {
    let now = SPAN.attackFromMs;
    const journal = new Journal(() => now);
    for (let n = 0; n < seconds * perSecond; n++) {
      now = SPAN.attackFromMs + (n / perSecond) * 1000;
      journal.noteOutcome(journal.noteSent(), n % 10 === 0 ? "" : "limit");
    }
    return journal;
  };

  test("stopped is what did not reach the origin, after the first 30 s", () => {
    const attackers = measureAttackers(flood(100, 60), SPAN, () => null);
    expect(attackers).toMatchObject({ requests: 6000, reachedOrigin: 600, solved: 0, byAnswer: { limit: 5400 } });
    expect(attackers.stopped).toBeCloseTo(0.9, 6);
  });

  test("the portal knows better what reached it than the attackers do", () => {
    const journal = flood(100, 60);
    journal.wishes.push(wish(45), wish(50));
    // 32 requests came in the last 30 s, two of them the clinic's: 30 of 3,000.
    const counted = (from: number, to: number) => (from === 40_000 && to === 70_000 ? 32 : 0);
    const attackers = measureAttackers(journal, SPAN, floodAtPortal(journal, counted));
    expect(attackers.stopped).toBeCloseTo(0.99, 6);
  });

  test("nobody attacked: no share", () => {
    const attackers = measureAttackers(new Journal(() => 0), SPAN, () => 100);
    expect(attackers).toMatchObject({ requests: 0, reachedOrigin: 0, stopped: null, stoppedFirst30s: null });
  });
});

describe("times of a result", () => {
  test("mitigated is when the 10-s mean stays at or below capacity", () => {
    const units = Array.from({ length: 90 }, (_, second) => (second >= 10 && second < 20 ? 1200 : 100));
    const { mitigatedAfterMs } = measureTimes(new Journal(() => 0), units, 600, SPAN);
    // From the fifth calm second on at most half of the window is 1,200: (5 × 1,200 + 5 × 100) ÷ 10 is still above.
    expect(mitigatedAfterMs).toBe(15_000);
    expect(measureTimes(new Journal(() => 0), units.fill(1200), 600, SPAN).mitigatedAfterMs).toBeNull();
    expect(measureTimes(new Journal(() => 0), units.fill(100), 600, SPAN).mitigatedAfterMs).toBe(0);
  });

  test("recovered is when clinicians are served and residents left alone, to the end", () => {
    const journal = new Journal(() => 0);
    const resident = (at: number, mitigated: boolean) => wish(at, { group: "residents", mitigated });
    journal.wishes.push(wish(71), resident(74.5, true), wish(80), resident(81, false));
    expect(measureTimes(journal, [], 600, SPAN).recoveredAfterMs).toBe(5000);
    journal.wishes.push(wish(89, { ok: false }));
    expect(measureTimes(journal, [], 600, SPAN).recoveredAfterMs).toBeNull();
  });
});

describe("other figures of a result", () => {
  test("load of the origin: peaks of the attack, mean of the calm", () => {
    const units = Array.from({ length: 90 }, (_, second) => (second === 20 ? 1000 : second < 10 ? 50 : 100));
    expect(measureOrigin(units, 600, SPAN)).toMatchObject({ peak1sRps: 1000, peak10sRps: 190, baselineRps: 50 });
  });

  test("calls per 1,000 requests of the flood are null below 5,000 requests/s, and all when nobody counted", () => {
    const calls = { calls: 600, fromIsolates: 480, peak: 9 };
    expect(measureObjectCalls(calls, 8, 6000, 60)).toMatchObject({
      callsPerIsolateSecond: 1,
      callsPer1000AttackRequests: null,
    });
    expect(measureObjectCalls(calls, 8, 600_000, 60).callsPer1000AttackRequests).toBe(1);
    expect(measureObjectCalls(null, 8, 600_000, 60).calls).toBeNull();
  });

  test("calls are counted within the attack, those among objects apart", () => {
    const seconds = [
      [99, { "ClientCounter s00 exchange": 50 }],
      [100, { "ClientCounter s00 exchange": 3, "ClientCounter s00 merge": 2, "Watch watch report": 4 }],
    ] as const;
    expect(totalCalls({ posture: null, allowed: {}, seconds }, 100, 160)).toEqual({
      calls: 9,
      fromIsolates: 3,
      peak: 5,
    });
  });

  test("percentiles", () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    expect(percentile([3, 1, 2], 0.99)).toBe(3);
  });
});

describe("soundness", () => {
  const effort = { lateShare: 0, worstLateMs: 0, cores: null, sent: 1000, heldBack: 0 };
  const cores = { generator: 0.3, workerd: 1, others: 0, idle: 0.7 };

  test("a shield that was the limit proves something", () => {
    expect(judgeSoundness(effort)).toEqual({ sound: true, remark: "" });
    expect(judgeSoundness({ ...effort, cores, heldBack: 500 })).toMatchObject({ sound: true });
  });

  test.each([
    ["behind its schedule", { lateShare: 0.1 }],
    ["the generator was the bottleneck", { cores: { ...cores, generator: 0.95, workerd: 0.5 } }],
    ["other programs", { cores: { ...cores, others: 0.9, idle: 0 } }],
    ["held back", { heldBack: 500, cores: { ...cores, generator: 0.6, workerd: 0.4 } }],
  ])("not sound: %s", (why, change) => {
    const { sound, remark } = judgeSoundness({ ...effort, ...change });
    expect(sound).toBe(false);
    expect(remark).toContain(why);
  });
});

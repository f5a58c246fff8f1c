/** The waiting room's line in front of a crowd. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LineCount, type LineState, moveLine, NOBODY, reloadSeconds, turnOf } from "../../src/waiting/line.ts";
import { type CrowdPlan, type CrowdResult, crowd } from "./crowd.ts";

const rush = (perSecond: number, forS: number) => (second: number) => (second < forS ? perSecond : 0);
/** 20 people a second for two minutes, where the origin has room for 5. */
const RUSH: CrowdPlan = { seconds: 1200, arrivals: rush(20, 120), units: 25 };

/** How many were served before somebody who came 45 s earlier: half a minute is what a reload may cost. */
function overtaken({ served }: CrowdResult): number {
  let latest = 0;
  let count = 0;
  for (const { cameAt } of served) {
    if (cameAt < latest - 45) count++;
    latest = Math.max(latest, cameAt);
  }
  return count / served.length;
}

const share = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length;

describe("a crowd that comes faster than it can be served", () => {
  const result = crowd(RUSH);
  it("is served to the last, in the order in which it came, and the line then ends", () => {
    expect(result).toMatchObject({ stillWaiting: 0, lineOpenAtEnd: false });
    expect(result.served).toHaveLength(2400);
    expect(overtaken(result)).toBeLessThan(0.02);
  });
  it("keeps the origin busy, and hardly anybody whose turn has come finds no room", () => {
    expect(result.used).toBeGreaterThan(0.8);
    expect(result.inVain).toBeLessThan(0.5);
  });
  it("is told honestly how long it takes", () => {
    const told = result.served.flatMap(({ cameAt, servedAt, told }) =>
      told === null ? [] : [{ waited: servedAt - cameAt, told }],
    );
    expect(told.length / result.served.length).toBeGreaterThan(0.9);
    expect(share(told.map(({ waited, told }) => waited <= told + 60))).toBeGreaterThan(0.9);
    expect(share(told.map(({ waited, told }) => waited >= told / 4))).toBeGreaterThan(0.8);
  });
});

it("nobody stands in line where there is room", () => {
  const { served, inVain } = crowd({ seconds: 600, arrivals: rush(2, 300), units: 25 });
  expect([served.every(({ cameAt, servedAt }) => cameAt === servedAt), inVain]).toEqual([true, 0]);
});

it("bots that take 500 places a second and never come back hold up people for a minute or two, not for hours", () => {
  const plan = { seconds: 900, arrivals: rush(4, 300), units: 15 };
  const longest = ({ served }: CrowdResult): number => Math.max(...served.map((s) => s.servedAt - s.cameAt));
  const [alone, beside] = [crowd(plan), crowd({ ...plan, bots: rush(500, 300) })];
  expect(beside.stillWaiting).toBe(0);
  expect(longest(beside) - longest(alone)).toBeLessThan(120);
});

it("people who want three times as much as was thought are let in more slowly, learned on the way", () => {
  const { served, inVain, used } = crowd({ ...RUSH, seconds: 2400, unitsPerPerson: 15 });
  expect([served.length, inVain < 0.5, used > 0.8]).toEqual([2400, true, true]);
});

it("a watch that restarts takes the line over from the edge: nobody loses her place or her turn", () => {
  const restarted = crowd({ ...RUSH, restartAt: 150 });
  expect(restarted.served).toHaveLength(2400);
  expect(overtaken(restarted)).toBeLessThan(0.02);
});

describe("the line itself", () => {
  const counts = fc.record({
    tried: fc.nat(1000),
    refused: fc.nat(1000),
    came: fc.nat(100_000),
    nextS: fc.nat(100_000),
    overdueS: fc.nat(100_000),
    servedUpTo: fc.constant(0),
  }) satisfies fc.Arbitrary<LineCount>;
  const room = fc.record({ units: fc.nat(10_000), wanted: fc.nat(10_000) });

  it("never moves back, never beyond now, and says nothing that is no number", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(counts, room, fc.integer({ min: 1, max: 5 })), { maxLength: 60 }), (seconds) => {
        let now = 1_800_000_000_000;
        let line: LineState | null = null;
        for (const [count, roomNow, passed] of seconds) {
          now += passed * 1000;
          const before: LineState | null = line;
          line = moveLine(line, count, roomNow, passed, now);
          if (line === null) continue;
          expect(Object.values(line).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
          expect(line.servedUpTo).toBeLessThanOrEqual(now);
          if (before) expect(line.servedUpTo).toBeGreaterThanOrEqual(before.servedUpTo);
        }
      }),
    );
  });
  it("lets who came first have her turn first", () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.nat(1e7), fc.double({ min: 0, max: 10, noNaN: true }), (a, b, speed) => {
        const line = { servedUpTo: 5_000_000, speed };
        const [first, second] = [turnOf(line, Math.min(a, b)), turnOf(line, Math.max(a, b))];
        const rank = { now: 0, in: 1, unknown: 2 };
        expect(rank[first.kind]).toBeLessThanOrEqual(rank[second.kind]);
        if (first.kind === "in" && second.kind === "in") expect(first.minutes).toBeLessThanOrEqual(second.minutes);
      }),
    );
  });
  it("ends when nobody stands in it", () => {
    let now = 1_800_000_000_000;
    let line = moveLine(null, { ...NOBODY, tried: 10, refused: 10, came: 10 }, { units: 10, wanted: 10 }, 1, now);
    for (let second = 0; second < 120 && line; second++) {
      now += 1000;
      line = moveLine(line, NOBODY, { units: 10, wanted: 0 }, 1, now);
    }
    expect(line).toBeNull();
  });
  it("does not begin because one of many found no room", () => {
    expect(moveLine(null, { ...NOBODY, tried: 100, refused: 2 }, { units: 9, wanted: 9 }, 1, 1e12)).toBeNull();
    expect(moveLine(null, { ...NOBODY, tried: 100, refused: 9 }, { units: 9, wanted: 9 }, 1, 1e12)).toBeNull();
  });
  it("lets nobody's page reload sooner than she can read it", () => {
    for (const turn of [{ kind: "now" }, { kind: "in", minutes: 1 }, { kind: "unknown" }] as const)
      expect(reloadSeconds(turn)).toBeGreaterThan(20);
  });
});

import { describe, expect, it } from "vitest";
import { type Rates, totalOf } from "../../src/counters/rates.ts";
import { POSTURES } from "../../src/policy/verdict.ts";
import { LOAD_IN_ATTACK, poolsFor, RESERVE_SHARE } from "../../src/watch/pools.ts";

const ALLOWED = 600;
const GIVEN = ALLOWED * (1 - RESERVE_SHARE);
const NEEDS: readonly Rates[] = [
  [0, 0, 0, 0],
  [60, 40, 20, 10],
  [60, 40, 2000, 3000],
  [900, 40, 0, 3000],
  [300, 400, 500, 600],
];

describe("what an origin bears, divided", () => {
  it("is given out whole, however much is needed and in every posture, and none has less than nothing", () => {
    for (const posture of POSTURES)
      for (const need of NEEDS) {
        const pools = poolsFor(ALLOWED, need, posture);
        expect(totalOf(pools)).toBeCloseTo(GIVEN, 6);
        expect(Math.min(...pools)).toBeGreaterThanOrEqual(0);
      }
  });
  it("goes to strangers in calm where nobody else needs it", () => {
    const [, , p2, p3] = poolsFor(ALLOWED, [60, 40, 200, 3000], "normal");
    expect(p2).toBeGreaterThanOrEqual(200);
    expect(p2 + p3).toBeGreaterThan(0.65 * GIVEN);
  });
  it("goes to strangers in an attack only while it costs the doctors no time", () => {
    const need: Rates = [60, 40, 200, 3000];
    const [p0, p1, p2, p3] = poolsFor(ALLOWED, need, "elevated");
    expect(p2 + p3).toBeCloseTo(LOAD_IN_ATTACK * ALLOWED - 100, 6);
    expect(p2).toBeGreaterThanOrEqual(200);
    expect(p0).toBeGreaterThan(poolsFor(ALLOWED, need, "normal")[0]);
    expect(p1).toBeGreaterThan(poolsFor(ALLOWED, need, "normal")[1]);
  });
  it("leaves strangers their reserved shares in an attack, whatever doctors need", () => {
    const [, , p2, p3] = poolsFor(ALLOWED, [900, 40, 2000, 3000], "elevated");
    expect([p2, p3]).toEqual([expect.closeTo(0.15 * GIVEN, 6), expect.closeTo(0.1 * GIVEN, 6)]);
  });
});

import { describe, expect, it } from "vitest";
import type { SiteSummary } from "../../src/counters/protocol.ts";
import { initialState, type SiteState, steer } from "../../src/watch/controller.ts";

const NOW = 1_800_000_000_000;
const second = (wanted: number, different: Partial<SiteSummary> = {}): SiteSummary => ({
  site: "portal",
  capacityPerSecond: 600,
  overMs: 1000,
  wanted: [0, 0, 0, wanted],
  turnedAway: 0,
  forwarded: wanted,
  failed: 0,
  ...different,
});

/** Steers once a second with the same report. */
function steered(seconds: number, summary: SiteSummary, from: SiteState = initialState(600), at = NOW): SiteState {
  let state = from;
  for (let i = 0; i < seconds; i++) state = steer(state, summary, at + i * 1000);
  return state;
}

describe("posture", () => {
  it("stays normal while the origin bears what is wanted", () =>
    expect(steered(60, second(500)).posture).toBe("normal"));
  it("is elevated within two seconds of a flood", () => expect(steered(2, second(3000)).posture).toBe("elevated"));
  it("counts what was turned away: a flood that is held off is still there", () => {
    const flooded = steered(2, second(3000));
    expect(steered(120, second(50, { turnedAway: 3000 }), flooded, NOW + 2000).posture).toBe("elevated");
  });
  it("is elevated when the counters are full, whatever is wanted", () => {
    expect(steered(2, second(50, { full: 3 }))).toMatchObject({
      posture: "elevated",
      because: "there are more clients than can be counted",
    });
  });
  it("is no attack when people come in a crowd: browsers that ask for pages and their parts, and are hardly refused", () => {
    const crowd = { strangers: 3000, pages: 1000, parts: 2000 };
    expect(steered(20, second(3000, crowd))).toMatchObject({
      posture: "normal",
      because: "surge: many people come at once, nobody attacks",
    });
    expect(steered(20, second(1000, { strangers: 900, pages: 900, parts: 0 })).posture).toBe("normal");
    // Pages without their parts, programs, or many refused: that is no crowd.
    expect(steered(20, second(3000, { ...crowd, parts: 100, pages: 2900 })).posture).toBe("elevated");
    expect(steered(20, second(3000, { ...crowd, strangers: 6000 })).posture).toBe("elevated");
    expect(steered(20, second(3000, { ...crowd, turnedAway: 2000 })).posture).toBe("elevated");
  });
  it("counts who was told to stand in line: a flood of browsers that wait is no crowd", () => {
    const browsers = { strangers: 900, pages: 900, parts: 0 };
    expect(steered(20, second(500, { ...browsers, postponed: 500 }))).toMatchObject({
      posture: "normal",
      because: "surge: many people come at once, nobody attacks",
    });
    expect(steered(20, second(500, { ...browsers, postponed: 1500 })).posture).toBe("elevated");
  });
  it("knows a crowd's newcomers by the parts of pages that their browsers lack, where it has seen newcomers in calm", () => {
    const rush = { strangers: 900, pages: 900, newcomers: 200 };
    const calm = steered(30, second(50, { strangers: 60, pages: 20, parts: 40, newcomers: 10 }));
    const posture = (from: SiteState, parts: number) =>
      steered(20, second(900, { ...rush, parts }), from, NOW + 30_000).posture;
    expect(posture(calm, 400)).toBe("normal");
    expect(posture(calm, 5)).toBe("elevated");
    // Nothing was seen before, or the parts of pages come from elsewhere: then the few that are asked say nothing.
    expect(posture(initialState(600), 5)).toBe("normal");
    const elsewhere = steered(30, second(50, { strangers: 60, pages: 60, parts: 0, newcomers: 10 }));
    expect(posture(elsewhere, 0)).toBe("normal");
  });
  it("is no attack when systems and people who proved who they are want too much", () =>
    expect(steered(20, { ...second(100), wanted: [1500, 300, 0, 100] }).posture).toBe("normal"));
  it("comes down by itself after a minute of calm, not earlier", () => {
    const flooded = steered(5, second(3000));
    expect(steered(50, second(50), flooded, NOW + 5000).posture).toBe("elevated");
    expect(steered(75, second(50), flooded, NOW + 5000).posture).toBe("normal");
  });
  it("does not flap in a square wave of 30 s", () => {
    let state = initialState(600);
    const seen: string[] = [];
    for (let i = 0; i < 600; i++) {
      state = steer(state, second(i % 60 < 30 ? 3000 : 50), NOW + i * 1000);
      if (seen.at(-1) !== state.posture) seen.push(state.posture);
    }
    expect(seen).toEqual(["elevated"]);
  });
});

describe("what the origin is given", () => {
  it("is what was configured while it does not fail", () =>
    expect(steered(30, second(3000)).allowedPerSecond).toBe(600));
  it("shrinks while it fails, never to nothing, and grows back", () => {
    const failing = steered(40, second(600, { failed: 300 }));
    expect(failing.allowedPerSecond).toBe(60);
    expect(steered(40, second(600), failing, NOW + 40_000).allowedPerSecond).toBe(600);
  });
  it("shrinks while answers take much longer than usual, also when some never come", () => {
    const usual = steered(10, second(300, { residenceMs: [0, 0, 0, 300 * 50], left: [0, 0, 0, 300] }));
    expect(usual.allowedPerSecond).toBe(600);
    const slow = second(300, { residenceMs: [0, 0, 0, 300 * 400], left: [0, 0, 0, 300] });
    expect(steered(2, slow, usual, NOW + 10_000).allowedPerSecond).toBeLessThan(300);
    const hanging = second(300, { residenceMs: [0, 0, 0, 300 * 1000], left: [0, 0, 0, 0] });
    expect(steered(2, hanging, usual, NOW + 10_000).allowedPerSecond).toBeLessThan(300);
  });
  it("does not take another mix of requests for slowness", () => {
    const mixed = (p0: number, p3: number) =>
      second(p0 + p3, { residenceMs: [p0 * 30, 0, 0, p3 * 500], left: [p0, 0, 0, p3] });
    const usual = steered(10, mixed(290, 10));
    expect(steered(10, mixed(10, 290), usual, NOW + 10_000).allowedPerSecond).toBe(600);
  });
  it("follows new rules at once", () =>
    expect(steered(1, second(10, { capacityPerSecond: 50 })).allowedPerSecond).toBe(50));
});

import { describe, expect, test } from "vitest";
import { compareClocks } from "./clock-comparison.ts";
import { guardedResult } from "./report-page/fixtures.ts";
import type { FloodResult } from "./result.ts";

const REAL = guardedResult();

function metOf(name: string, model: Partial<FloodResult>, real: FloodResult = REAL) {
  return compareClocks(real, guardedResult({ clock: "model", ...model })).find((figure) => figure.name === name)?.met;
}

describe("two clocks agree", () => {
  const STOPPED = "flood stopped, after 30 s";
  const CALLS = "object calls per isolate-second";
  const BEYOND = "requests beyond budgets";
  const { attackers, durableObjects, overAdmission } = REAL;
  if (!overAdmission) throw new Error("the fixture has none");

  test.each([
    { stopped: 0.9872, met: true },
    { stopped: 0.9673, met: true },
    { stopped: 0.9671, met: false },
    { stopped: null, met: null },
  ])("$stopped against 0.9872 stopped: $met", ({ stopped, met }) => {
    expect(metOf(STOPPED, { attackers: { ...attackers, stopped } })).toBe(met);
  });

  test.each([
    { calls: 1.1, met: true },
    { calls: 1.12, met: false },
    { calls: 0.73, met: false },
    { calls: null, met: null },
  ])("$calls against 0.92 calls: $met", ({ calls, met }) => {
    expect(metOf(CALLS, { durableObjects: { ...durableObjects, callsPerIsolateSecond: calls } })).toBe(met);
  });

  test("few requests beyond budgets tell nothing, many against few do", () => {
    const beyond = (beyondBudget: number) => ({ overAdmission: { ...overAdmission, beyondBudget } });
    expect(metOf(BEYOND, beyond(20), guardedResult(beyond(3)))).toBeNull();
    expect(metOf(BEYOND, beyond(90), guardedResult(beyond(3)))).toBe(false);
    expect(metOf(BEYOND, beyond(90), guardedResult(beyond(100)))).toBe(true);
    expect(metOf(BEYOND, { overAdmission: null })).toBeNull();
  });

  test("a run that is not sound, or not whole, proves nothing", () => {
    expect(metOf(STOPPED, {}, guardedResult({ sound: false }))).toBeNull();
    expect(metOf(STOPPED, { remark: "ended early" })).toBeNull();
  });
});

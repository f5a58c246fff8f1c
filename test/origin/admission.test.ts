import fc from "fast-check";
import { expect, it } from "vitest";
import { Admission } from "../../src/origin/admission.ts";
import type { ClassOfService } from "../../src/policy/tables.ts";

const NOW = 1_800_000_000_000;

/** Offers so many units a second of each class for some seconds; says how many of each passed in the last ones. */
function run(offered: readonly [number, number, number, number], seconds = 20, capacity = 100): readonly number[] {
  const admission = new Admission(capacity);
  const passed = [0, 0, 0, 0];
  const due = [0, 0, 0, 0];
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    const now = NOW + ms;
    if (ms % 1000 === 0) admission.lease(capacity, now);
    for (const c of [3, 2, 1, 0] as ClassOfService[]) {
      due[c] = (due[c] ?? 0) + offered[c] / 100;
      for (; (due[c] ?? 0) >= 1; due[c] = (due[c] ?? 0) - 1)
        if (admission.take(c, 1, now) && ms >= 5000) passed[c] = (passed[c] ?? 0) + 1;
    }
  }
  return passed.map((units) => units / (seconds - 5));
}

it("keeps the reserved share of each class while all want too much", () => {
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = run([300, 300, 300, 300]);
  expect(p0).toBeCloseTo(40, -1);
  expect(p1).toBeCloseTo(35, -1);
  expect(p2).toBeCloseTo(15, -1);
  expect(p3).toBeCloseTo(10, -1);
});

it("lets doctors through untouched while strangers flood", () => {
  const [p0, p1, , p3 = 0] = run([30, 25, 0, 5000]);
  expect(p0).toBeCloseTo(30, 0);
  expect(p1).toBeCloseTo(25, 0);
  expect(p3).toBeLessThanOrEqual(46);
});

it("wastes nothing: one class alone may have nearly all", () => {
  expect(run([0, 0, 0, 500])[3]).toBeGreaterThan(90);
  expect(run([500, 0, 0, 0])[0]).toBeGreaterThan(90);
});

it("never passes more than the lease, plus one burst", () => {
  const load = fc.integer({ min: 0, max: 400 });
  fc.assert(
    fc.property(
      fc.tuple(load, load, load, load),
      (offered) => run(offered, 8).reduce((sum, units) => sum + units, 0) <= 100 * (1 + 1 / 3) + 1,
    ),
    { numRuns: 30 },
  );
});

it("falls to a floor when no news comes", () => {
  const admission = new Admission(100);
  admission.lease(100, NOW);
  admission.take(3, 1, NOW);
  let passed = 0;
  for (let ms = 60_000; ms < 70_000; ms += 10) if (admission.take(0, 1, NOW + ms)) passed++;
  expect(passed).toBeLessThan(160);
});

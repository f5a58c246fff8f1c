import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rates } from "../../src/counters/rates.ts";
import { Admission, FIRST_LEASE_WITHIN_MS, FIRST_UNITS } from "../../src/origin/admission.ts";
import { CLASSES, type ClassOfService } from "../../src/policy/tables.ts";

const NOW = 1_800_000_000_000;
const SHARES: Rates = [40, 35, 15, 10];

/** Offers so many units a second of each class for some seconds; says how many of each passed a second in the last ones. */
function run(offered: Rates, seconds = 20, leased: Rates = SHARES): Rates {
  const admission = new Admission(100);
  const passed: [number, number, number, number] = [0, 0, 0, 0];
  const due = [0, 0, 0, 0];
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    const now = NOW + ms;
    if (ms % 1000 === 0) admission.lease({ number: 1 + ms, perSecond: leased, forMs: 5000 }, now);
    for (const c of CLASSES.toReversed()) {
      due[c] = (due[c] ?? 0) + offered[c] / 100;
      for (; (due[c] ?? 0) >= 1; due[c] = (due[c] ?? 0) - 1) if (admission.take(c, 1, now) && ms >= 5000) passed[c]++;
    }
  }
  return [passed[0] / (seconds - 5), passed[1] / (seconds - 5), passed[2] / (seconds - 5), passed[3] / (seconds - 5)];
}

/** Units of this class that pass within some time when everything is asked for. */
function passes(admission: Admission, serviceClass: ClassOfService, fromMs: number, toMs: number): number {
  let passed = 0;
  for (let ms = fromMs; ms < toMs; ms += 10) while (admission.take(serviceClass, 1, NOW + ms)) passed++;
  return passed;
}

describe("a lease", () => {
  it("lets doctors through untouched while strangers flood", () => {
    const [p0, p1, , p3] = run([30, 25, 0, 5000]);
    expect(p0).toBeCloseTo(30, 0);
    expect(p1).toBeCloseTo(25, 0);
    expect(p3).toBeLessThanOrEqual(46);
  });

  it("keeps the share of the middle classes against those below them", () => {
    const [p0, p1, p2] = run([0, 35, 15, 5000]);
    expect(p0).toBe(0);
    expect(p1).toBeCloseTo(35, 0);
    expect(p2).toBeCloseTo(15, 0);
  });

  it("wastes nothing: one class alone may have nearly all", () => {
    expect(run([0, 0, 0, 500])[3]).toBeGreaterThan(90);
    expect(run([500, 0, 0, 0])[0]).toBeGreaterThan(90);
  });

  it("never passes more than it says, plus what buckets hold", () => {
    const load = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(
        fc.tuple(load, load, load, load),
        (offered) => run(offered, 8).reduce((sum, units) => sum + units, 0) <= 100 + 170 / 3,
      ),
      { numRuns: 30 },
    );
  });

  it("of one unit in ten seconds passes that one, and a request that is dearer than all that is ever held", () => {
    const admission = new Admission(100);
    admission.lease({ number: 1, perSecond: [0, 0, 0, 0.1], forMs: 60_000 }, NOW);
    let passed = 0;
    for (let ms = 0; ms < 60_000; ms += 100) if (admission.take(3, 5, NOW + ms)) passed++;
    // 5 units are let in on a full bucket of 1 and paid off afterwards.
    expect(passed).toBe(1);
  });

  it("runs out: three quarters of it hold for half a minute, and counts from when it was asked for", () => {
    const admission = new Admission(100);
    admission.take(0, 0.1, NOW);
    admission.lease({ number: 1, perSecond: SHARES, forMs: 5000 }, NOW);
    expect(admission.usable(NOW + 5000)).toEqual(SHARES);
    expect(admission.usable(NOW + 5001)).toEqual([30, 26.25, 11.25, 7.5]);
    expect(admission.usable(NOW + 35_000)).toEqual([30, 26.25, 11.25, 7.5]);
    expect(admission.usable(NOW + 35_001)[3]).toBeLessThan(1);
  });
});

describe("before the first lease", () => {
  it("strangers get nothing and proven people a few requests, however long they try", () => {
    expect(passes(new Admission(100), 3, 0, FIRST_LEASE_WITHIN_MS)).toBe(0);
    expect(passes(new Admission(100), 2, 0, FIRST_LEASE_WITHIN_MS)).toBe(0);
    expect(passes(new Admission(100), 0, 0, FIRST_LEASE_WITHIN_MS)).toBe(FIRST_UNITS);
    expect(passes(new Admission(100), 1, 0, FIRST_LEASE_WITHIN_MS)).toBe(FIRST_UNITS);
  });

  it("an isolate that hears of nobody helps itself, with little at first", () => {
    const admission = new Admission(600);
    passes(admission, 3, 0, FIRST_LEASE_WITHIN_MS + 10);
    expect(passes(admission, 3, FIRST_LEASE_WITHIN_MS + 10, FIRST_LEASE_WITHIN_MS + 1000)).toBeLessThan(10);
    expect(passes(admission, 3, 10_000, 11_000)).toBeGreaterThan(60);
  });

  it("a first lease fills the doctors' buckets and not the strangers'", () => {
    const admission = new Admission(100);
    admission.lease({ number: 1, perSecond: [10, 0, 10, 10], forMs: 5000 }, NOW);
    expect(admission.take(0, 18, NOW)).toBe(true);
    expect(admission.take(3, 1, NOW)).toBe(false);
  });
});

describe("when the origin answers that it cannot", () => {
  const braked = (serviceClass: ClassOfService): number => {
    const admission = new Admission(100);
    const perSecond = CLASSES.map((c) => (c === serviceClass ? 40 : 0));
    admission.lease({ number: 1, perSecond, forMs: 60_000 }, NOW);
    for (let ms = 0; ms < 3000; ms += 50) {
      admission.take(serviceClass, 0.01, NOW + ms);
      admission.noteAnswer(true, NOW + ms - 5, NOW + ms);
    }
    return passes(admission, serviceClass, 3000, 4000);
  };

  it("strangers are held back at once, doctors hardly", () => {
    expect(braked(3)).toBeLessThanOrEqual(8);
    expect(braked(0)).toBeGreaterThan(20);
  });

  it("single failures among many answers change nothing", () => {
    const admission = new Admission(100);
    admission.lease({ number: 1, perSecond: SHARES, forMs: 60_000 }, NOW);
    for (let i = 0; i < 200; i++) admission.noteAnswer(i % 20 === 0, NOW + i * 10 - 5, NOW + i * 10);
    expect(passes(admission, 3, 2000, 4000)).toBeGreaterThan(150);
  });
});

import { describe, expect, it } from "vitest";
import { Capacity, delayAt, type Fate, goodput, MAX_IN_FLIGHT } from "./capacity.ts";

const START = 1_800_000_000_000;

/** Offers `perSecond` requests of one unit, evenly, and returns the fates of those in the last second. */
function offerFor(capacity: Capacity, perSecond: number, seconds: number, from = START): Fate[] {
  const fates: Fate[] = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const now = from + (n * 1000) / perSecond;
    const fate = capacity.offer(1, now, 0);
    capacity.settle(1, fate.served, now);
    if (n >= perSecond * (seconds - 1)) fates.push(fate);
  }
  return fates;
}

function servedIn(fates: readonly Fate[]): number {
  return fates.filter(({ served }) => served).length;
}

function percentile(fates: readonly Fate[], share: number): number {
  const delays = fates.map(({ delayMs }) => delayMs).sort((one, other) => one - other);
  return delays[Math.floor(delays.length * share)] ?? 0;
}

describe("capacity of the demo portal", () => {
  it("serves everybody within 15 to 60 ms at a quarter of its capacity", () => {
    const fates = offerFor(new Capacity(600), 150, 5);
    expect(servedIn(fates)).toBe(150);
    expect(percentile(fates, 0)).toBeGreaterThanOrEqual(15);
    expect(percentile(fates, 1 - 1e-9)).toBeLessThanOrEqual(60);
  });

  it("serves everybody at capacity, p95 about 250 ms", () => {
    const fates = offerFor(new Capacity(600), 595, 5);
    expect(servedIn(fates)).toBe(595);
    expect(percentile(fates, 0.95)).toBeGreaterThan(200);
    expect(percentile(fates, 0.95)).toBeLessThan(275);
  });

  it("doubles its latency with each tenth beyond capacity, up to 30 s", () => {
    const queue = (strain: number) => delayAt(strain, 0, 0.95) - 15;
    expect(queue(1.1) / queue(1)).toBeCloseTo(2, 1);
    expect(queue(1.5) / queue(1)).toBeCloseTo(32, 0);
    expect(delayAt(2.5, 5, 1)).toBe(30_000);
  });

  it("falls to a fifth of its capacity at 150 %, and to next to nothing beyond", () => {
    expect(goodput(1)).toBe(1);
    expect(goodput(1.5)).toBeCloseTo(0.2);
    expect(servedIn(offerFor(new Capacity(600), 900, 5))).toBeGreaterThan(0.17 * 600);
    expect(servedIn(offerFor(new Capacity(600), 900, 5))).toBeLessThan(0.23 * 600);
    expect(servedIn(offerFor(new Capacity(600), 3000, 5))).toBeLessThan(0.01 * 600);
  });

  it("does not spare the doctors in a flood", () => {
    const capacity = new Capacity(600);
    let served = 0;
    for (let n = 0; n < 12_000; n++) {
      const fate = capacity.offer(1, START + n / 3, 0);
      if (n > 3000 && n % 50 === 0 && fate.served) served += 1;
    }
    expect(served).toBeLessThanOrEqual(3);
  });

  it("needs some seconds after a flood, then is itself again", () => {
    const capacity = new Capacity(600);
    offerFor(capacity, 6000, 5);
    const share = (from: number) => servedIn(offerFor(capacity, 200, 1, from)) / 200;
    const after = Array.from({ length: 10 }, (_, second) => share(START + 5000 + second * 1000));
    expect(after[1]).toBeLessThan(0.2);
    expect(after.findIndex((each) => each > 0.99)).toBeGreaterThanOrEqual(4);
    expect(after[9]).toBe(1);
  });

  it("refuses at the door when it holds too many requests, at once", () => {
    expect(new Capacity(600).offer(1, START, MAX_IN_FLIGHT)).toEqual({ served: false, delayMs: 15 });
  });

  it("serves what is static all the time, and it weighs nothing", () => {
    const capacity = new Capacity(600);
    for (let n = 0; n < 5000; n++) capacity.offer(0, START + n, 0);
    expect(capacity.measure(START + 5000).load).toBe(0);
    offerFor(capacity, 3000, 2, START + 6000);
    expect(capacity.offer(0, START + 8000, 0)).toEqual({ served: true, delayMs: 15 });
  });

  it("has no limit and no delay when the capacity is 0", () => {
    const fates = offerFor(new Capacity(0), 5000, 2);
    expect(fates.every(({ served, delayMs }) => served && delayMs === 0)).toBe(true);
  });

  it("tells the same day twice", () => {
    expect(offerFor(new Capacity(600), 800, 3)).toEqual(offerFor(new Capacity(600), 800, 3));
  });

  it("reports each second of the last 300", () => {
    const capacity = new Capacity(600);
    offerFor(capacity, 100, 400);
    const series = capacity.series(START + 399_999);
    expect(series).toHaveLength(300);
    expect(series.at(-1)).toEqual({ second: START / 1000 + 399, offeredUnits: 100, servedUnits: 100, failed: 0 });
  });
});

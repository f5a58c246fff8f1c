/** The controller before the demo portal's own model of what it bears, whose capacity halves and returns. */
import { expect, it } from "vitest";
import type { SiteSummary } from "../../src/counters/protocol.ts";
import { initialState, steer } from "../../src/watch/controller.ts";
import { Capacity } from "../portal/capacity.ts";

const NOW = 1_800_000_000_000;
const CONFIGURED = 600;
/** What is ordered is felt so much later: isolates hear of it with their exchanges. */
const DELAY_S = 2;

/** More is wanted than is ever given. One entry a second: what was allowed, and what share of it was served. */
function run(capacityAt: (second: number) => number, seconds: number) {
  let state = initialState(CONFIGURED);
  const orders: number[] = [];
  const leaving: number[] = [];
  let capacity = new Capacity(capacityAt(0));
  let inFlight = 0;
  const rows: { readonly allowed: number; readonly servedShare: number }[] = [];
  for (let second = 0; second < seconds; second++) {
    if (capacity.unitsPerSecond !== capacityAt(second)) capacity = new Capacity(capacityAt(second));
    const given = Math.round(orders[second - DELAY_S] ?? CONFIGURED);
    let [served, failed, left, residenceMs] = [0, 0, 0, 0];
    for (let i = 0; i < given; i++) {
      const now = NOW + second * 1000 + Math.floor((i * 1000) / given);
      const fate = capacity.offer(1, now, inFlight);
      // Who leaves is counted in the second in which that is; the time until then in that too.
      const at = second + Math.floor(fate.delayMs / 1000);
      leaving[at] = (leaving[at] ?? 0) + 1;
      inFlight++;
      residenceMs += Math.min(fate.delayMs, 1000);
      if (fate.served) served++;
      else failed++;
    }
    left = leaving[second] ?? 0;
    residenceMs += Math.max(0, inFlight - given) * 1000;
    inFlight = Math.max(0, inFlight - left);
    const summary: SiteSummary = {
      site: "portal",
      capacityPerSecond: CONFIGURED,
      overMs: 1000,
      wanted: [0, 0, 0, 1000],
      sent: [0, 0, 0, given],
      turnedAway: 0,
      forwarded: given,
      failed,
      residenceMs: [0, 0, 0, residenceMs],
      left: [0, 0, 0, left],
    };
    state = steer(state, summary, NOW + second * 1000);
    orders.push(state.allowedPerSecond);
    rows.push({ allowed: state.allowedPerSecond, servedShare: served / Math.max(1, given) });
  }
  return rows;
}

it("configured capacity holds while the origin bears it to the full", () => {
  for (const { allowed } of run(() => CONFIGURED, 120)) expect(allowed).toBeGreaterThanOrEqual(0.9 * CONFIGURED);
});

it("finds half the capacity, stays with it, and finds the whole again", () => {
  const rows = run((second) => (second >= 30 && second < 180 ? CONFIGURED / 2 : CONFIGURED), 300);
  const settled = rows.slice(75, 180);
  const mean = settled.reduce((sum, { allowed }) => sum + allowed, 0) / settled.length;
  expect(mean).toBeGreaterThan(0.6 * (CONFIGURED / 2));
  expect(mean).toBeLessThanOrEqual(1.1 * (CONFIGURED / 2));
  const served = settled.reduce((sum, { servedShare }) => sum + servedShare, 0) / settled.length;
  expect(served).toBeGreaterThan(0.9);
  for (const { allowed } of rows.slice(230)) expect(allowed).toBeGreaterThanOrEqual(0.9 * CONFIGURED);
});

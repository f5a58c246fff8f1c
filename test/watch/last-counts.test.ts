/** The last counts of a flood after which nobody came for long: they must not be told as those of the second in which somebody comes. */
import { expect, it } from "vitest";
import type { SiteSummary } from "../../src/counters/protocol.ts";
import { Shard } from "../../src/counters/shard.ts";
import { Lookout } from "../../src/watch/lookout.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const counts = (turnedAway: number): SiteSummary => ({
  ...{
    site: "portal",
    capacityPerSecond: 600,
    overMs: 1000,
    wanted: [0, 0, 0, 1],
    turnedAway,
    forwarded: 1,
    failed: 0,
  },
});

it("a shard forgets what it could not tell before a silence", () => {
  const shard = new Shard({ shard: 0, count: 1, ownEntries: 64, foreignEntries: 64 });
  const report = (turnedAway: number, now: number) =>
    shard.exchange(
      {
        isolate: "one",
        spendings: { keys: new Uint32Array(0), spentMs: new Float64Array(0) },
        sites: [counts(turnedAway)],
      },
      now,
    );
  report(5000, NOW);
  report(0, NOW + 1000);
  expect(shard.summaries(NOW + 1000)[0]?.turnedAway).toBe(5000);
  report(5000, NOW + 2000);
  report(0, NOW + HOUR_MS);
  expect(shard.summaries(NOW + HOUR_MS)[0]?.turnedAway).toBe(0);
});

it("the watch does, so the first visitor after it meets no guard for its sake", () => {
  const lookout = new Lookout(NOW);
  const report = (turnedAway: number, now: number) =>
    lookout.report({ shard: 0, isolates: 1, sites: [counts(turnedAway)] }, now);
  report(0, NOW);
  report(100_000, NOW + 500); // between two steps of the controller
  report(0, NOW + HOUR_MS);
  expect(lookout.states().get("portal")).toMatchObject({ posture: "normal", allowedPerSecond: 600 });
  expect(lookout.states().get("portal")?.demandPerSecond).toBeLessThan(10);
});

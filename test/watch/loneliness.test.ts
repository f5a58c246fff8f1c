/** How long isolates counted on their own, on its way from them by their shards to whoever asks the watch. */
import { expect, it } from "vitest";
import type { SiteSummary } from "../../src/counters/protocol.ts";
import { Shard } from "../../src/counters/shard.ts";
import { Desk } from "../../src/desk.ts";
import { compile } from "../../src/policy/compile.ts";
import rules from "../../src/rules.ts";
import { Lookout } from "../../src/watch/lookout.ts";

const NOW = 1_800_000_000_000;
const NOTHING_SPENT = { keys: new Uint32Array(0), spentMs: new Float64Array(0) };

function summaries(aloneMs: number): readonly SiteSummary[] {
  return compile(rules).sites.map((site, i) => ({ ...new Desk(site).summarize(NOW), ...(i === 0 ? { aloneMs } : {}) }));
}

it("adds up over isolates, shards and time, and what was told once is not told again", () => {
  const lookout = new Lookout(NOW);
  const shards = [0, 1].map((shard) => new Shard({ shard, count: 2 }));
  const report = (now: number) => {
    for (const [number, shard] of shards.entries())
      lookout.report({ shard: number, isolates: shard.isolates, sites: shard.summaries(now) }, now);
  };
  for (const [i, aloneMs] of [4000, 0, 9000].entries())
    shards[i % 2]?.exchange({ isolate: `${i}`, spendings: NOTHING_SPENT, sites: summaries(aloneMs) }, NOW);
  expect(lookout.loneliness).toEqual({ since: NOW, ms: 0, lastToldAt: null });
  report(NOW + 1000);
  report(NOW + 2000);
  expect(lookout.loneliness).toEqual({ since: NOW, ms: 13_000, lastToldAt: NOW + 1000 });
  shards[1]?.exchange({ isolate: "1", spendings: NOTHING_SPENT, sites: summaries(500) }, NOW + 3000);
  report(NOW + 4000);
  expect(lookout.loneliness).toEqual({ since: NOW, ms: 13_500, lastToldAt: NOW + 4000 });
});

it("is nothing for reports of an older Worker, which say nothing of it", () => {
  const lookout = new Lookout(NOW);
  const older = summaries(0).map(({ aloneMs: _, ...summary }) => summary);
  lookout.report({ shard: 0, isolates: 1, sites: older }, NOW);
  expect(lookout.loneliness.ms).toBe(0);
});

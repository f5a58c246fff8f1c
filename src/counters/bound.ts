/**
 * How much can pass beyond a budget while counts are under way. Counting is fast, not instant; this says by how much, and
 * test/counters/bound.test.ts holds the code to it over random isolates, delays, evictions and restarts.
 */
import type { Spend } from "./gcra.ts";

export interface Circumstances {
  /** Isolates that see the client. */
  readonly isolates: number;
  /** From a spend in one isolate until all others that see the client know, ms. */
  readonly newsDelayMs: number;
  /** Isolates that were evicted and came back empty; their last interval is lost with them. */
  readonly evictions?: number;
  /** Restarts of a shard, which forget what it knew. */
  readonly shardRestarts?: number;
  /** Exchanges and handovers whose report was lost, or whose answer was and so told nothing. */
  readonly lostExchanges?: number;
}

/**
 * Units that may pass beyond burst + rate × time, in any span of time.
 *
 * One isolate alone holds a client to the budget exactly. Of several, each admits until the news arrives
 *     one share = 2 × burst + rate × news delay + 1
 * (twice the burst: an isolate that pauses right after its first report heard its home shard's view alone, and learns the
 * owner's with its second). The debt is remembered and must be waited off, so the shares come once, not once a second:
 *     (isolates − 1 + evictions + lost exchanges) × share + shard restarts × isolates × share.
 * An eviction forgets one isolate's knowledge, a restart at worst what all of them had told.
 *
 * A strict budget is held by this bound too, as every request that passes it is in the tallies as well. It reaches above the
 * budget only by what passes while nobody can say what was granted: as long as its shard does not answer, and for
 * `recoveryMs` (strict-grants.ts; 6 to 16 s with the shipped rules) after that restarted. Else it is never exceeded.
 */
export function overAdmissionBound(spend: Spend, circumstances: Circumstances): number {
  const { isolates, newsDelayMs, evictions = 0, shardRestarts = 0, lostExchanges = 0 } = circumstances;
  const burst = spend.toleranceMs / spend.incrementMs;
  const share = 2 * burst + newsDelayMs / spend.incrementMs + 1;
  return (isolates - 1 + evictions + lostExchanges + shardRestarts * isolates) * share;
}

/** Units that the budget itself lets pass in a span of time. */
export function budgetOver(spend: Spend, ms: number): number {
  return (spend.toleranceMs + ms) / spend.incrementMs;
}

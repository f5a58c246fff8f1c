/**
 * What the watch knows and says, without the platform: shards report about once a second, and get back the posture of each
 * site and their part of what its origin bears. Pure but for its own memory, which is bounded; time is passed in.
 */
import { addSummaries, needOf, type SiteOrders, type SiteSummary } from "../counters/protocol.ts";
import { LineKeeper } from "../waiting/lines.ts";
import { initialState, type SiteState, steer } from "./controller.ts";

const STEER_EVERY_MS = 1000;
const SHARD_GONE_AFTER_MS = 5000;
const SITES_MAX = 64;

export interface ShardReport {
  readonly shard: number;
  readonly isolates: number;
  readonly sites: readonly SiteSummary[];
  /** Which list of revocations the shard knows. */
  readonly revocationsVersion?: number;
}

interface Site {
  state: SiteState;
  readonly lines: LineKeeper;
  pending: SiteSummary | undefined;
  /** Demand by shard, units a second, for dividing the lease. */
  readonly demand: Map<number, { perSecond: number; at: number }>;
}

export class Lookout {
  readonly #sites = new Map<string, Site>();
  #steeredAt = 0;

  report({ shard, sites }: ShardReport, now: number): readonly SiteOrders[] {
    for (const summary of sites) {
      const site = this.#siteFor(summary, now);
      if (!site) continue;
      site.pending = addSummaries(site.pending, summary);
      site.demand.set(shard, { perSecond: (needOf(summary) * 1000) / Math.max(summary.overMs, 500), at: now });
    }
    if (now - this.#steeredAt >= STEER_EVERY_MS) this.#steer(now);
    return [...this.#sites].map(([name, site]) => ({
      site: name,
      posture: site.state.posture,
      because: site.state.because,
      unitsPerSecond: site.state.allowedPerSecond * shareOf(site, shard),
      lines: site.lines.orders(now),
    }));
  }

  #siteFor(summary: SiteSummary, now: number): Site | undefined {
    const known = this.#sites.get(summary.site);
    if (known || this.#sites.size >= SITES_MAX) return known;
    const site: Site = {
      state: initialState(summary.capacityPerSecond),
      lines: new LineKeeper(now),
      pending: undefined,
      demand: new Map(),
    };
    this.#sites.set(summary.site, site);
    return site;
  }

  #steer(now: number): void {
    const overMs = Math.min(now - this.#steeredAt, SHARD_GONE_AFTER_MS);
    this.#steeredAt = now;
    for (const site of this.#sites.values()) {
      for (const [shard, { at }] of site.demand) if (now - at > SHARD_GONE_AFTER_MS) site.demand.delete(shard);
      if (site.pending)
        site.state = steer(site.state, { ...site.pending, overMs: Math.max(overMs, site.pending.overMs) }, now);
      if (site.pending) site.lines.move(site.pending, site.state.allowedPerSecond, Math.max(1, overMs / 1000), now);
      site.pending = undefined;
    }
  }
}

/** A fifth evenly, the rest by demand: a shard that wakes up finds something. */
function shareOf({ demand }: Site, shard: number): number {
  let all = 0;
  for (const { perSecond } of demand.values()) all += perSecond;
  const even = 1 / Math.max(1, demand.size);
  return all > 0 ? 0.2 * even + 0.8 * ((demand.get(shard)?.perSecond ?? 0) / all) : even;
}

/**
 * What the watch knows and says, without the platform: shards report about once a second, and get back the posture of each
 * site and a lease of what its origin bears. Pure but for its own memory, which is bounded; time is passed in.
 *
 * A lookout that starts again does not know to whom the one before leased what. All of it counts as out until those who hold it
 * report, or it must have run out; a shard that started anew as well says what its isolates came with. A shard that holds
 * nothing gets what surely was not leased. The exceptions to what leases promise: until then a new shard's proven people get an
 * even part all the same, a sixteenth of theirs; and what the two lives of a shard hold that started anew less than a minute
 * before may be counted once (test/counters/leases.test.ts).
 */
import { LeaseBook } from "../counters/lease-book.ts";
import type { KnownLists } from "../counters/operators-lists.ts";
import { addSummaries, type SiteOrders, type SiteSummary } from "../counters/protocol.ts";
import { NO_RATES, plus, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import { LineKeeper } from "../waiting/lines.ts";
import { initialState, type SiteState, steer } from "./controller.ts";
import { poolsFor } from "./pools.ts";

const STEER_EVERY_MS = 1000;
const STEER_OVER_MS_MAX = 2000;
const SHARD_GONE_AFTER_MS = 5000;
const SITES_MAX = 64;
/** Six reports of a shard. What a shard leases on ends no later. */
export const SHARD_LEASE_MS = 6000;
/** Clocks of two machines on which the same object runs one after the other. */
export const CLOCK_SKEW_MS = 1000;
/** Of proven clients' classes the spare is shared among so many shards at least. */
const PROVEN_PARTS_MIN = 3;
/** A shard that has fallen silent counts with all that it held: what its isolates use is no more, floors and leases together. */
const SHARD_FLOOR_SHARE = 1;
/** Shards that may come to an incomplete book at once. */
const NEW_SHARDS = 16;

/** A shard's report, and which of the operators' lists it knows. */
export interface ShardReport extends KnownLists {
  readonly shard: number;
  /** Random, new with each start of the shard: leases of its earlier lives are still out. */
  readonly incarnation?: string;
  readonly isolates: number;
  readonly sites: readonly SiteSummary[];
}

/** A metric: isolates that could not reach their shard, and had nobody's counts but their own. */
export interface Loneliness {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Of all isolates together. One that is on its own says so once it no longer is. */
  readonly ms: number;
  /** When the last one said so, ms since 1970; null when none did. */
  readonly lastToldAt: number | null;
}

/** What a site's pools were at the most lately, by class: kept by whoever runs the lookout, for the one after it. */
export type Leased = ReadonlyMap<string, Rates>;

interface Site {
  state: SiteState;
  readonly lines: LineKeeper;
  pending: SiteSummary | undefined;
  readonly book: LeaseBook;
  pools: Rates;
  /** What each shard needs. */
  readonly need: Map<number, { readonly need: Rates; readonly at: number }>;
}

export class Lookout {
  readonly #sites = new Map<string, Site>();
  /** By then the leases of an earlier lookout have run out. */
  readonly #learnsUntil: number;
  readonly #leasedBefore: Leased;
  #steeredAt = 0;
  #loneliness: Loneliness;

  /** @param leasedBefore what an earlier lookout may have leased; empty when there was none */
  constructor(now: number, leasedBefore: Leased = new Map()) {
    this.#learnsUntil = now + SHARD_LEASE_MS + CLOCK_SKEW_MS;
    this.#leasedBefore = leasedBefore;
    this.#loneliness = { since: now, ms: 0, lastToldAt: null };
  }

  /** How long isolates counted on their own, as far as they said so since this lookout began. */
  get loneliness(): Loneliness {
    return this.#loneliness;
  }

  report({ shard, incarnation, sites }: ShardReport, now: number): readonly SiteOrders[] {
    // Counts of before a silence tell nothing of now: an old flood must not put anybody on guard.
    if (now - this.#steeredAt > SHARD_GONE_AFTER_MS) for (const site of this.#sites.values()) site.pending = undefined;
    for (const summary of sites) {
      this.#noteLoneliness(summary.aloneMs ?? 0, now);
      const site = this.#siteFor(summary, now);
      if (!site) continue;
      site.pending = addSummaries(site.pending, summary);
      site.need.set(shard, { need: ratesFrom(summary.need ?? summary.wanted), at: now });
    }
    if (now - this.#steeredAt >= STEER_EVERY_MS) this.#steer(now);
    return [...this.#sites].map(([name, site]) => {
      const claim = sites.find((summary) => summary.site === name);
      const lease = claim ? this.#lease(name, site, `${shard} ${incarnation}`, claim, now) : null;
      const { posture, because, allowedPerSecond } = site.state;
      return {
        site: name,
        posture,
        because,
        unitsPerSecond: lease ? totalOf(ratesFrom(lease.perSecond)) : 0,
        lease,
        allowedPerSecond,
        lines: site.lines.orders(now),
      };
    });
  }

  /** What is leased out, or may be, at the most: units a second by site and class. */
  leased(now: number): Leased {
    return new Map([...this.#sites].map(([name, { book }]) => [name, book.exposure(now)]));
  }

  /** What was decided for each site. */
  states(): ReadonlyMap<string, SiteState> {
    return new Map([...this.#sites].map(([name, { state }]) => [name, state]));
  }

  #noteLoneliness(aloneMs: number, now: number): void {
    if (!(aloneMs > 0)) return;
    const { since, ms } = this.#loneliness;
    this.#loneliness = { since, ms: ms + aloneMs, lastToldAt: now };
  }

  #lease(name: string, site: Site, who: string, { need, lease, wanted }: SiteSummary, now: number) {
    const claim = {
      need: ratesFrom(need ?? wanted),
      held: ratesFrom(lease?.held),
      number: lease?.number ?? 0,
      lapsed: lease?.lapsed ?? false,
      brought: ratesFrom(lease?.brought),
    };
    const learning = this.#leasedBefore.has(name) && now < this.#learnsUntil;
    return site.book.grant(who, claim, site.pools, SHARD_LEASE_MS, now, learning ? provenPart(site.pools) : NO_RATES);
  }

  #siteFor(summary: SiteSummary, now: number): Site | undefined {
    const known = this.#sites.get(summary.site);
    if (known || this.#sites.size >= SITES_MAX) return known;
    const state = initialState(summary.capacityPerSecond);
    const site: Site = {
      state,
      lines: new LineKeeper(now),
      pending: undefined,
      book: new LeaseBook(now, PROVEN_PARTS_MIN, SHARD_FLOOR_SHARE),
      pools: poolsFor(state.allowedPerSecond, NO_RATES, state.posture),
      need: new Map(),
    };
    const before = this.#leasedBefore.get(summary.site);
    if (before) site.book.remember(before, this.#learnsUntil);
    this.#sites.set(summary.site, site);
    return site;
  }

  #steer(now: number): void {
    // By our own clock: an isolate that was idle reports over an hour what came in the last second.
    const overMs = Math.min(Math.max(STEER_EVERY_MS, now - this.#steeredAt), STEER_OVER_MS_MAX);
    this.#steeredAt = now;
    for (const site of this.#sites.values()) {
      let need = NO_RATES;
      for (const [shard, told] of site.need) {
        if (now - told.at > SHARD_GONE_AFTER_MS) site.need.delete(shard);
        else need = plus(need, told.need);
      }
      const { posture } = site.state;
      if (site.pending) site.state = steer(site.state, { ...site.pending, overMs }, now);
      if (site.pending) site.lines.move(site.pending, site.state.allowedPerSecond, overMs / 1000, now);
      if (posture === "normal" && site.state.posture !== "normal") site.lines.disband();
      site.pending = undefined;
      site.pools = poolsFor(site.state.allowedPerSecond, need, site.state.posture);
      site.book.sweep(now);
    }
  }
}

/**
 * What one shard without a lease gets while earlier leases may be out: of P0 and P1 an even part, of the rest what is free.
 * They are proven people, who ask one isolate or another, so what was leased to those that are gone is not used twice.
 */
function provenPart([p0, p1]: Rates): Rates {
  return [p0 / NEW_SHARDS, p1 / NEW_SHARDS, 0, 0];
}

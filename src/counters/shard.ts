/**
 * What one shard of the counters knows and says, without the platform: ClientCounter gives it a clock, storage and the way
 * to other shards, the model and the property tests run it as it is.
 *
 * An isolate reports with `exchange`. After one, when `msUntilHandover` is over, whoever runs the shard takes `handovers`,
 * brings each to its owner's `merge` and the answer back with `learn`. Where `watchDue` says so it takes `summaries` to the
 * watch as well, whose orders come back with `obey`. Nothing here waits, and all memory is bounded.
 */
import type { RevocationList } from "../identity/revocations.ts";
import { Ledger, type Spendings } from "./ledger.ts";
import {
  addSummaries,
  type ExchangeReply,
  type ExchangeReport,
  needOf,
  type SiteOrders,
  type SiteSummary,
} from "./protocol.ts";

/** How many shards the product runs: few and warm, however many clients. */
export const SHARD_COUNT = 16;
/** 2^19 entries × 34 bytes: 18 MB of the object's 128 for keys that are ours, half of it for other shards' keys. */
const OWN_ENTRIES = 2 ** 19;
const FOREIGN_ENTRIES = 2 ** 18;
/** One handover tells all owners together of so many keys: 1 MB on the wire, some 10 ms of work. */
const KEYS_PER_HANDOVER = 65_536;
/** At 16 shards 480 handovers/s between all of them: the price for news in less than 5 s at the worst. */
const HANDOVER_EVERY_MS = 500;
const WATCH_EVERY_MS = 1000;
const EXCHANGE_EVERY_MS = 1000;
/** Half of what an object bears (about 1,000 calls/s, platform documentation): the rest is for merges and spent puzzles. */
const EXCHANGES_PER_SECOND_MAX = 400;
const SWEEP_EVERY_MS = 1000;
/** An isolate that missed so many of its exchanges is no longer counted. */
const MISSED_UNTIL_GONE = 5;
const ISOLATES_MAX = 4096;
const SITES_MAX = 64;
/** What reports ask of a budget is decided in the isolate; here every spending of a foreign key is handed on. */
const TELL_EVERYTHING = 0;
const TELL_NOBODY = Number.POSITIVE_INFINITY;
/** Of a lease a fifth is divided evenly, so that nobody starves who wakes up, the rest by demand. */
const EVEN_SHARE = 0.2;

/** What this shard's isolates spent of keys that another shard owns. */
export interface Handover {
  readonly owner: number;
  readonly spendings: Spendings;
}

/** The shard that owns a key: its bits were keyed, so nobody can aim at a shard. */
export function ownerOf(hi: number, count: number): number {
  return hi % count;
}

export interface ShardOptions {
  /** 0 to count − 1. */
  readonly shard: number;
  /** How many shards there are. */
  readonly count: number;
  /** Keys kept, for smaller tests; rounded up to a power of two. */
  readonly ownEntries?: number;
  readonly foreignEntries?: number;
}

interface KnownIsolate {
  at: number;
  /** By site, cost units a second. */
  demand: ReadonlyMap<string, number>;
}

export class Shard {
  readonly #shard: number;
  readonly #count: number;
  readonly #own: Ledger;
  readonly #foreign: Ledger;
  readonly #isolates = new Map<string, KnownIsolate>();
  /** Sum over all isolates, by site: kept up to date so that no exchange has to add up thousands. */
  readonly #demand = new Map<string, number>();
  #summaries = new Map<string, SiteSummary>();
  #orders: readonly SiteOrders[] = [];
  #revocations: RevocationList | null = null;
  #handedOverAt = 0;
  #toldWatchAt = 0;
  #sweptAt = 0;

  constructor({ shard, count, ownEntries = OWN_ENTRIES, foreignEntries = FOREIGN_ENTRIES }: ShardOptions) {
    this.#shard = shard;
    this.#count = count;
    this.#own = new Ledger(ownEntries, 1);
    this.#foreign = new Ledger(foreignEntries, Math.min(KEYS_PER_HANDOVER, foreignEntries));
  }

  /** How many isolates report here. */
  get isolates(): number {
    return this.#isolates.size;
  }

  /** One isolate's report in, what it should know out. */
  exchange(report: ExchangeReport, now: number): ExchangeReply {
    const tats = this.#spend(report.spendings, now);
    this.#note(report, now);
    const reply = { nextInMs: this.#paceMs(), tats, sites: this.#ordersFor(report.isolate) };
    const isNews = this.revocationsVersion > (report.revocationsVersion ?? 0);
    return this.#revocations && isNews ? { ...reply, revocations: this.#revocations } : reply;
  }

  /** Another shard hands over what its isolates spent of our keys, and learns where these stand. */
  merge(spendings: Spendings, now: number): Float64Array {
    return this.#spend(spendings, now);
  }

  /** How long to wait before the next handover, ms; 0 when it may go now. */
  msUntilHandover(now: number): number {
    return Math.max(0, this.#handedOverAt + HANDOVER_EVERY_MS - now);
  }

  /** Whether the watch is to be told with this handover. True at most once a second. */
  watchDue(now: number): boolean {
    if (now - this.#toldWatchAt < WATCH_EVERY_MS) return false;
    this.#toldWatchAt = now;
    return true;
  }

  /** Takes what is to be told to the owners, one for each. What gets lost on the way is one handover's worth. */
  handovers(now: number): readonly Handover[] {
    this.#handedOverAt = now;
    return splitByOwner(this.#foreign.collect(now), this.#count);
  }

  /** What the owner answered to a handover: from now on our isolates hear it. */
  learn({ spendings }: Handover, tats: Float64Array): void {
    this.#foreign.settle(spendings.keys, tats);
  }

  /** Takes what is to be told to the watch. */
  summaries(): readonly SiteSummary[] {
    const summaries = [...this.#summaries.values()];
    this.#summaries = new Map();
    return summaries;
  }

  /** Which list of revocations is known here; 0 for none. */
  get revocationsVersion(): number {
    return this.#revocations?.version ?? 0;
  }

  /** The watch's orders for this shard: divided among its isolates from now on. */
  obey(orders: readonly SiteOrders[]): void {
    this.#orders = orders.map(({ revocations, ...order }) => {
      if (revocations && revocations.version > this.revocationsVersion) this.#revocations = revocations;
      return order;
    });
  }

  #spend({ keys, spentMs }: Spendings, now: number): Float64Array {
    const tats = new Float64Array(spentMs.length);
    for (let i = 0; i < spentMs.length; i++) {
      const key = { hi: keys[2 * i] ?? 0, lo: keys[2 * i + 1] ?? 0 };
      const ours = ownerOf(key.hi, this.#count) === this.#shard;
      tats[i] = ours
        ? this.#own.spend(key, spentMs[i] ?? 0, TELL_NOBODY, now)
        : this.#foreign.spend(key, spentMs[i] ?? 0, TELL_EVERYTHING, now);
    }
    return tats;
  }

  /** The more isolates, the slower the pace: this shard is never called more often than it bears. */
  #paceMs(): number {
    return Math.max(EXCHANGE_EVERY_MS, Math.ceil((this.#isolates.size * 1000) / EXCHANGES_PER_SECOND_MAX));
  }

  #note({ isolate, sites }: ExchangeReport, now: number): void {
    const demand = new Map<string, number>();
    for (const summary of sites) {
      const known = this.#summaries.get(summary.site);
      if (!known && this.#summaries.size >= SITES_MAX) continue;
      this.#summaries.set(summary.site, addSummaries(known, summary));
      demand.set(summary.site, (needOf(summary) * 1000) / Math.max(summary.overMs, 100));
    }
    if (now - this.#sweptAt >= SWEEP_EVERY_MS) this.#sweep(now);
    const before = this.#isolates.get(isolate);
    if (!before && this.#isolates.size >= ISOLATES_MAX) return;
    for (const [site, perSecond] of demand)
      this.#demand.set(site, (this.#demand.get(site) ?? 0) + perSecond - (before?.demand.get(site) ?? 0));
    this.#isolates.set(isolate, { at: now, demand });
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    this.#demand.clear();
    const goneBefore = now - MISSED_UNTIL_GONE * this.#paceMs();
    for (const [id, { at, demand }] of this.#isolates) {
      if (at < goneBefore) this.#isolates.delete(id);
      else for (const [site, perSecond] of demand) this.#demand.set(site, (this.#demand.get(site) ?? 0) + perSecond);
    }
  }

  #ordersFor(isolate: string): readonly SiteOrders[] {
    const known = this.#isolates.get(isolate);
    const even = 1 / Math.max(1, this.#isolates.size);
    return this.#orders.map((order) => {
      const all = this.#demand.get(order.site) ?? 0;
      const mine = known?.demand.get(order.site) ?? 0;
      // An isolate beyond those we count gets its even part of nothing: it lives by its floor.
      const share = known === undefined ? 0 : all > 0 ? EVEN_SHARE * even + (1 - EVEN_SHARE) * (mine / all) : even;
      return { ...order, unitsPerSecond: order.unitsPerSecond * share };
    });
  }
}

function splitByOwner({ keys, spentMs }: Spendings, count: number): readonly Handover[] {
  const parts = Array.from({ length: count }, () => ({ keys: [] as number[], spentMs: [] as number[] }));
  for (let i = 0; i < spentMs.length; i++) {
    const hi = keys[2 * i] ?? 0;
    const part = parts[ownerOf(hi, count)];
    part?.keys.push(hi, keys[2 * i + 1] ?? 0);
    part?.spentMs.push(spentMs[i] ?? 0);
  }
  return parts.flatMap((part, owner) =>
    part.keys.length === 0
      ? []
      : [{ owner, spendings: { keys: Uint32Array.from(part.keys), spentMs: Float64Array.from(part.spentMs) } }],
  );
}

/**
 * What one shard of the counters knows and says, without the platform: ClientCounter gives it a clock, storage and the way
 * to other shards, the model and the property tests run it as it is.
 *
 * An isolate reports with `exchange`. After one, when `msUntilHandover` is over, whoever runs the shard takes `handovers`,
 * brings each to its owner's `merge` and the answer back with `learn`. Where `watchDue` says so it takes `summaries` to the
 * watch as well, whose orders come back with `obey`. Nothing here waits, and all memory is bounded.
 */
import { PassEndLog } from "../identity/pass-ends.ts";
import { CALLS_BORNE_PER_SECOND, CallsBorne } from "./call-pace.ts";
import { LeaseBook } from "./lease-book.ts";
import { Ledger, type Spendings } from "./ledger.ts";
import { after, type KnownLists, newsFor, type OperatorsLists, versionsOf } from "./operators-lists.ts";
import {
  addSummaries,
  type ExchangeReply,
  type ExchangeReport,
  needOf,
  type SiteOrders,
  type SiteSummary,
} from "./protocol.ts";
import { larger, NO_RATES, plus, type Rates, ratesFrom, totalOf } from "./rates.ts";

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
/** With its jitter three of these, two handovers and the calls between come to less than the 5 s that news may take. */
const EXCHANGE_EVERY_MS = 1150;
/** A first report tells of one request, and may come before the watch's first word: the next one follows sooner. */
const FIRST_PACE_MS = 250;
/** While proven people need more than this shard, or their isolate, was given, both ask again sooner. */
const HUNGRY_EVERY_MS = 400;
const SWEEP_EVERY_MS = 1000;
/** Counts of before such a silence are too old for the watch, which takes them for those of the last second. */
const SUMMARIES_KEPT_MS = 5000;
/** An isolate that missed so many of its exchanges is no longer counted. */
const MISSED_UNTIL_GONE = 5;
const ISOLATES_MAX = 4096;
const SITES_MAX = 64;
/** What reports ask of a budget is decided in the isolate; here every spending of a foreign key is handed on. */
const TELL_EVERYTHING = 0;
const TELL_NOBODY = Number.POSITIVE_INFINITY;
/** Of proven clients' classes the spare is shared among so many isolates at least. */
const PROVEN_PARTS_MIN = 2;
/** What an isolate's lease lasts: four missed exchanges. Never longer than what it is made of, the watch's lease. */
const ISOLATE_LEASE_MS = 5000;

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
  /** What it needs, by site. */
  need: ReadonlyMap<string, Rates>;
}

/** One site as a shard leases it out: what the watch leased to the shard, and to whom the shard leased that on. */
interface Tenancy {
  readonly book: LeaseBook;
  held: Rates;
  number: number;
  until: number;
}

const NO_TENANCY = { book: undefined, held: NO_RATES, number: 0, until: 0 };

export class Shard {
  readonly #shard: number;
  readonly #count: number;
  readonly #own: Ledger;
  readonly #foreign: Ledger;
  readonly #isolates = new Map<string, KnownIsolate>();
  readonly #tenancies = new Map<string, Tenancy>();
  #summaries = new Map<string, SiteSummary>();
  #orders: readonly SiteOrders[] = [];
  #orderedAt = 0;
  #lists: OperatorsLists = {};
  readonly #passEnds = new PassEndLog();
  readonly #calls = new CallsBorne();
  #handedOverAt = 0;
  #toldWatchAt = 0;
  /** When an isolate last reported. */
  #notedAt = 0;
  #hungry = false;
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
    this.#calls.note(now);
    const tats = this.#spend(report.spendings, now);
    const isFirst = !this.#isolates.has(report.isolate);
    this.#note(report, now);
    const sites = this.#ordersFor(report, now);
    const hunger = sites.map(({ site, lease }) => hungerOf(this.#isolates.get(report.isolate)?.need.get(site), lease));
    const isHungry = hunger.some((whose) => whose !== null);
    this.#hungry ||= isHungry;
    const mayComeEarly = this.#calls.promise(hunger.includes("proven"), now);
    const soon = mayComeEarly && (isHungry || isFirst || this.#orders.length === 0);
    const nextInMs = soon ? Math.max(FIRST_PACE_MS, this.#paceMs() / 3) : this.#paceMs();
    const passEnds = this.#passEnds.after(report.passEndsKnown ?? 0);
    return {
      nextInMs,
      firm: !mayComeEarly,
      tats,
      sites,
      ...newsFor(report, this.#lists),
      ...(passEnds ? { passEnds } : {}),
    };
  }

  /** Another shard hands over what its isolates spent of our keys, and learns where these stand. */
  merge(spendings: Spendings, now: number): Float64Array {
    return this.#spend(spendings, now);
  }

  /** How long to wait before the next handover, ms; 0 when it may go now. */
  msUntilHandover(now: number): number {
    return Math.max(0, this.#handedOverAt + HANDOVER_EVERY_MS - now);
  }

  /** Whether the watch is to be told with this handover: once a second, sooner while doctors want for something. */
  watchDue(now: number): boolean {
    if (now - this.#toldWatchAt < (this.#hungry ? HUNGRY_EVERY_MS : WATCH_EVERY_MS)) return false;
    this.#hungry = false;
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
  summaries(now: number): readonly SiteSummary[] {
    const summaries = [...this.#summaries.values()].map((summary): SiteSummary => {
      const { held, number, until, book } = this.#tenancies.get(summary.site) ?? NO_TENANCY;
      const exposed = book?.exposure(now) ?? NO_RATES;
      const lapsed = now > until;
      const lease = {
        number,
        held: lapsed ? exposed : larger(held, exposed),
        lapsed,
        brought: book?.brought ?? NO_RATES,
      };
      return { ...summary, need: this.#needOf(summary.site), lease };
    });
    this.#summaries = new Map();
    return summaries;
  }

  /** What is known here of what operators ordered, and of whose passes ended. */
  get known(): KnownLists {
    return { ...versionsOf(this.#lists), passEndsKnown: this.#passEnds.knownUntil };
  }

  /**
   * The watch's orders for this shard: its leases are leased on to the isolates from now on.
   *
   * @param askedAt when the watch was asked, ms: leases count from then
   */
  obey(orders: readonly SiteOrders[], askedAt: number): void {
    this.#orderedAt = askedAt;
    this.#orders = orders.map(({ revocations, bans, passEnds, ...order }) => {
      this.#lists = after(this.#lists, { ...(revocations && { revocations }), ...(bans && { bans }) });
      if (passEnds) this.#passEnds.learn(passEnds);
      return order;
    });
    for (const { site, lease } of orders) {
      const tenancy = this.#tenancyOf(site, askedAt);
      // An answer that was overtaken by a later one is void: the watch counts with the later.
      if (!lease || !tenancy || (lease.number <= tenancy.number && askedAt <= tenancy.until)) continue;
      tenancy.held = ratesFrom(lease.perSecond);
      tenancy.number = lease.number;
      tenancy.until = askedAt + lease.forMs;
    }
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
    return Math.max(EXCHANGE_EVERY_MS, Math.ceil((this.#isolates.size * 1000) / CALLS_BORNE_PER_SECOND));
  }

  #note({ isolate, sites }: ExchangeReport, now: number): void {
    // What came after the last word to the watch, and then nothing for long, tells nothing of now.
    if (now - this.#notedAt > SUMMARIES_KEPT_MS) this.#summaries.clear();
    this.#notedAt = now;
    const before = this.#isolates.get(isolate);
    const need = new Map<string, Rates>();
    for (const summary of sites) {
      const known = this.#summaries.get(summary.site);
      if (!known && this.#summaries.size >= SITES_MAX) continue;
      this.#summaries.set(summary.site, addSummaries(known, summary));
      need.set(summary.site, needOf(summary, before?.need.get(summary.site)));
    }
    if (now - this.#sweptAt >= SWEEP_EVERY_MS) this.#sweep(now);
    if (before || this.#isolates.size < ISOLATES_MAX) this.#isolates.set(isolate, { at: now, need });
  }

  #sweep(now: number): void {
    this.#sweptAt = now;
    const goneBefore = now - MISSED_UNTIL_GONE * this.#paceMs();
    for (const [id, { at }] of this.#isolates) if (at < goneBefore) this.#isolates.delete(id);
    for (const { book } of this.#tenancies.values()) book.sweep(now);
  }

  #needOf(site: string): Rates {
    let sum = NO_RATES;
    for (const { need } of this.#isolates.values()) sum = plus(sum, need.get(site) ?? NO_RATES);
    return sum;
  }

  #tenancyOf(site: string, now: number): Tenancy | undefined {
    const known = this.#tenancies.get(site);
    if (known || this.#tenancies.size >= SITES_MAX) return known;
    const tenancy: Tenancy = { book: new LeaseBook(now, PROVEN_PARTS_MIN), held: NO_RATES, number: 0, until: 0 };
    this.#tenancies.set(site, tenancy);
    return tenancy;
  }

  #ordersFor({ isolate, sites }: ExchangeReport, now: number): readonly SiteOrders[] {
    const toldMsAgo = Math.max(0, now - this.#orderedAt);
    return this.#orders.map((order) => {
      const summary = sites.find(({ site }) => site === order.site);
      const tenancy = this.#tenancies.get(order.site);
      const lasts = tenancy ? Math.min(ISOLATE_LEASE_MS, tenancy.until - now) : 0;
      const claim = {
        need: this.#isolates.get(isolate)?.need.get(order.site) ?? NO_RATES,
        held: ratesFrom(summary?.lease?.held),
        number: summary?.lease?.number ?? 0,
        lapsed: summary?.lease?.lapsed ?? false,
      };
      const lease = (summary && lasts > 0 && tenancy?.book.grant(isolate, claim, tenancy.held, lasts, now)) || null;
      return { ...order, toldMsAgo, lease, unitsPerSecond: lease ? totalOf(ratesFrom(lease.perSecond)) : 0 };
    });
  }
}

/** Whether proven people need more than they were given, or anybody something where nothing was given: who signs in is a stranger. */
function hungerOf(need: Rates | undefined, lease: SiteOrders["lease"]): "proven" | "strangers" | null {
  if (!need) return null;
  const given = ratesFrom(lease?.perSecond);
  if (need[0] > given[0] || need[1] > given[1]) return "proven";
  return (need[2] > 0 && given[2] === 0) || (need[3] > 0 && given[3] === 0) ? "strangers" : null;
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

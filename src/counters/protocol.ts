/**
 * What isolates, shards and the watch tell each other. Additive only: during a roll-out a new Worker talks to an old
 * object and the other way round, so fields are added, never renamed, and every reader stands a missing one.
 */

import type { PassEnds } from "../identity/pass-ends.ts";
import type { ManualModes } from "../policy/modes.ts";
import type { Posture } from "../policy/verdict.ts";
import { addLineCounts, type LineCounts, type Lines } from "../waiting/lines.ts";
import type { Errand, ErrandAnswers } from "./errands.ts";
import { addUses, type FacilityUse } from "./facility-use.ts";
import type { Lease } from "./lease-book.ts";
import type { Spendings } from "./ledger.ts";
import type { KnownLists, OperatorsLists } from "./operators-lists.ts";
import { combined, plus, type Rates, ratesFrom, scaledBy, totalOf } from "./rates.ts";

/** An isolate's report to its home shard, and which lists it knows. */
export interface ExchangeReport extends KnownLists {
  /** Random id of the isolate, new with each start. */
  readonly isolate: string;
  readonly spendings: Spendings;
  /** One for each site, in the order of the rules. */
  readonly sites: readonly SiteSummary[];
  /** What requests wait for. */
  readonly errands?: readonly Errand[];
}

/** With those lists that are new to the isolate. */
export interface ExchangeReply extends OperatorsLists {
  /** When the shard wants to hear from this isolate again, ms; the isolate adds jitter. */
  readonly nextInMs: number;
  /** Not sooner, whatever waits: the shard has no room. Left out by older shards. */
  readonly firm?: boolean;
  /** TATs of the keys that were reported, in the same order. */
  readonly tats: Float64Array;
  readonly sites: readonly SiteOrders[];
  /** Only for an isolate that does not know of the last sign-outs. */
  readonly passEnds?: PassEnds;
  /** Missing from a shard that runs none yet: then the isolate asks the owners itself. */
  readonly errands?: ErrandAnswers;
}

/** What a site's requests came to since the last report. Cost units, unless it says otherwise. */
export interface SiteSummary {
  readonly site: string;
  /** What the origin bears by configuration, units a second: tells the watch about a new site or value. */
  readonly capacityPerSecond: number;
  /** Time that the figures cover, ms. */
  readonly overMs: number;
  /** Wanted from the origin by class of service, P0 to P3: forwarded or turned away for want of room. */
  readonly wanted: readonly number[];
  /** Turned away by challenge, limit, block or closed. */
  readonly turnedAway: number;
  /** Wanted by people who stand in line, and by strangers who had much: demand, but nothing is leased for it. */
  readonly postponed?: number;
  /** Answers of the origin, and those of them that say it is overloaded: 502 to 504, Cloudflare's 52x, timeout, no connection. */
  readonly forwarded: number;
  readonly failed: number;
  /** Requests sent to the origin: so many answers are to be expected soon. Left out by older isolates. */
  readonly asked?: number;
  /** Denied keys that had to be forgotten as all around them were denied as well. Above 0 is itself a reason to be on guard. */
  readonly full?: number;
  /** How long the reporters were on their own, ms together, as far as it is over: told with the first site, as `full` is. */
  readonly aloneMs?: number;
  /** People in the waiting room, by class of service. */
  readonly lines?: LineCounts;
  /** Of `wanted`, what was sent to the origin. */
  readonly sent?: readonly number[];
  /** Sent in spite of everything: critical requests of proven clients for whom there was no room in two seconds. */
  readonly overdrawn?: number;
  /** By class: time that requests spent at the origin, ms, those still there included, and how many left it. */
  readonly residenceMs?: readonly number[];
  readonly left?: readonly number[];
  /** Requests of whoever proved nothing about himself; of them pages that browsers asked for, and parts of pages. */
  readonly strangers?: number;
  readonly pages?: number;
  readonly parts?: number;
  /** What came from registered facilities without proof; only those from which anything came. */
  readonly facilities?: readonly FacilityUse[];
  /** Pages that were given to strangers whose browsers had no visit ticket: what pages are made of they lack as well. */
  readonly newcomers?: number;
  /** What is needed by class, units a second, smoothed over the last reports. Left out by isolates. */
  readonly need?: readonly number[];
  /** The grant that the reporter works under, the most that it may use until it hears again, by class, and whether that ran out. */
  readonly lease?: {
    readonly number: number;
    readonly held: readonly number[];
    readonly lapsed?: boolean;
    /** See `Claim`. Left out by isolates and by older shards. */
    readonly brought?: readonly number[];
  };
}

/** What the watch wants of an isolate for a site. Lists that are new to a shard ride with the first, as they concern all sites. */
export interface SiteOrders extends OperatorsLists {
  readonly site: string;
  readonly posture: Posture;
  /** Why, for explanation. */
  readonly because: string;
  /**
   * How long ago the watch said so, ms: a shard hands on what it heard last, also when the watch has been gone for long.
   * Missing: just now.
   */
  readonly toldMsAgo?: number;
  /** Cost units a second that this isolate may send to the origin. */
  readonly unitsPerSecond: number;
  /** What operators set: it overrides `posture`, in both directions. Missing: no news of it. */
  readonly manual?: ManualModes;
  /** The lines of the waiting room, by class of service. Missing or null: no news of them. */
  readonly lines?: Lines | null;
  /** When the automatic posture left normal, ms since 1970; null while it is normal. */
  readonly since?: number | null;
  /** To a shard that does not know of the last sign-outs, with the first order as well. */
  readonly passEnds?: PassEnds;
  /** The same by class of service, as a lease. Null: there is none to give, the last one runs out. */
  readonly lease?: Lease | null;
  /** What the whole site may send to the origin, units a second: for whoever watches. */
  readonly allowedPerSecond?: number;
}

export function addSummaries(a: SiteSummary | undefined, b: SiteSummary): SiteSummary {
  if (a === undefined) return b;
  return {
    site: b.site,
    capacityPerSecond: b.capacityPerSecond,
    overMs: Math.max(a.overMs, b.overMs),
    wanted: b.wanted.map((units, i) => units + (a.wanted[i] ?? 0)),
    turnedAway: a.turnedAway + b.turnedAway,
    postponed: (a.postponed ?? 0) + (b.postponed ?? 0),
    forwarded: a.forwarded + b.forwarded,
    failed: a.failed + b.failed,
    asked: askedIn(a) + askedIn(b),
    full: (a.full ?? 0) + (b.full ?? 0),
    aloneMs: (a.aloneMs ?? 0) + (b.aloneMs ?? 0),
    lines: addLineCounts(a.lines, b.lines),
    sent: plus(ratesFrom(a.sent), ratesFrom(b.sent)),
    overdrawn: (a.overdrawn ?? 0) + (b.overdrawn ?? 0),
    residenceMs: plus(ratesFrom(a.residenceMs), ratesFrom(b.residenceMs)),
    left: plus(ratesFrom(a.left), ratesFrom(b.left)),
    strangers: (a.strangers ?? 0) + (b.strangers ?? 0),
    pages: (a.pages ?? 0) + (b.pages ?? 0),
    parts: (a.parts ?? 0) + (b.parts ?? 0),
    facilities: addUses(a.facilities, b.facilities),
    newcomers: (a.newcomers ?? 0) + (b.newcomers ?? 0),
  };
}

/** Requests sent to the origin; as many as it answered, where that is not told. */
export function askedIn({ asked, forwarded }: SiteSummary): number {
  return asked ?? forwarded;
}

/** What a site wanted in all, units: the load that there would be without the shield. */
export function demandOf({ wanted, turnedAway, postponed = 0 }: SiteSummary): number {
  return totalOf(ratesFrom(wanted)) + turnedAway + postponed;
}

/**
 * How fast a need is followed from one report to the next, share of the way: a doctor who comes must not wait. A first report covers no time, one after a pause
 * covers much in which nothing was: both tell of a second or so.
 */
const NEED_RISES = 0.9;
const NEED_FALLS = 0.3;
const NEED_OVER_MS: readonly [number, number] = [1000, 2000];

/** What a part of the edge needs of the origin. What it turned away needs nothing, or a flood would take the lease with it. */
export function needOf({ wanted, overMs }: SiteSummary, before: Rates | undefined): Rates {
  const seconds = Math.min(NEED_OVER_MS[1], Math.max(NEED_OVER_MS[0], overMs)) / 1000;
  const now = scaledBy(ratesFrom(wanted), 1 / seconds);
  if (before === undefined) return now;
  return combined(before, now, (was, is) => was + (is - was) * (is > was ? NEED_RISES : NEED_FALLS));
}

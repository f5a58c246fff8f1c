/**
 * What isolates, shards and the watch tell each other. Additive only: during a roll-out a new Worker talks to an old
 * object and the other way round, so fields are added, never renamed, and every reader stands a missing one.
 */

import type { RevocationList } from "../identity/revocations.ts";
import type { ManualModes } from "../policy/modes.ts";
import type { Posture } from "../policy/verdict.ts";
import { addLineCounts, type LineCounts, type Lines } from "../waiting/lines.ts";
import type { Spendings } from "./ledger.ts";

/** An isolate's report to its home shard. */
export interface ExchangeReport {
  /** Random id of the isolate, new with each start. */
  readonly isolate: string;
  readonly spendings: Spendings;
  /** One for each site, in the order of the rules. */
  readonly sites: readonly SiteSummary[];
  /** Which list of revocations the isolate knows. */
  readonly revocationsVersion?: number;
}

export interface ExchangeReply {
  /** When the shard wants to hear from this isolate again, ms; the isolate adds jitter. */
  readonly nextInMs: number;
  /** TATs of the keys that were reported, in the same order. */
  readonly tats: Float64Array;
  readonly sites: readonly SiteOrders[];
  /** Only for an isolate that knows an older list. */
  readonly revocations?: RevocationList;
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
  /** Forwarded requests, and those of them that failed (5xx, timeout, no connection). */
  readonly forwarded: number;
  readonly failed: number;
  /** Denied keys that had to be forgotten as all around them were denied as well. Above 0 is itself a reason to be on guard. */
  readonly full?: number;
  /** People in the waiting room, by class of service. */
  readonly lines?: LineCounts;
}

/** What the watch wants of an isolate for a site. */
export interface SiteOrders {
  readonly site: string;
  readonly posture: Posture;
  /** Why, for explanation. */
  readonly because: string;
  /** Cost units a second that this isolate may send to the origin. */
  readonly unitsPerSecond: number;
  /** What operators set: it overrides `posture`, in both directions. Missing: no news of it. */
  readonly manual?: ManualModes;
  /** The lines of the waiting room, by class of service. Missing or null: no news of them. */
  readonly lines?: Lines | null;
  /** When the automatic posture left normal, ms since 1970; null while it is normal. */
  readonly since?: number | null;
  /** From the watch to a shard that knows an older list: rides with the first order, as it concerns all sites. */
  readonly revocations?: RevocationList;
}

export function addSummaries(a: SiteSummary | undefined, b: SiteSummary): SiteSummary {
  if (a === undefined) return b;
  return {
    site: b.site,
    capacityPerSecond: b.capacityPerSecond,
    overMs: Math.max(a.overMs, b.overMs),
    wanted: b.wanted.map((units, i) => units + (a.wanted[i] ?? 0)),
    turnedAway: a.turnedAway + b.turnedAway,
    forwarded: a.forwarded + b.forwarded,
    failed: a.failed + b.failed,
    full: (a.full ?? 0) + (b.full ?? 0),
    lines: addLineCounts(a.lines, b.lines),
  };
}

/** What a site wanted in all: the load that there would be without the shield. */
export function demandOf(summary: SiteSummary): number {
  return summary.turnedAway + summary.wanted.reduce((sum, units) => sum + units, 0);
}

/** How much each class of service counts when a lease is divided: where doctors are, the room must be. */
const WEIGHT_OF_CLASS = [8, 4, 2, 1] as const;

/** What a part of the edge needs of the origin. What it turned away needs nothing, or a flood would take the lease with it. */
export function needOf(summary: SiteSummary): number {
  return summary.wanted.reduce((sum, units, serviceClass) => sum + units * (WEIGHT_OF_CLASS[serviceClass] ?? 1), 0);
}

/**
 * Watches what registered facilities use of what their registration lets in. A registration lifts the challenge for a whole
 * network: when five times as much as usual comes from there, something else than its staff may be using it, and when it
 * has expired its people are asked like strangers. Operators read of both once an hour, and see them at /.shield/posture.
 *
 * What is usual is the busiest minute of a day, learned over days: quick upwards, slowly downwards, so that weekends and
 * holidays do not make an ordinary Monday a warning, and never more than twofold in a day, so that an attack does not become
 * usual. Until a day is known it is a fifth of what the registration lets in, so whoever uses that up is told of.
 */
import type { FacilityUse } from "../counters/facility-use.ts";

/** More facilities than the country has. About 100 bytes each. */
const FACILITIES_MAX = 2048;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WARN_EVERY_MS = 3_600_000;
const UNUSUAL_FACTOR = 5;
/** Requests a minute for each seat that count as usual while nothing is learned: a fifth of 30, what a seat lets in. */
const UNLEARNED_PER_SEAT = 6;
/** Less than this is never unusual, requests a minute: for each seat, and in all. */
const USUAL_LEAST_PER_SEAT = 1;
const USUAL_LEAST = 6;
/** How far a busier day, and a quieter one, moves what is usual. */
const RISES_A_DAY = 0.2;
const FALLS_A_DAY = 0.05;
const RISES_AT_MOST = 2;
/** A facility that nobody heard of for so long is forgotten, days. */
const KEPT_DAYS = 90;

/** What outlives a restart. */
export interface UsualRow {
  readonly facility: string;
  /** Requests in the busiest minute of a day. */
  readonly usual: number;
  /** Days since 1970 when it was last learned. */
  readonly day: number;
}

export interface UsualRows {
  read(): readonly UsualRow[];
  write(row: UsualRow): void;
  removeBefore(day: number): void;
}

/** A line for the log. */
export type FacilityWarning =
  | {
      readonly event: "facility-unusual";
      readonly facility: string;
      /** In this minute so far. */
      readonly requests: number;
      readonly usualPerMinute: number;
      readonly remedy: string;
    }
  | { readonly event: "facility-expired"; readonly facility: string; readonly remedy: string };

/** What operators see. */
export interface FacilityView {
  readonly facility: string;
  readonly expired: boolean;
  /** Requests without proof in the last whole minute, or in this one if it has more already. */
  readonly perMinute: number;
  /** Null until a day is known. */
  readonly usualPerMinute: number | null;
  /** When it was last more than five times that, ms since 1970; null when it never was. */
  readonly unusualAt: number | null;
}

interface Known {
  seats: number;
  expired: boolean;
  /** In this minute, and in the last one. */
  requests: number;
  before: number;
  /** Of this day's minutes the busiest. */
  busiest: number;
  /** 0 while nothing is learned. */
  usual: number;
  unusualAt: number | null;
  warnedAt: number;
}

export class FacilityWatch {
  readonly #rows: UsualRows;
  readonly #known = new Map<string, Known>();
  #minute: number;
  #day: number;

  constructor(rows: UsualRows, now: number) {
    this.#rows = rows;
    this.#minute = Math.floor(now / MINUTE_MS);
    this.#day = Math.floor(now / DAY_MS);
    for (const { facility, usual } of rows.read().slice(0, FACILITIES_MAX)) this.#of(facility).usual = usual;
  }

  /** @returns what operators should read, once an hour for each facility */
  note(uses: readonly FacilityUse[], now: number): readonly FacilityWarning[] {
    this.#turn(now);
    const warnings: FacilityWarning[] = [];
    for (const { facility, seats, requests, expired } of uses) {
      if (!this.#known.has(facility) && this.#known.size >= FACILITIES_MAX) continue;
      const known = this.#of(facility);
      Object.assign(known, { seats, expired, requests: known.requests + requests });
      const warning = warningFor(facility, known);
      if (warning?.event === "facility-unusual") known.unusualAt = now;
      if (warning === null || now - known.warnedAt < WARN_EVERY_MS) continue;
      known.warnedAt = now;
      warnings.push(warning);
    }
    return warnings;
  }

  view(now: number): readonly FacilityView[] {
    this.#turn(now);
    return [...this.#known].map(([facility, { expired, requests, before, usual, unusualAt }]) => ({
      facility,
      expired,
      perMinute: Math.max(before, requests),
      usualPerMinute: usual === 0 ? null : Math.round(usual),
      unusualAt,
    }));
  }

  #of(facility: string): Known {
    const known = this.#known.get(facility);
    if (known) return known;
    const made: Known = {
      seats: 0,
      expired: false,
      requests: 0,
      before: 0,
      busiest: 0,
      usual: 0,
      unusualAt: null,
      warnedAt: Number.NEGATIVE_INFINITY,
    };
    this.#known.set(facility, made);
    return made;
  }

  /** Ends the minutes and days that are over. */
  #turn(now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute <= this.#minute) return;
    for (const known of this.#known.values()) {
      known.busiest = Math.max(known.busiest, known.requests);
      known.before = minute === this.#minute + 1 ? known.requests : 0;
      known.requests = 0;
    }
    this.#minute = minute;
    const day = Math.floor(now / DAY_MS);
    if (day > this.#day) this.#learn(day);
  }

  #learn(day: number): void {
    this.#day = day;
    for (const [facility, known] of this.#known) {
      if (known.busiest > 0) {
        known.usual = usualAfter(known);
        this.#rows.write({ facility, usual: known.usual, day });
      }
      known.busiest = 0;
    }
    this.#rows.removeBefore(day - KEPT_DAYS);
  }
}

function warningFor(facility: string, known: Known): FacilityWarning | null {
  if (known.expired)
    return {
      event: "facility-expired",
      facility,
      remedy: "its people are asked like strangers: renew it in src/rules.ts, or take it out",
    };
  const usualPerMinute = usualOf(known);
  if (known.requests <= UNUSUAL_FACTOR * usualPerMinute) return null;
  return {
    event: "facility-unusual",
    facility,
    requests: known.requests,
    usualPerMinute: Math.round(usualPerMinute),
    remedy: "ask the facility what it runs; without an explanation take it out of src/rules.ts",
  };
}

function usualOf({ usual, seats }: Known): number {
  const learned = usual === 0 ? UNLEARNED_PER_SEAT * seats : usual;
  return Math.max(learned, USUAL_LEAST_PER_SEAT * seats, USUAL_LEAST);
}

function usualAfter({ usual, busiest, seats }: Known): number {
  if (usual === 0) return Math.min(busiest, Math.max(USUAL_LEAST, UNLEARNED_PER_SEAT * seats));
  const day = Math.min(busiest, RISES_AT_MOST * usual);
  return usual + (day - usual) * (day > usual ? RISES_A_DAY : FALLS_A_DAY);
}

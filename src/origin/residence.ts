/**
 * How long requests spend at the origin, by Little's law: the time that all of them together were there, by how many left. A
 * request that never comes back counts while it is missed, which a mean over answers would not show.
 *
 * After some seconds it counts no longer: it has told all it can, and what is still stuck in a jam must not hide that the
 * jam is over. So a mean is never above `RESIDENCE_MAX_MS`.
 */
import type { InFlightCounter } from "./in-flight.ts";

/** So long a request is looked at, ms. */
export const RESIDENCE_MAX_MS = 3000;
/** Those that come within so many ms are looked at equally long: a dozen numbers are kept, however many requests there are. */
const COHORT_MS = 250;

/** Requests that came at about the same time, and how many of them are there still. */
interface Cohort {
  readonly until: number;
  there: number;
}

export class Residence implements InFlightCounter {
  readonly #now: () => number;
  /** Oldest first. */
  readonly #cohorts: Cohort[] = [];
  #there = 0;
  #countedUntil = 0;
  #ms = 0;
  #left = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  enter(): () => void {
    const cohort = this.#cohortAt(this.#advance());
    cohort.there++;
    this.#there++;
    return () => {
      if (this.#advance() < cohort.until) this.#leave(cohort, 1);
    };
  }

  /** The figures since the last call; starts anew. */
  collect(): { readonly ms: number; readonly left: number } {
    this.#advance();
    const figures = { ms: this.#ms, left: this.#left };
    this.#ms = 0;
    this.#left = 0;
    return figures;
  }

  #cohortAt(now: number): Cohort {
    const last = this.#cohorts.at(-1);
    if (last && now < last.until - RESIDENCE_MAX_MS + COHORT_MS) return last;
    const cohort: Cohort = { until: now + RESIDENCE_MAX_MS, there: 0 };
    this.#cohorts.push(cohort);
    return cohort;
  }

  /** Counts up to now. @returns now, ms */
  #advance(): number {
    const now = this.#now();
    for (let oldest = this.#cohorts[0]; oldest && oldest.until <= now; oldest = this.#cohorts[0]) {
      this.#countUntil(oldest.until);
      this.#leave(oldest, oldest.there);
      this.#cohorts.shift();
    }
    this.#countUntil(now);
    return now;
  }

  #leave(cohort: Cohort, count: number): void {
    cohort.there -= count;
    this.#there -= count;
    this.#left += count;
  }

  #countUntil(moment: number): void {
    this.#ms += this.#there * Math.max(0, moment - this.#countedUntil);
    this.#countedUntil = Math.max(this.#countedUntil, moment);
  }
}

/**
 * Fair among principals while room is scarce: the more somebody took lately, measured by what the others took, the more of the
 * bucket she leaves to them. So whoever asks now and then, as a doctor does, finds room at once beside systems that ask as fast
 * as they are answered, and nothing lies idle: what is left is a part of what has been saved up, not of what flows.
 *
 * Principals share a fixed number of places by their hash (stochastic fairness queueing: P. McKenney, 1990), so memory is
 * bounded; places are used during scarcity only, so it costs nothing otherwise.
 */

/** 32 kB. A hundred systems take one in forty: a doctor seldom shares hers with one of them. */
export const PLACES = 4096;
/** What was taken counts half after so long: longer than one waits in the worst crowd, or all who wait would look alike. */
const HALF_AFTER_MS = 8000;
const FADES_EVERY_MS = 1000;
/**
 * From this share of its bucket down a class is scarce. So much is left to others by whoever took twice as much as they did, or
 * more: then it is scarce no more.
 */
export const SCARCE_BELOW = 0.2;
const MUCH_MORE = 2;
/** Less than so much, cost units, is nothing. */
const UNITS_MIN = 0.05;

export class Fairness {
  readonly #taken = new Float64Array(PLACES);
  #sum = 0;
  #places = 0;
  #fadedAt = 0;

  /** What this principal leaves in the bucket to the others, as a share of its depth. */
  leaves(principal: string, now: number): number {
    this.#fade(now);
    const taken = this.#taken[placeOf(principal)] ?? 0;
    const others = this.#places - (taken > 0 ? 1 : 0);
    if (taken === 0 || others === 0) return 0;
    const usual = (this.#sum - taken) / others;
    return SCARCE_BELOW * Math.min(1, taken / (MUCH_MORE * usual));
  }

  note(principal: string, units: number): void {
    const place = placeOf(principal);
    const before = this.#taken[place] ?? 0;
    if (before === 0) this.#places++;
    this.#taken[place] = before + units;
    this.#sum += units;
  }

  #fade(now: number): void {
    const times = Math.floor((now - this.#fadedAt) / FADES_EVERY_MS);
    if (times <= 0) return;
    this.#fadedAt = now;
    if (this.#places === 0) return;
    const left = 0.5 ** ((times * FADES_EVERY_MS) / HALF_AFTER_MS);
    this.#sum = 0;
    this.#places = 0;
    for (let i = 0; i < PLACES; i++) {
      const rest = (this.#taken[i] ?? 0) * left;
      this.#taken[i] = rest < UNITS_MIN ? 0 : rest;
      if (rest < UNITS_MIN) continue;
      this.#sum += rest;
      this.#places++;
    }
  }
}

function placeOf(text: string): number {
  return hash32(text) % PLACES;
}

/** FNV-1a (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv): principals are verified, nobody picks his hash. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

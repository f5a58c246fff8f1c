/**
 * Fair among principals while room is scarce: whoever has taken much more than others lately waits until they have had theirs.
 * Principals share a fixed number of places by their hash (stochastic fairness queueing: P. McKenney, 1990), so memory is
 * bounded; places are used during scarcity only, so it costs nothing otherwise.
 */

const PLACES = 256;
/** What was taken counts half after so long. */
const HALVES_EVERY_MS = 1000;
/** How many times the mean of all who take somebody may take. */
const TIMES_MEAN = 1.5;
/** Taken so little, nobody has taken too much, cost units. */
const UNITS_MIN = 8;

export class Fairness {
  readonly #taken = new Float64Array(PLACES);
  #sum = 0;
  #places = 0;
  #halvedAt = 0;

  /** Whether it is this principal's turn before others. */
  mayTake(principal: string, now: number): boolean {
    this.#halve(now);
    const taken = this.#taken[placeOf(principal)] ?? 0;
    return taken < UNITS_MIN || taken <= (TIMES_MEAN * this.#sum) / Math.max(1, this.#places);
  }

  note(principal: string, units: number): void {
    const place = placeOf(principal);
    const before = this.#taken[place] ?? 0;
    if (before === 0) this.#places++;
    this.#taken[place] = before + units;
    this.#sum += units;
  }

  #halve(now: number): void {
    const times = Math.floor((now - this.#halvedAt) / HALVES_EVERY_MS);
    if (times <= 0) return;
    this.#halvedAt = now;
    this.#sum = 0;
    this.#places = 0;
    for (let i = 0; i < PLACES; i++) {
      const left = (this.#taken[i] ?? 0) / 2 ** Math.min(times, 60);
      this.#taken[i] = left < 0.5 ? 0 : left;
      if (left < 0.5) continue;
      this.#sum += left;
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

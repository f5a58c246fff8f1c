/**
 * How long requests spend at the origin, by Little's law: the time that all of them together were there, by how many left. A
 * request that never comes back counts while it is missed, which a mean over answers would not show.
 */
import type { InFlightCounter } from "./in-flight.ts";

export class Residence implements InFlightCounter {
  readonly #now: () => number;
  #inFlight = 0;
  #changedAt = 0;
  #ms = 0;
  #left = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  set inFlight(count: number) {
    this.#advance(this.#now());
    if (count < this.#inFlight) this.#left += this.#inFlight - count;
    this.#inFlight = count;
  }

  /** The figures since the last call; starts anew. */
  collect(): { readonly ms: number; readonly left: number } {
    this.#advance(this.#now());
    const figures = { ms: this.#ms, left: this.#left };
    this.#ms = 0;
    this.#left = 0;
    return figures;
  }

  #advance(now: number): void {
    this.#ms += this.#inFlight * Math.max(0, now - this.#changedAt);
    this.#changedAt = now;
  }
}

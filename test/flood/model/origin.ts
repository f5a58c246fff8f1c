/** The origin under the virtual clock: the demo portal's own model of what it bears, and the load by second. */
import { Capacity } from "../../portal/capacity.ts";
import type { VirtualClock } from "./clock.ts";

export class ModelOrigin {
  readonly capacityPerSecond: number;
  readonly #capacity: Capacity;
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  #inFlight = 0;
  /** Cost units offered, by second of the run. */
  readonly units: Float64Array;

  constructor(capacityPerSecond: number, clock: VirtualClock, seconds: number) {
    this.capacityPerSecond = capacityPerSecond;
    this.#capacity = new Capacity(capacityPerSecond);
    this.#clock = clock;
    this.#startMs = clock.now;
    this.units = new Float64Array(seconds + 1);
  }

  /** Lets it bear this share of its capacity from now on. */
  bear(share: number): void {
    this.#capacity.unitsPerSecond = this.capacityPerSecond * share;
  }

  /**
   * Takes a request; `answered` is told, when the answer is there, whether it was served and how long it took.
   * @param timeoutMs when whoever asks gives up
   * @param sendingMs how long the request's body takes to arrive
   */
  ask(units: number, timeoutMs: number, sendingMs: number, answered: (served: boolean, tookMs: number) => void): void {
    const { now } = this.#clock;
    const second = Math.floor((now - this.#startMs) / 1000);
    this.units[second] = (this.units[second] ?? 0) + units;
    const fate = this.#capacity.offer(units, now, this.#inFlight);
    this.#inFlight++;
    const wantedMs = Math.max(fate.delayMs, sendingMs);
    const tookMs = Math.min(wantedMs, timeoutMs);
    this.#clock.after(tookMs, () => {
      this.#inFlight--;
      answered(fate.served && wantedMs <= timeoutMs, tookMs);
    });
  }
}

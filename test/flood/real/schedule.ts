/** The clock of a flood: waits for what is due, and knows how late it was. */
import { setTimeout as pause } from "node:timers/promises";

/** Later than this counts as late, ms: ten ticks. */
const LATE_MS = 100;

export class Schedule {
  readonly #startedAt = performance.now();
  #ticks = 0;
  #late = 0;
  #worstMs = 0;

  /** Resolves when this moment, in ms since the start, has come; at once when it has passed. */
  async until(moment: number): Promise<void> {
    const early = moment - (performance.now() - this.#startedAt);
    if (early > 0) await pause(early);
    else if (this.#ticks % 50 === 49) await new Promise((resolve) => setImmediate(resolve)); // let answers in
    const lateMs = performance.now() - this.#startedAt - moment;
    this.#ticks++;
    if (lateMs > LATE_MS) this.#late++;
    this.#worstMs = Math.max(this.#worstMs, lateMs);
  }

  get lateShare(): number {
    return this.#ticks === 0 ? 0 : this.#late / this.#ticks;
  }

  get worstMs(): number {
    return this.#worstMs;
  }
}

/**
 * A Durable Object as its callers meet it: calls travel, wait in line, are worked off one after another, and travel back.
 *
 * Figures from Cloudflare's rules of Durable Objects: an object does about 1,000 calls a second that only pass through,
 * 500 to 750 that parse; memory-only counters lie between. "Requests queued for too long" is refused as overloaded.
 */
import type { VirtualClock } from "./clock.ts";

/** 700 calls a second, when a call tells of few keys. */
export const SERVICE_MS_PER_CALL = 1.4;
/** One key in a report or a merge: hash, look-up, spend, reply; measured on one core. */
export const SERVICE_MS_PER_KEY = 0.0005;
/** Cloudflare does not say how long is too long. */
const QUEUE_MAX_MS = 10_000;

export class OverloadedError extends Error {
  readonly overloaded = true;
}

export class ObjectHost {
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  #busyUntil = 0;
  /** Calls by second of the run. */
  readonly callsBySecond: Uint32Array;
  calls = 0;
  refused = 0;
  busyMs = 0;
  longestQueueMs = 0;
  down = false;

  constructor(clock: VirtualClock, seconds: number) {
    this.#clock = clock;
    this.#startMs = clock.now;
    this.callsBySecond = new Uint32Array(seconds + 1);
  }

  /**
   * @param travelMs one way, there and back
   * @param keys how many keys the call carries
   * @param work what the object does once it is its turn
   */
  call<T>(travelMs: readonly [number, number], keys: number, work: (now: number) => T): Promise<T> {
    const clock = this.#clock;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        this.refused++;
        clock.after(travelMs[1], () => reject(error));
      };
      clock.after(travelMs[0], () => {
        const now = clock.now;
        const second = Math.floor((now - this.#startMs) / 1000);
        this.calls++;
        if (second < this.callsBySecond.length) this.callsBySecond[second] = (this.callsBySecond[second] ?? 0) + 1;
        if (this.down) return refuse(new Error("Network connection lost."));
        const queueMs = Math.max(0, this.#busyUntil - now);
        if (queueMs > QUEUE_MAX_MS) return refuse(new OverloadedError("Durable Object is overloaded."));
        this.longestQueueMs = Math.max(this.longestQueueMs, queueMs);
        const serviceMs = SERVICE_MS_PER_CALL + keys * SERVICE_MS_PER_KEY;
        this.busyMs += serviceMs;
        this.#busyUntil = Math.max(now, this.#busyUntil) + serviceMs;
        clock.after(this.#busyUntil - now, () => {
          const result = work(clock.now);
          clock.after(travelMs[1], () => resolve(result));
        });
      });
    });
  }
}

/**
 * How often one isolate may call the counters: GCRA over its own calls, so that a moment in which much is wanted (the onset of
 * a flood, a lease that is short, somebody who signs in) may call at once, and the average stays what it is.
 */
import { type Spend, spent, waitMs } from "./gcra.ts";

export const CALL_EVERY_MS = 1100;
/** Calls that an isolate may have saved up by calling less often. */
export const CALLS_SAVED_MAX = 4;
const CALL: Spend = { incrementMs: CALL_EVERY_MS, toleranceMs: CALL_EVERY_MS * CALLS_SAVED_MAX };

/** Calls that an isolate makes at the most in any span of time: fewer than one a second in any 44 s. */
export function callsAtMost(spanMs: number): number {
  return CALLS_SAVED_MAX + Math.floor(spanMs / CALL_EVERY_MS);
}

export class CallPace {
  #tat = 0;

  /** 0 when a call may be made now; never more than the time of one call. */
  msUntilNext(now: number): number {
    return waitMs(this.#tatAt(now), CALL, now);
  }

  note(now: number): void {
    this.#tat = spent(this.#tatAt(now), CALL.incrementMs, now);
  }

  /** A clock that was set back must not silence the isolate. */
  #tatAt(now: number): number {
    return Math.min(this.#tat, now + CALL.toleranceMs);
  }
}

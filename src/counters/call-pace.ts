/**
 * How often isolates call the counters, from both sides.
 *
 * One isolate: GCRA over its own calls, so that a moment in which much is wanted (the onset of a flood, a lease that is short,
 * somebody who signs in) may call at once, and the average stays what it is.
 *
 * One shard: isolates that wake up together call it together, and nobody can tell them not to. What it can tell is when each
 * comes next: sooner than usual only while it has room.
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
  #heldFrom = 0;
  #heldForMs = 0;

  /** 0 when a call may be made now; never more than the time of one call, or of the last `hold`. */
  msUntilNext(now: number): number {
    const heldMs = now < this.#heldFrom ? 0 : this.#heldFrom + this.#heldForMs - now;
    return Math.max(waitMs(this.#tatAt(now), CALL, now), heldMs);
  }

  /** No call for so long, whatever was saved up. */
  hold(forMs: number, now: number): void {
    this.#heldFrom = now;
    this.#heldForMs = forMs;
  }

  note(now: number): void {
    this.#tat = spent(this.#tatAt(now), CALL.incrementMs, now);
  }

  /** A clock that was set back must not silence the isolate. */
  #tatAt(now: number): number {
    return Math.min(this.#tat, now + CALL.toleranceMs);
  }
}

/** Of 500 calls a second, what handovers (30) and the rounds of couriers (100 at the most) leave for isolates. */
export const CALLS_BORNE_PER_SECOND = 370;
const BORNE_EVERY_MS = 1000 / CALLS_BORNE_PER_SECOND;
/** So far ahead may be what came and what was promised while others are promised to come early, and while doctors are, ms. */
const EARLY: Spend = { incrementMs: BORNE_EVERY_MS, toleranceMs: 100 };
const URGENT: Spend = { incrementMs: BORNE_EVERY_MS, toleranceMs: 1000 };
/** What came in a crowd is forgotten after so long, ms. */
const AHEAD_MAX_MS = 2000;

/** The calls that one shard bears. */
export class CallsBorne {
  #tat = 0;

  /** One came. */
  note(now: number): void {
    this.#tat = spent(Math.min(this.#tat, now + AHEAD_MAX_MS), BORNE_EVERY_MS, now);
  }

  /** Whether there is room for one more before its time. If so it is counted: it may come at any moment. */
  promise(urgent: boolean, now: number): boolean {
    if (waitMs(Math.min(this.#tat, now + AHEAD_MAX_MS), urgent ? URGENT : EARLY, now) > 0) return false;
    this.note(now);
    return true;
  }
}

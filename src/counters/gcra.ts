/**
 * GCRA, the generic cell rate algorithm (ITU-T I.371, annex A): a budget is one number, the theoretical arrival time
 * (TAT, ms since 1970) up to which its key has spent. No window, so no window edge to burst across.
 */

/** What one spend moves the TAT by, and how far the TAT may run ahead of the clock. Both in ms. */
export interface Spend {
  readonly incrementMs: number;
  readonly toleranceMs: number;
}

/** Milliseconds until this spend fits; 0 when it fits now. */
export function waitMs(tat: number, spend: Spend, now: number): number {
  return Math.max(0, Math.max(tat, now) + spend.incrementMs - spend.toleranceMs - now);
}

export function spent(tat: number, incrementMs: number, now: number): number {
  return Math.max(tat, now) + incrementMs;
}

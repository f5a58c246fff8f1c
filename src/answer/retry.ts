/** When to come back: the seconds that go into Retry-After (RFC 9110 section 10.2.3) and into the words on the page. */

const SPREAD = 0.3;

/**
 * Spreads a wait by ±30 %, or all who were turned away together come back together.
 * @param base seconds
 * @param random01 from 0 up to 1
 * @returns whole seconds, at least 1
 */
export function jitteredSeconds(base: number, random01: number): number {
  return Math.max(1, Math.round(base * (1 - SPREAD + 2 * SPREAD * random01)));
}

/** A length of time as people say it: seconds up to two minutes, then minutes, rounded up so that nobody comes too soon. */
export interface Duration {
  readonly count: number;
  readonly unit: "second" | "minute";
}

export function asPeopleSay(seconds: number): Duration {
  return seconds < 120 ? { count: seconds, unit: "second" } : { count: Math.ceil(seconds / 60), unit: "minute" };
}

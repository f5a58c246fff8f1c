/** When to come back: the seconds that go into Retry-After (RFC 9110 section 10.2.3) and into the words on the page. */

const SPREAD = 0.3;

/**
 * Spreads a wait by up to 30 %, or all who were turned away together come back together. Only upwards: before the time that a
 * budget needs there is nothing to come back for, and whoever came back too soon twice would be told so for good.
 * @param base seconds
 * @param random01 from 0 up to 1
 * @returns whole seconds, at least 1 and never less than `base`
 */
export function jitteredSeconds(base: number, random01: number): number {
  return Math.max(1, Math.round(base * (1 + SPREAD * random01)));
}

/** A length of time as people say it: seconds up to two minutes, then minutes, rounded up so that nobody comes too soon. */
export interface Duration {
  readonly count: number;
  readonly unit: "second" | "minute";
}

export function asPeopleSay(seconds: number): Duration {
  return seconds < 120 ? { count: seconds, unit: "second" } : { count: Math.ceil(seconds / 60), unit: "minute" };
}

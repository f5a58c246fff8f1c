/**
 * How much work a puzzle costs. Proof of work is a price, not a test of humanity: it makes each clearance, and so each
 * budget, cost an attacker something, and must stay below what a person on an old phone notices as broken.
 *
 * Figures behind the choice: the browser loop takes about 0.40 µs a hash on a desktop core, a native attacker's 0.05 µs
 * on the same core (8 times less). On average half of each range is searched, so a puzzle costs
 * COUNTERS · difficulty / 2 hashes, its 99th percentile 1.47 times that.
 */

/** Secret counters per puzzle. p99 ÷ mean of the wall time: 1 counter 1.98, 4 1.65, 8 1.47, 16 1.33 at twice the bytes. */
export const COUNTERS = 8;

/** Size of the range of each counter, by how suspicious the asker is. */
export const DIFFICULTIES = {
  /** 220,000 hashes: 0.09 s on one desktop core. For devices and networks known from before. */
  low: 55_000,
  /** 880,000 hashes: 0.35 s on one desktop core, 0.1 s on four; about 1.5 s on a phone a quarter as fast. Native 44 ms. */
  normal: 220_000,
  /** 2,640,000 hashes: 1.1 s on one desktop core, 4 to 5 s on that phone. For networks that take part in a flood. Native 0.13 s. */
  high: 660_000,
} as const;

export type Suspicion = keyof typeof DIFFICULTIES;

/** A slip in configuration must not lock people out: this is already 6.7 s on one desktop core. */
export const MAX_DIFFICULTY = 4_194_304;

/** Hashes that a solver tries on average: c + 1 for each counter c, uniform in [0, difficulty). */
export function meanHashes(difficulty: number): number {
  return (COUNTERS * (difficulty + 1)) / 2;
}

/**
 * How much work a puzzle costs. Proof of work is a price, not a test of humanity: it makes each clearance, and so each
 * budget, cost an attacker something, and must stay below what a person on an old phone notices as broken.
 *
 * The construction, by the attacker's advantage: one EPYC core with SHA-NI, two messages interleaved in C, takes 0.0165 µs
 * a hash; our JavaScript takes 0.14 µs on the same core once it is compiled, 0.18 µs over a whole puzzle in Chromium, the
 * start of its Web Workers included: 8 to 11 times as long. What was weighed against it:
 * - SHA-256 in a loop over arrays: 16 × and more; by `crypto.subtle`, which costs 4 µs a call: 240 ×.
 * - A loop in WASM: about as quick as ours, but it needs a word in the Content-Security-Policy and is off on hardened machines.
 * - PBKDF2 with 1,000 iterations: 5 × (33 µs native, 173 µs in Chromium, which has one crypto thread however many cores
 *   there are). But the shield would have to make 8 of them for each puzzle that somebody asks for: 1.1 ms in workerd
 *   against 30 µs, so asking for puzzles would itself be a flood. And by the wait of a person ours leaves about as much: 6 ×
 *   on two cores, 3 × on four.
 *
 * On average half of each range is searched, so a puzzle costs COUNTERS · difficulty / 2 hashes, its 99th percentile 1.47
 * times that. It buys a clearance: a price for 30 minutes of a budget, and for up to 12 hours where it is kept in use.
 */
import type { Posture } from "../policy/verdict.ts";

/** Secret counters per puzzle. p99 ÷ mean of the wall time: 1 counter 1.98, 4 1.65, 8 1.47, 16 1.33 at twice the bytes. */
export const COUNTERS = 8;

/** Size of the range of each counter. Times are of one desktop core at 0.18 µs a hash, and of a native attacker's. */
export const DIFFICULTIES = {
  /** 440,000 hashes: 0.08 s, native 7 ms. */
  low: 110_000,
  /** 1,760,000 hashes: 0.32 s, native 29 ms. A phone a quarter as fast takes 0.6 s with two cores, 0.3 s with four. */
  normal: 440_000,
  /** 3,520,000 hashes: 0.6 s, native 58 ms. */
  raised: 880_000,
  /** 5,280,000 hashes: 0.95 s, native 87 ms. A PC of 2015, half as fast, takes 1.9 s with one core, at the 99th percentile 2.8 s. */
  high: 1_320_000,
} as const;

/** From cheap to dear. */
export const LEVELS = ["low", "normal", "raised", "high"] as const;
export type Level = (typeof LEVELS)[number];

/** A slip in configuration must not lock people out: this is already 3 s on one desktop core. */
export const MAX_DIFFICULTY = 4_194_304;

/** What is known when somebody asks for a puzzle. Nothing of it is the client's word. */
export interface Circumstances {
  readonly posture: Posture;
  /** A device that signed in before, or one in a registered facility. */
  readonly known: boolean;
  /** Share of its own budget that the address has in use; 1 is all of it. */
  readonly addressInUse: number;
  /** Share in use of the clearances that its prefix may be given. */
  readonly issuedInPrefix: number;
}

const PRESSING = 0.9;
const SOME_ISSUED = 1 / 8;
const MANY_ISSUED = 1 / 2;

/**
 * The difficulty that is sealed into a puzzle. It rises with the posture, with what the address does, and with how many
 * clearances its prefix took lately; a known device never pays for its neighbours.
 *
 * The route is left out on purpose: a clearance opens all of them, so a bot would ask where it is cheapest.
 */
export function difficultyFor({ posture, known, addressInUse, issuedInPrefix }: Circumstances): number {
  let step = 1;
  if (posture === "clinicians-first" || posture === "static-only") step++;
  if (addressInUse >= PRESSING) step++;
  if (issuedInPrefix >= SOME_ISSUED) step++;
  if (issuedInPrefix >= MANY_ISSUED) step++;
  if (known) step = Math.min(step - 1, 1);
  return DIFFICULTIES[LEVELS[Math.min(step, LEVELS.length - 1)] ?? "high"];
}

/** Hashes that a solver tries on average: c + 1 for each counter c, uniform in [0, difficulty). */
export function meanHashes(difficulty: number): number {
  return (COUNTERS * (difficulty + 1)) / 2;
}

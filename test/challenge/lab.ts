/** What the tests of the challenge share: a sealer, puzzles that are solved as the browser solves them, a spend in memory. */
import { randomBytes } from "node:crypto";
import { search } from "../../src/challenge/browser/search.ts";
import { issuePuzzle, type Puzzle } from "../../src/challenge/puzzle.ts";
import type { Issuance, Spend } from "../../src/challenge/redeem.ts";
import type { Field } from "../../src/fields.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";

export const HOST = "portal.example.lv";
export const NOW_MS = Date.UTC(2026, 10, 24, 9);
export const MINUTE_MS = 60_000;
export const SMALL = 200;

export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export async function newSealer(current = newSecret(), previous?: string): Promise<Sealer> {
  const sealer = await createSealer({ current, previous });
  if (!sealer) throw new Error("the secrets of the tests are good");
  return sealer;
}

export function newPuzzle(sealer: Sealer, difficulty = SMALL, host = HOST, network = "net-1"): Promise<Puzzle> {
  return issuePuzzle(sealer, { difficulty, host, network }, NOW_MS, new Uint8Array(randomBytes(16)));
}

export function answersOf(puzzle: Puzzle): number[] {
  const { id, hashes, difficulty } = puzzle;
  return hashes.map((hash, index) => search({ id, index, hash, limit: difficulty }));
}

export function proofOf(puzzle: Puzzle): string {
  return JSON.stringify({ challenge: puzzle.challenge, answers: answersOf(puzzle) });
}

/** A challenge with fields of the test's choice, sealed by the shield itself: what a slip of ours could produce. */
export async function challengeOf(sealer: Sealer, ...fields: Field[]): Promise<string> {
  return JSON.stringify({ challenge: await sealer.seal("puzzle", fields), answers: [0, 0, 0, 0, 0, 0, 0, 0] });
}

/** A prefix that was given nothing yet. */
export const OPEN: Issuance = { waitS: 0, note: () => undefined };

/** Atomic insert-if-absent, as one Durable Object does it. Yields first, so that parallel calls really interleave. */
export function memorySpend(): { readonly spend: Spend; readonly spent: Map<string, number> } {
  const spent = new Map<string, number>();
  const spend: Spend = async (id, expiresAtMs) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    if (spent.has(id)) return "already-spent";
    spent.set(id, expiresAtMs);
    return "spent-now";
  };
  return { spend, spent };
}

/**
 * Puzzles and tickets on their way to be spent: each is marked in the shard that its own random id names, by an errand that the
 * next exchange takes along. What is known to be spent is remembered, so a good proof that is sent again and again is asked
 * about once by each isolate. And an answer that came too late is not lost: it waits for whoever comes back with the same proof.
 */
import { Remembered } from "../remembered.ts";
import type { Batch, Carriage, Errand, ErrandSource, SpendOutcome } from "./errands.ts";
import { LOST_PUZZLE_MS, PUZZLE_PATIENCE_MS } from "./patience.ts";

/** About 200 bytes each. */
const REMEMBERED_MAX = 4096;
/** So many proofs ride with one exchange: 30 kB. */
const PER_EXCHANGE_MAX = 512;

interface Spending {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly wantedAt: number;
  /** Null while nobody knows. */
  outcome: SpendOutcome | "unavailable" | null;
  /** Somebody was told that it was spent now: nobody else is. */
  isClaimed: boolean;
}

export class PuzzleSpends implements ErrandSource {
  readonly #known = new Remembered<Spending>(REMEMBERED_MAX);
  #wanted: Spending[] = [];

  /** Only ids that a valid MAC vouched for may come here. Whatever goes wrong is `unavailable`. */
  async spend(id: string, expiresAtMs: number, carriage: Carriage): Promise<SpendOutcome | "unavailable"> {
    const spending = this.#find(id, carriage.now()) ?? this.#want(id, expiresAtMs, carriage.now());
    const outcome = spending && (await carriage.bring(() => spending.outcome, PUZZLE_PATIENCE_MS));
    if (!outcome) return "unavailable";
    if (outcome === "spent-now" && spending.isClaimed) return "already-spent";
    spending.isClaimed = true;
    return outcome;
  }

  take(): Batch {
    const asked = this.#wanted;
    this.#wanted = [];
    return {
      errands: asked.map(({ id, expiresAtMs }): Errand => ({ kind: "spend", id, expiresAtMs })),
      settle: (answers) => {
        for (const [i, spending] of asked.entries()) {
          const answer = answers?.[i];
          spending.outcome = answer?.kind === "spend" ? answer.outcome : "unavailable";
        }
      },
    };
  }

  #find(id: string, now: number): Spending | undefined {
    const known = this.#known.get(id);
    const isLost = known?.outcome === null && now - known.wantedAt >= LOST_PUZZLE_MS;
    return known?.outcome === "unavailable" || isLost ? undefined : known;
  }

  #want(id: string, expiresAtMs: number, now: number): Spending | undefined {
    if (this.#wanted.length >= PER_EXCHANGE_MAX) return undefined;
    const spending: Spending = { id, expiresAtMs, wantedAt: now, outcome: null, isClaimed: false };
    this.#known.set(id, spending);
    this.#wanted.push(spending);
    return spending;
  }
}

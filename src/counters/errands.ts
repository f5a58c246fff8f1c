/**
 * Errands: what a request wants of the shard that owns a key or an id, now and not some seconds ago: tokens of a strict budget,
 * the spending of a puzzle. An isolate sends none of them alone. They ride with its exchange to the home shard, whose courier
 * (courier.ts) asks the owners, and the answers come back with the reply: one call, however many people sign in.
 */
import { ownerOf, SHARD_COUNT } from "./shard.ts";
import type { Grant, GrantRequest } from "./strict-grants.ts";

export type SpendOutcome = "spent-now" | "already-spent";

export type Errand =
  | { readonly kind: "grant"; readonly request: GrantRequest }
  /** `id` is random, and vouched for by a MAC. */
  | { readonly kind: "spend"; readonly id: string; readonly expiresAtMs: number };

export type ErrandAnswer =
  | { readonly kind: "grant"; readonly grant: Grant }
  | { readonly kind: "spend"; readonly outcome: SpendOutcome };

/** In the order of the errands. Null: the owner was slow, or failed. */
export type ErrandAnswers = readonly (ErrandAnswer | null)[];

/** The shard that owns what a random id names: the same for all that ask about it. */
export function ownerOfId(id: string): number {
  return Number.parseInt(id.slice(0, 4), 16) % SHARD_COUNT;
}

export function ownerOfErrand(errand: Errand): number {
  return errand.kind === "grant" ? ownerOf(errand.request.hi, SHARD_COUNT) : ownerOfId(errand.id);
}

/** What rides with one exchange. */
export interface Batch {
  readonly errands: readonly Errand[];
  /** Takes what came back; null when nothing did. */
  readonly settle: (answers: ErrandAnswers | null, now: number) => void;
}

/** Where errands wait for the next exchange. */
export interface ErrandSource {
  readonly take: (now: number) => Batch;
}

/** How whoever waits for an errand gets it brought. */
export interface Carriage {
  /**
   * Waits for the exchange that takes along what is wanted, and makes it when it is due.
   * @param look what was found, null while there is nothing; it may want more
   * @param patienceMs how long the exchange may take once it is due
   * @returns null when nothing was found in time
   */
  readonly bring: <T>(look: (now: number) => T | null, patienceMs: number) => Promise<T | null>;
  readonly now: () => number;
}

/** All that wait in one isolate, as one batch. */
export function together(...sources: readonly ErrandSource[]): ErrandSource {
  return {
    take: (now) => {
      const batches = sources.map((source) => source.take(now));
      return {
        errands: batches.flatMap(({ errands }) => errands),
        settle: (answers, then) => {
          let from = 0;
          for (const { errands, settle } of batches) {
            settle(answers?.slice(from, from + errands.length) ?? null, then);
            from += errands.length;
          }
        },
      };
    },
  };
}

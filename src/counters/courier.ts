/**
 * The courier of one shard: brings errands to the shards that own what they are about. What many isolates want of one owner
 * goes in one call, so an owner is called by each courier seven times a second at the most, whatever the flood.
 */
import { type Errand, type ErrandAnswer, type ErrandAnswers, ownerOfErrand } from "./errands.ts";
import { OWNER_PATIENCE_MS } from "./patience.ts";

/** At 16 shards 100 calls a second for each at the most. Who finds nobody before him goes at once. */
export const ROUND_EVERY_MS = 150;

export interface CourierDeps {
  readonly ask: (owner: number, errands: readonly Errand[]) => Promise<ErrandAnswers>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly now: () => number;
}

/** One call to one owner, while it is being filled. */
interface Round {
  readonly errands: Errand[];
  readonly answers: Promise<ErrandAnswers>;
}

export class Courier {
  readonly #deps: CourierDeps;
  readonly #rounds = new Map<number, Round>();
  readonly #wentAt = new Map<number, number>();

  constructor(deps: CourierDeps) {
    this.#deps = deps;
  }

  /** Never rejects: what an owner does not answer is null. */
  async run(errands: readonly Errand[]): Promise<ErrandAnswers> {
    const answers: (ErrandAnswer | null)[] = errands.map(() => null);
    const parts = Map.groupBy(
      errands.map((errand, place) => ({ errand, place })),
      ({ errand }) => ownerOfErrand(errand),
    );
    const sent = [...parts].map(async ([owner, part]) => {
      const brought = await this.#send(
        owner,
        part.map(({ errand }) => errand),
      );
      for (const [i, { place }] of part.entries()) answers[place] = brought[i] ?? null;
    });
    await Promise.all(sent);
    return answers;
  }

  async #send(owner: number, errands: readonly Errand[]): Promise<ErrandAnswers> {
    const round = this.#rounds.get(owner) ?? this.#begin(owner);
    const from = round.errands.length;
    round.errands.push(...errands);
    const answers = await round.answers;
    return answers.slice(from, from + errands.length);
  }

  #begin(owner: number): Round {
    const errands: Errand[] = [];
    const round = { errands, answers: this.#go(owner, errands) };
    this.#rounds.set(owner, round);
    return round;
  }

  async #go(owner: number, errands: readonly Errand[]): Promise<ErrandAnswers> {
    const { ask, wait, now } = this.#deps;
    const dueInMs = (this.#wentAt.get(owner) ?? 0) + ROUND_EVERY_MS - now();
    // Also who goes at once is filled first.
    await (dueInMs > 0 ? wait(Math.min(ROUND_EVERY_MS, dueInMs)) : null);
    this.#rounds.delete(owner);
    this.#wentAt.set(owner, now());
    const late = wait(OWNER_PATIENCE_MS).then(() => []);
    return Promise.race([ask(owner, errands).catch(() => []), late]);
  }
}

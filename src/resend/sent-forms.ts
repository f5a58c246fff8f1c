/**
 * Which forms that came back were sent already. A form is marked before it goes to the origin, as from then on the origin
 * may have it, and unmarked when it turns out that the origin never had it.
 *
 * The outcome when the shard does not answer: the form is not sent, and is given back to be sent a little later. Nothing
 * is lost, and nothing is sent twice knowingly. A mark that comes too late is taken back behind the scenes; should that fail
 * as well, she is told that the form may have been sent, and to look before she sends it by hand.
 */
export type Mark =
  | { readonly kind: "sent-now" }
  | { readonly kind: "sent-before"; readonly atMs: number }
  | { readonly kind: "unavailable" };

/** What the shard does, each in one step that nobody can come between. */
export interface FormShard {
  markSent(id: string, knownUntilMs: number): Promise<{ readonly first: boolean; readonly atMs: number }>;
  unmarkSent(id: string): Promise<void>;
}

/** How long somebody waits for the shard, ms. */
const PATIENCE_MS = 2_000;

export class SentForms {
  readonly #shardOf: (id: string) => FormShard;
  readonly #wait: (ms: number) => Promise<unknown>;
  readonly #meanwhile: (work: Promise<unknown>) => void;

  /** @param meanwhile lets work go on after the response */
  constructor(
    shardOf: (id: string) => FormShard,
    wait: (ms: number) => Promise<unknown>,
    meanwhile: (work: Promise<unknown>) => void,
  ) {
    this.#shardOf = shardOf;
    this.#wait = wait;
    this.#meanwhile = meanwhile;
  }

  async mark(id: string, knownUntilMs: number): Promise<Mark> {
    const marking = this.#shardOf(id)
      .markSent(id, knownUntilMs)
      .then(({ first, atMs }): Mark => (first ? { kind: "sent-now" } : { kind: "sent-before", atMs }))
      .catch((): Mark => ({ kind: "unavailable" }));
    const mark = await Promise.race([marking, this.#wait(PATIENCE_MS).then(() => null)]);
    if (mark) return mark;
    this.#meanwhile(marking.then(({ kind }) => (kind === "sent-now" ? this.unmark(id) : false)));
    return { kind: "unavailable" };
  }

  /** False when it could not be unmarked: then another id must be used. */
  async unmark(id: string): Promise<boolean> {
    const unmarking = this.#shardOf(id)
      .unmarkSent(id)
      .then(
        () => true,
        () => false,
      );
    this.#meanwhile(unmarking);
    return Promise.race([unmarking, this.#wait(PATIENCE_MS).then(() => false)]);
  }
}

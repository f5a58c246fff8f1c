/**
 * Which forms that came back were sent already. A form is marked before it goes to the origin, as from then on the origin
 * may have it, and unmarked when it turns out that the origin never had it.
 *
 * Each attempt to send a form has a name of its own. When the shard does not answer, nobody knows whether it noted the
 * attempt: the form is not sent, and the page that gives it back names the attempt as one in vain, so that its mark, if there
 * is one, counts for nothing. Thus nothing is lost, nothing is sent twice, and nobody is told of a sending that never was,
 * whatever becomes of the shard.
 */
import { ownerOfId } from "./errands.ts";
import { FORM_PATIENCE_MS } from "./patience.ts";
import { counterShard, type ObjectsEnv } from "./shards.ts";

export type Mark =
  | { readonly kind: "sent-now" }
  | { readonly kind: "sent-before"; readonly atMs: number }
  | { readonly kind: "unavailable" };

/** A form that came back; its id is random and names its shard. */
export interface Marked {
  readonly id: string;
  readonly inVain: readonly string[];
}

export class SentForms {
  readonly #env: ObjectsEnv;
  readonly #ctx: Pick<ExecutionContext, "waitUntil">;

  constructor(env: ObjectsEnv, ctx: Pick<ExecutionContext, "waitUntil">) {
    this.#env = env;
    this.#ctx = ctx;
  }

  /** @param knownUntilMs for how long it must be known that it was sent, ms since 1970 */
  async mark(form: Marked, knownUntilMs: number, attempt: string): Promise<Mark> {
    const marking = this.#mark(form, knownUntilMs, attempt).catch((): Mark => ({ kind: "unavailable" }));
    const mark = await Promise.race([marking, scheduler.wait(FORM_PATIENCE_MS).then(() => null)]);
    if (mark?.kind === "sent-now" || mark?.kind === "sent-before") return mark;
    // For the pages before the one that is given back now.
    this.#ctx.waitUntil(marking.then(() => this.unmark(form, attempt)));
    return { kind: "unavailable" };
  }

  /** As well as it goes: should it fail, the page that was given back says that this attempt was in vain. */
  async unmark({ id }: Marked, attempt: string): Promise<void> {
    try {
      await this.#shardOf(id).unmarkSent(id, attempt);
    } catch (error) {
      console.warn({ event: "mark-stays", error: error instanceof Error ? error.name : typeof error });
    }
  }

  async #mark({ id, inVain }: Marked, knownUntilMs: number, attempt: string): Promise<Mark> {
    const { first, atMs } = await this.#shardOf(id).markSent(id, knownUntilMs, attempt, inVain);
    return first ? { kind: "sent-now" } : { kind: "sent-before", atMs };
  }

  /** The one that the random id names. */
  #shardOf(id: string) {
    return counterShard(this.#env, ownerOfId(id));
  }
}

/**
 * Which forms that came back were sent already. A form is marked before it goes to the origin, as from then on the origin
 * may have it, and unmarked when it turns out that the origin never had it.
 *
 * The outcome when the shard does not answer: the form is not sent, and is given back to be sent a little later. Nothing
 * is lost, and nothing is sent twice knowingly. A mark that comes too late is taken back behind the scenes; should that fail
 * as well, she is told that the form may have been sent, and to look before she sends it by hand.
 */
import { SHARD_COUNT } from "./shard.ts";
import { counterShard, type ObjectsEnv } from "./shards.ts";

export type Mark =
  | { readonly kind: "sent-now" }
  | { readonly kind: "sent-before"; readonly atMs: number }
  | { readonly kind: "unavailable" };

/** How long somebody waits for the shard, ms. */
const PATIENCE_MS = 2_000;

export class SentForms {
  readonly #env: ObjectsEnv;
  readonly #ctx: Pick<ExecutionContext, "waitUntil">;

  constructor(env: ObjectsEnv, ctx: Pick<ExecutionContext, "waitUntil">) {
    this.#env = env;
    this.#ctx = ctx;
  }

  /** @param knownUntilMs for how long it must be known that it was sent, ms since 1970 */
  async mark(id: string, knownUntilMs: number): Promise<Mark> {
    const marking = this.#mark(id, knownUntilMs).catch((): Mark => ({ kind: "unavailable" }));
    const mark = await Promise.race([marking, scheduler.wait(PATIENCE_MS).then(() => null)]);
    if (mark) return mark;
    this.#ctx.waitUntil(marking.then(({ kind }) => (kind === "sent-now" ? this.unmark(id) : false)));
    return { kind: "unavailable" };
  }

  /** False when it could not be unmarked: then another id must be used. */
  async unmark(id: string): Promise<boolean> {
    const unmarking = this.#unmark(id).catch(() => false);
    this.#ctx.waitUntil(unmarking);
    return Promise.race([unmarking, scheduler.wait(PATIENCE_MS).then(() => false)]);
  }

  async #mark(id: string, knownUntilMs: number): Promise<Mark> {
    const { first, atMs } = await this.#shardOf(id).markSent(id, knownUntilMs);
    return first ? { kind: "sent-now" } : { kind: "sent-before", atMs };
  }

  async #unmark(id: string): Promise<boolean> {
    await this.#shardOf(id).unmarkSent(id);
    return true;
  }

  /** The one that the random id names. */
  #shardOf(id: string) {
    return counterShard(this.#env, Number.parseInt(id.slice(0, 4), 16) % SHARD_COUNT);
  }
}

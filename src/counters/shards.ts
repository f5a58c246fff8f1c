/** Where the Durable Objects are: the one place that names them and puts them into a jurisdiction. */
import type { Watch } from "../watch/watch.ts";
import type { ClientCounter } from "./client-counter.ts";
import type { Errand, ErrandAnswer, ErrandAnswers } from "./errands.ts";

export interface ObjectsEnv {
  readonly COUNTERS: DurableObjectNamespace<ClientCounter>;
  readonly WATCH: DurableObjectNamespace<Watch>;
  /** "eu" in production. Local workerd implements none, so there it is "". */
  readonly JURISDICTION: string;
}

/** A fresh stub each time: a broken one would stay broken. Names are numbers, so they tell nothing about anybody. */
export function counterShard(env: ObjectsEnv, shard: number): DurableObjectStub<ClientCounter> {
  return inJurisdiction(env.COUNTERS, env).getByName(`s${String(shard).padStart(2, "0")}`);
}

export function watchObject(env: ObjectsEnv): DurableObjectStub<Watch> {
  return inJurisdiction(env.WATCH, env).getByName("watch");
}

/** One call to the owner of what errands are about. During a roll-out it may be one that knows them only one by one. */
export async function askOwner(env: ObjectsEnv, owner: number, errands: readonly Errand[]): Promise<ErrandAnswers> {
  const shard = counterShard(env, owner);
  try {
    return await shard.runErrands(errands);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("does not implement"))) throw error;
    return await Promise.all(errands.map((errand) => askOneByOne(counterShard(env, owner), errand)));
  }
}

async function askOneByOne(shard: DurableObjectStub<ClientCounter>, errand: Errand): Promise<ErrandAnswer> {
  switch (errand.kind) {
    case "grant":
      return { kind: "grant", grant: await shard.grant(errand.request) };
    case "spend":
      return { kind: "spend", outcome: await shard.spendOnce(errand.id, errand.expiresAtMs) };
  }
}

function inJurisdiction<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  { JURISDICTION }: ObjectsEnv,
): DurableObjectNamespace<T> {
  return JURISDICTION === "" ? namespace : namespace.jurisdiction(JURISDICTION as DurableObjectJurisdiction);
}

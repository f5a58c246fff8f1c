/** Where the Durable Objects are: the one place that names them and puts them into a jurisdiction. */
import type { Watch } from "../watch/watch.ts";
import type { ClientCounter } from "./client-counter.ts";
import { ownerOf, SHARD_COUNT } from "./shard.ts";
import { STRICT_PATIENCE_MS, type StrictDeps } from "./strict.ts";

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

/** Tokens of strict budgets come from the shards that own the keys. */
export function strictDeps(env: ObjectsEnv): StrictDeps {
  return {
    ask: (request) => counterShard(env, ownerOf(request.hi, SHARD_COUNT)).grant(request),
    wait: (ms) => scheduler.wait(ms),
    now: Date.now,
    patienceMs: STRICT_PATIENCE_MS,
  };
}

function inJurisdiction<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  { JURISDICTION }: ObjectsEnv,
): DurableObjectNamespace<T> {
  return JURISDICTION === "" ? namespace : namespace.jurisdiction(JURISDICTION as DurableObjectJurisdiction);
}

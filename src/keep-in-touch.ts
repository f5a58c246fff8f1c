/** What the exchange (counters/exchange.ts) needs of this isolate and of the platform. */
import { SHARD_COUNT } from "./counters/shard.ts";
import { counterShard } from "./counters/shards.ts";
import type { Env } from "./env.ts";
import type { Isolate } from "./isolate.ts";

/**
 * Starts the next exchange unless one is under way. Nobody waits for it.
 * @returns whether it now hangs on this invocation
 */
export function keepInTouch(isolate: Isolate, env: Env, ctx: ExecutionContext, now: number): boolean {
  if (isolate.exchange.isUnderWay(now)) return false;
  const exchange = isolate.exchange.schedule({
    partner: (detour) => counterShard(env, (isolate.home + detour) % SHARD_COUNT),
    summarize: () => isolate.summarize(Date.now()),
    known: () => isolate.known,
    obey: (reply, now) => isolate.obey(reply, now),
    wait: (ms) => scheduler.wait(ms),
    now: Date.now,
    random: Math.random,
    say: (event) => console.warn(event),
  });
  // Who waits for the first lease makes no further request that would ask for it.
  const again = (): void => {
    const later = Date.now();
    if (isolate.awaitsFirstLease(later)) keepInTouch(isolate, env, ctx, later);
  };
  if (exchange) ctx.waitUntil(exchange.then(again));
  return exchange !== null;
}

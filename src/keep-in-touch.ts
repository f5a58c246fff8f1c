/** What the exchange (counters/exchange.ts) needs of this isolate and of the platform. */
import { Courier } from "./counters/courier.ts";
import type { Carriage } from "./counters/errands.ts";
import type { ExchangeDeps } from "./counters/exchange.ts";
import { SHARD_COUNT } from "./counters/shard.ts";
import { askOwner, counterShard } from "./counters/shards.ts";
import type { Env } from "./env.ts";
import type { Isolate } from "./isolate.ts";

/**
 * Starts the next exchange unless one is under way. Nobody waits for it.
 * @returns whether it now hangs on this invocation
 */
export function keepInTouch(isolate: Isolate, env: Env, ctx: ExecutionContext, now: number): boolean {
  if (isolate.exchange.isUnderWay(now)) return false;
  const exchange = isolate.exchange.schedule(exchangeDeps(isolate, env));
  // Who waits for the first lease makes no further request that would ask for it.
  const again = (): void => {
    const later = Date.now();
    if (isolate.awaitsFirstLease(later)) keepInTouch(isolate, env, ctx, later);
  };
  if (exchange) ctx.waitUntil(exchange.then(again));
  return exchange !== null;
}

/** How a request waits for what the exchange brings. @param later keeps work alive when the request is gone */
export function carriageFor(isolate: Isolate, env: Env, later: (work: Promise<unknown>) => void): Carriage {
  return {
    bring: (look, patienceMs) => isolate.exchange.bring(look, patienceMs, later, exchangeDeps(isolate, env)),
    now: Date.now,
  };
}

function exchangeDeps(isolate: Isolate, env: Env): ExchangeDeps {
  const wait = (ms: number): Promise<unknown> => scheduler.wait(ms);
  return {
    partner: (detour) => counterShard(env, (isolate.home + detour) % SHARD_COUNT),
    summarize: () => isolate.summarize(Date.now()),
    known: () => isolate.known,
    obey: (reply, now) => isolate.obey(reply, now),
    runErrands: (errands) =>
      new Courier({ ask: (owner, part) => askOwner(env, owner, part), wait, now: Date.now }).run(errands),
    wait,
    now: Date.now,
    random: Math.random,
    say: (event) => console.warn(event),
  };
}

/**
 * Strict budgets on the way of a request. The tally has let it pass already; here a token is spent that was granted for it.
 *
 * When the shard does not answer in time the table of failures says what then.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge } from "../policy/verdict.ts";
import { ownerOf, SHARD_COUNT } from "./shard.ts";
import { counterShard, type ObjectsEnv } from "./shards.ts";
import type { StrictPurses } from "./strict.ts";

/** How long one who signs in waits for a counter, ms. */
const PATIENCE_MS = 250;
/** Who is refused because a counter is away may try soon, seconds. */
const UNANSWERED_RETRY_S = 5;

/** @returns null when nothing stands against the request, else the budget that is spent */
export async function spendStrictly(
  charges: readonly Charge[],
  purses: StrictPurses,
  env: ObjectsEnv,
  unanswered: "forward" | "closed",
): Promise<{ readonly kind: "limit"; readonly retryAfterS: number; readonly budget: Budget } | null> {
  for (const { budget, key, scale } of charges) {
    if (!budget.strict) continue;
    const scaled = { name: budget.name, emissionMs: budget.emissionMs / scale, toleranceMs: budget.toleranceMs };
    const outcome = await purses.spend(scaled, key, {
      ask: (request) => counterShard(env, ownerOf(request.hi, SHARD_COUNT)).grant(request),
      wait: (ms) => scheduler.wait(ms),
      now: Date.now,
      patienceMs: PATIENCE_MS,
    });
    if (outcome.kind === "refused")
      return { kind: "limit", retryAfterS: Math.ceil(outcome.retryAfterMs / 1000), budget };
    if (outcome.kind === "unanswered" && unanswered === "closed")
      return { kind: "limit", retryAfterS: UNANSWERED_RETRY_S, budget };
  }
  return null;
}

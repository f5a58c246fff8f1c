/**
 * Strict budgets on the way of a request. The tally has let it pass already; here a token is spent that was granted for it.
 *
 * What is known to be refused is refused before anything is asked: a flood from a network whose sign-ins are spent would
 * otherwise ask for each of its prefixes first, and spend what those have for nothing.
 *
 * When the shard does not answer in time the table of failures says what then.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge } from "../policy/verdict.ts";
import type { StrictDeps, StrictPurses } from "./strict.ts";

/** Who is refused because a counter is away may try soon, seconds. */
const UNANSWERED_RETRY_S = 5;

interface Refused {
  readonly kind: "limit";
  readonly retryAfterS: number;
  readonly budget: Budget;
}

/** Whether there is anything to spend so: nearly never, and then nobody waits. */
export function spendsStrictly(charges: readonly Charge[]): boolean {
  for (const { budget } of charges) if (budget.strict) return true;
  return false;
}

/** @returns null when nothing stands against the request, else the budget that is spent */
export async function spendStrictly(
  charges: readonly Charge[],
  purses: StrictPurses,
  deps: StrictDeps,
  unanswered: "forward" | "closed",
): Promise<Refused | null> {
  const strict = charges.filter(({ budget }) => budget.strict);
  for (const { budget, key } of strict) {
    const waitMs = purses.refusedForMs(budget, key, deps.now());
    if (waitMs > 0) return limit(budget, waitMs / 1000);
  }
  for (const { budget, key, scale } of strict) {
    const scaled = { name: budget.name, emissionMs: budget.emissionMs / scale, toleranceMs: budget.toleranceMs };
    const outcome = await purses.spend(scaled, key, deps);
    if (outcome.kind === "refused") return limit(budget, outcome.retryAfterMs / 1000);
    if (outcome.kind === "unanswered" && unanswered === "closed") return limit(budget, UNANSWERED_RETRY_S);
  }
  return null;
}

function limit(budget: Budget, retryAfterS: number): Refused {
  return { kind: "limit", retryAfterS: Math.ceil(retryAfterS), budget };
}

/**
 * Strict budgets on the way of a request. The tally has let it pass already; here a token is spent that was granted for it.
 *
 * The network's token comes before the prefix's: whoever rotates prefixes has then spent what her network has before anybody
 * is asked about them. What a finer budget refuses costs the coarser nothing, or one prefix could starve its network.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge } from "../policy/verdict.ts";
import type { StrictDeps, StrictPurses } from "./strict.ts";

/** Who is refused because a counter is away may try soon, ms. */
const UNANSWERED_RETRY_MS = 5000;

export type StrictSpending =
  /** `giveBack`: it did not go to the origin after all, so that somebody else may. */
  | { readonly kind: "spent"; readonly giveBack: () => void }
  /** This budget has nothing left for it. */
  | { readonly kind: "refused"; readonly budget: Budget; readonly retryAfterS: number };

/** Whether there is anything to spend so: nearly never, and then nobody waits. */
export function spendsStrictly(charges: readonly Charge[]): boolean {
  for (const { budget } of charges) if (budget.strict) return true;
  return false;
}

/** @param unanswered what the table of failures says when the shard does not answer in time */
export async function spendStrictly(
  charges: readonly Charge[],
  purses: StrictPurses,
  deps: StrictDeps,
  unanswered: "forward" | "closed",
): Promise<StrictSpending> {
  const strict = charges.filter(({ budget }) => budget.strict);
  const now = deps.now();
  for (const { budget, key } of strict) {
    const refusedForMs = purses.refusedForMs(budget, key, now);
    if (refusedForMs > 0) return refusal(budget, refusedForMs);
  }
  const taken: (() => void)[] = [];
  const giveBack = (): void => {
    for (const each of taken.splice(0)) each();
  };
  for (const { budget, key, scale } of strict.sort(coarserFirst)) {
    const scaled = { name: budget.name, emissionMs: budget.emissionMs / scale, toleranceMs: budget.toleranceMs };
    const outcome = await purses.spend(scaled, key, deps);
    if (outcome.kind === "granted") taken.push(outcome.giveBack);
    else if (outcome.kind === "refused" || unanswered === "closed") {
      giveBack();
      return refusal(budget, outcome.kind === "refused" ? outcome.retryAfterMs : UNANSWERED_RETRY_MS);
    }
  }
  return { kind: "spent", giveBack };
}

function coarserFirst(a: Charge, b: Charge): number {
  return Number(b.budget.per === "network") - Number(a.budget.per === "network");
}

function refusal(budget: Budget, retryAfterMs: number): StrictSpending {
  return { kind: "refused", budget, retryAfterS: Math.ceil(retryAfterMs / 1000) };
}

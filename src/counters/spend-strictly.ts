/**
 * Strict budgets on the way of a request. The tally has let it pass already; here a token is spent that was granted for it.
 *
 * One exchange asks about all its budgets, and tokens are taken when there is one of each, all at the same moment: nobody holds
 * one while she waits for another, and what a finer budget refuses costs the coarser nothing, or one prefix could starve its
 * network. A network that is refused refuses what comes from it without a question about prefixes.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge } from "../policy/verdict.ts";
import type { Carriage } from "./errands.ts";
import { STRICT_PATIENCE_MS } from "./patience.ts";
import type { Figures, Found, StrictPurses, Wanted } from "./strict.ts";

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
  carriage: Carriage,
  unanswered: "forward" | "closed",
): Promise<StrictSpending> {
  const strict = charges.filter(({ budget }) => budget.strict).sort(coarserFirst);
  const waiter = new Set<Wanted>();
  const look = (now: number): StrictSpending | null =>
    refusedBefore(strict, purses, now) ??
    spendAll(strict, unanswered, (charge) => purses.find(figuresOf(charge), charge.key, now, waiter));
  const found = await carriage.bring(look, STRICT_PATIENCE_MS);
  if (found) return found;
  const now = carriage.now();
  return spendAll(strict, unanswered, (charge) => purses.findAtLast(figuresOf(charge), charge.key, now));
}

/** What is refused already costs nothing, and asks about nothing else. */
function refusedBefore(strict: readonly Charge[], purses: StrictPurses, now: number): StrictSpending | null {
  for (const { budget, key } of strict) {
    const refusedForMs = purses.refusedForMs(budget, key, now);
    if (refusedForMs > 0) return refusal(budget, refusedForMs);
  }
  return null;
}

/** Null while one is waited for: then none is taken. */
function spendAll<Result extends Found | null>(
  strict: readonly Charge[],
  unanswered: "forward" | "closed",
  find: (charge: Charge) => Result,
): StrictSpending | Extract<Result, null> {
  const tokens: (() => () => void)[] = [];
  let waits: Extract<Result, null> | undefined;
  for (const charge of strict) {
    const found = find(charge);
    if (found === null) waits = found as Extract<Result, null>;
    else if (found.kind === "token") tokens.push(found.take);
    else if (found.kind === "refused") return refusal(charge.budget, found.retryAfterMs);
    else if (unanswered === "closed") return refusal(charge.budget, UNANSWERED_RETRY_MS);
  }
  if (waits !== undefined) return waits;
  const taken = tokens.map((take) => take());
  return {
    kind: "spent",
    giveBack: () => {
      for (const each of taken.splice(0)) each();
    },
  };
}

function figuresOf({ budget, scale }: Charge): Figures {
  return { name: budget.name, emissionMs: budget.emissionMs / scale, toleranceMs: budget.toleranceMs };
}

function coarserFirst(a: Charge, b: Charge): number {
  return Number(b.budget.per === "network") - Number(a.budget.per === "network");
}

function refusal(budget: Budget, retryAfterMs: number): StrictSpending {
  return { kind: "refused", budget, retryAfterS: Math.ceil(retryAfterMs / 1000) };
}

/** How much of a budget is in use, and whose. Pure: the counters are looked up, nothing is spent. */
import type { Lane } from "../identity/identity.ts";
import type { Charge, CounterView } from "./verdict.ts";

/** A person who reads uses a tenth of her budget, one who signs in a fifth; a program that asks as fast as it may soon uses all. */
const MUCH = 1 / 3;

/** Share of its burst that a key has in use: 0 when it spent nothing lately, 1 when it may spend no more. */
export function shareInUse(counters: CounterView, { budget, key, scale }: Charge, now: number): number {
  const debtS = counters.waitSeconds({ budget: { ...budget, toleranceMs: 0 }, key, cost: 0, scale }, now);
  return (debtS * 1000) / budget.toleranceMs;
}

/**
 * Whether a stranger has lately had much more than one who reads: in an attack she lets others of her class go first. So
 * whoever buys clearances to flood with has to buy one for each person's worth of room.
 *
 * @param charges what her request spends
 */
export function hasHadMuch(lane: Lane, charges: readonly Charge[], counters: CounterView, now: number): boolean {
  if (lane !== "unknown" && lane !== "cleared") return false;
  const per = lane === "cleared" ? "clearance" : "address";
  return charges.some((charge) => charge.budget.per === per && shareInUse(counters, charge, now) > MUCH);
}

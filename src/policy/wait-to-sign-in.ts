/**
 * Who signs in may wait for room as long as a doctor (origin/sign-ins.ts), if she shows something that was verified: on her
 * return a transaction, which we began with her; with the form that starts it a clearance, a visit ticket, or a pass that has
 * run out.
 *
 * It must not be free for bots that collect those: a clearance pays for what it asks in any case, a ticket is worth four such
 * waits or POSTs, and a device has a budget. Pure: the counters are looked up, nothing is spent.
 */
import type { Identity } from "../identity/identity.ts";
import { ticketFor } from "../identity/visit.ts";
import type { Facts } from "../request/facts.ts";
import type { Budget } from "./policy.ts";
import { REASONS } from "./reasons.ts";
import type { Charge, CounterView, Decision } from "./verdict.ts";

/** Somebody who mistypes her password, and has no room at first; a stolen pass that has run out gets no more, wherever it is used. */
const ONE_DEVICE: Budget = {
  name: "sign-ins from one known device",
  per: "principal",
  lanes: null,
  routes: null,
  perMinute: 6,
  burst: 6,
  emissionMs: 10_000,
  toleranceMs: 60_000,
  counts: "requests",
  strict: false,
  then: "limit",
};

/** What her wait spends beyond what the request does. Null: she waits no longer than others. */
export function priceOfWait(
  facts: Facts,
  identity: Identity,
  { route, reason }: Pick<Decision, "route" | "reason">,
  counters: CounterView,
  now: number,
): readonly Charge[] | null {
  const { transaction, clearance, device } = identity;
  if (route.signIn === "return") return transaction === null ? null : [];
  if (route.signIn !== "start" || facts.method !== "POST" || facts.site !== "same-origin") return null;
  if (clearance !== null || reason === REASONS.visitTicket) return [];
  return ticketFor(facts, identity, counters, now) ?? (device === null ? null : chargeOf(device, counters, now));
}

function chargeOf(device: string, counters: CounterView, now: number): readonly Charge[] | null {
  const charge: Charge = { budget: ONE_DEVICE, key: device, cost: 1, scale: 1 };
  return counters.waitSeconds(charge, now) === 0 ? [charge] : null;
}

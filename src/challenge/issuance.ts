/**
 * How many clearances one prefix may be given. Counted like any budget: in the isolate's tally, told with the exchange; only
 * who has earned one is counted, so asking costs a neighbour nothing.
 */
import type { Budget } from "../policy/policy.ts";
import { REASONS } from "../policy/reasons.ts";
import { roomForSeats } from "../policy/room.ts";
import type { Charge } from "../policy/verdict.ts";
import type { ClientAddress } from "../request/address.ts";

/** By work. A mobile operator's prefix has thousands of people behind it: they get dearer puzzles long before none. */
export const ISSUANCE: Budget = budget("clearances for one prefix", 120, 600);

/** By waiting, which costs a bot nothing but time: few. */
export const WAITING: Budget = budget(REASONS.byWaiting, 6, 30);

/** @param seats of the registered facility in which the address lies; 0 without one */
export function issuanceCharge(of: Budget, address: ClientAddress, seats: number): Charge {
  return { budget: of, key: address.prefix, cost: 1, scale: roomForSeats(seats) };
}

function budget(name: string, perMinute: number, burst: number): Budget {
  const emissionMs = 60_000 / perMinute;
  const figures = { name, perMinute, burst, emissionMs, toleranceMs: burst * emissionMs };
  return {
    ...figures,
    per: "prefix",
    lanes: null,
    routes: null,
    counts: "requests",
    strict: false,
    then: "limit",
  };
}

/** A visit ticket on its way to the browser, with a page of the origin's. */
import type { Identity } from "../identity/identity.ts";
import { mayBringTicket, readVisit, ticketCookie } from "../identity/visit.ts";
import type { Charge, CounterView } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { withOwnCookies } from "./own-cookies.ts";

/** What an isolate lends. */
export interface Means {
  readonly sealer: Sealer | null;
  readonly tally: CounterView & { apply(charges: readonly Charge[], now: number): void };
}

/**
 * @param noteNewcomer told when her browser had none
 * @returns the very response, not a promise, where it brings none
 */
export function bringTicket(
  response: Response,
  facts: Facts,
  { facility }: Identity,
  { sealer, tally }: Means,
  noteNewcomer: () => void,
): Response | Promise<Response> {
  return sealer !== null && mayBringTicket(facts, response)
    ? withTicket(response, facts, facility, sealer, tally, noteNewcomer)
    : response;
}

async function withTicket(
  response: Response,
  facts: Facts,
  facility: Identity["facility"],
  sealer: Sealer,
  tally: Means["tally"],
  noteNewcomer: () => void,
): Promise<Response> {
  const now = Date.now();
  const old = await readVisit(sealer, facts, now);
  if (old === null) noteNewcomer();
  const spend = (charge: Charge): boolean => {
    const fits = tally.waitSeconds(charge, now) === 0;
    if (fits) tally.apply([charge], now);
    return fits;
  };
  const cookie = await ticketCookie(sealer, facts, facility, old, spend, now, () => crypto.randomUUID());
  return cookie === null ? response : withOwnCookies(response, [cookie]);
}

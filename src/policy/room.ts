/**
 * How many times its budget a key has: by the seats of a registered facility, or by the proven people who were seen there
 * lately. What is counted by address or prefix would else hold a hospital to what is meant for a family.
 */
import type { Identity } from "../identity/identity.ts";
import type { Budget } from "./policy.ts";

/** People whom a budget by prefix, or one for what the shield itself does, is meant for where nobody is registered. */
const SEATS_OF_ORDINARY = 20;
/** People whom an address's budget is meant for: so many at 30 requests a minute. */
const SEATS_OF_ORDINARY_ADDRESS = 10;
/** Who was seen first there earns no room: a stolen pass on tour would make some wherever it goes. */
const PEOPLE_WHO_EARN_NOTHING = 2;
/**
 * More than any hospital of the country has at work behind one address. Whoever holds thousands of stolen passes must not
 * buy strangers room without end with them; besides, beyond that an estimate from 512 bits is a guess (counters/company.ts).
 */
const PEOPLE_WHO_EARN_MOST = 1_000;

/**
 * A facility's budgets are by the seat; a prefix in which one lies has room for its people beside a few strangers. Where
 * nobody is registered, the proven people who were seen there make room as if each had a seat. A clearance may have a part of
 * its budget only, but never so little that this request could not pass at all.
 */
export function scaleOf(
  { per, burst }: Budget,
  { facility, clearanceShare }: Pick<Identity, "facility" | "clearanceShare">,
  cost: number,
  people: () => number,
): number {
  switch (per) {
    case "principal":
    case "transaction":
    case "network":
      return 1;
    case "clearance":
      return Math.max(clearanceShare, Math.min(1, cost / burst));
    case "facility":
      return facility?.seats ?? 1;
    case "address":
      return roomAtAddress(people());
    case "prefix":
      return roomForSeats(facility?.seats ?? earning(people()));
  }
}

/** What the shield itself does for whoever asks from an address: checks proofs, hands out puzzles. */
export function roomForOurWork(seats: number | null, people: () => number): number {
  return seats === null ? roomAtAddress(people()) : roomForSeats(seats);
}

/** People of a facility beside a few strangers. */
export function roomForSeats(seats: number): number {
  return 1 + seats / SEATS_OF_ORDINARY;
}

/** How many times an ordinary address's budget: by the proven people who were seen there. */
function roomAtAddress(people: number): number {
  return 1 + earning(people) / SEATS_OF_ORDINARY_ADDRESS;
}

function earning(people: number): number {
  return Math.min(PEOPLE_WHO_EARN_MOST, Math.max(0, people - PEOPLE_WHO_EARN_NOTHING));
}

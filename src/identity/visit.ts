/**
 * The visit ticket: whoever got a page through the shield in calm may hand in its form although strangers are challenged by
 * then. It is worth a few POSTs from forms of the same site within some hours, and nothing else. Its random id also says
 * which browser a sealed form belongs to (src/resend/subject.ts).
 *
 * It must not become a free pass for bots that collect tickets in calm: one address is given only so many, a ticket buys
 * four POSTs and less from another network, those of one prefix are counted together, and each is charged to its address
 * like any other request. What is left is a price: an address that waited for hours may send some dozens of POSTs.
 */
import { networksOf } from "../challenge/network.ts";
import { shapedAtLeast } from "../fields.ts";
import type { Budget } from "../policy/policy.ts";
import { roomForSeats } from "../policy/room.ts";
import type { Charge, CounterView } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import type { Identity } from "./identity.ts";

export const VISIT_COOKIE = "__Host-shield-visit";

export const WORTH_FOR_MS = 4 * 3_600_000;
/** The id serves for longer than the POSTs: a form may be on a page of ours meanwhile. */
const KNOWN_FOR_MS = 24 * 3_600_000;
const CLOCK_SKEW_MS = 60_000;
/** Elsewhere than where it was issued, a POST costs as much of the ticket: a doctor who walks to another Wi-Fi has one. */
const COST_ELSEWHERE = 4;

export interface Visit {
  readonly id: string;
  readonly issuedAtMs: number;
  /** Whether this is the network that it was issued to. */
  readonly atHome: boolean;
}

const HOUR_MS = 3_600_000;

function budget(name: string, per: Budget["per"], burst: number, emissionMs: number): Budget {
  const perMinute = 60_000 / emissionMs;
  const toleranceMs = burst * emissionMs;
  const shared = { lanes: null, routes: null, counts: "requests", strict: false, then: "limit" } as const;
  return { name, per, perMinute, burst, emissionMs, toleranceMs, ...shared };
}

/** POSTs of one ticket. */
const ONE_TICKET = budget("one visit ticket", "clearance", 4, HOUR_MS);
/** POSTs by tickets from one prefix. */
const TICKETS_OF_PREFIX = budget("visit tickets of one prefix", "prefix", 60, 2_000);
/** Tickets given to one address. */
const GIVEN_TO_ADDRESS = budget("visit tickets given to one address", "address", 30, 60_000);

const FORM_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/** What only a form of this very site sends: a script could say anything, and a form of another site brings forgeries. */
export function isOwnForm({ method, asker, site, headers, hasBody }: Facts): boolean {
  if (method !== "POST" || asker !== "navigation" || site !== "same-origin") return false;
  const type = headers.contentType.toLowerCase();
  return type === "" ? !hasBody : FORM_TYPES.some((known) => type.startsWith(known));
}

/** Whether there is a ticket where one matters. */
export function presentsTicket(facts: Facts): boolean {
  return facts.cookies.visit !== "" && isOwnForm(facts);
}

/** Null without a good ticket. */
export async function readVisit(
  sealer: Sealer,
  { cookies, host, address }: Facts,
  nowMs: number,
): Promise<Visit | null> {
  if (cookies.visit === "") return null;
  const fields = shapedAtLeast(await sealer.open("visit", cookies.visit), ["string", "string", "string", "number"]);
  if (!fields) return null;
  const [id, forHost, network, issuedAtMs] = fields;
  if (forHost !== host || nowMs > issuedAtMs + KNOWN_FOR_MS || issuedAtMs > nowMs + CLOCK_SKEW_MS) return null;
  return { id, issuedAtMs, atHome: (await networksOf(sealer, address)).includes(network) };
}

/**
 * What handing in this form would spend of the ticket. Null when there is none that is good for it, or when it is spent.
 * Pure: part of `decide`.
 */
export function ticketFor(
  facts: Facts,
  { visit, facility }: Identity,
  counters: CounterView,
  now: number,
): readonly Charge[] | null {
  if (visit === null || now > visit.issuedAtMs + WORTH_FOR_MS || !isOwnForm(facts)) return null;
  const charges: readonly Charge[] = [
    { budget: ONE_TICKET, key: visit.id, cost: visit.atHome ? 1 : COST_ELSEWHERE, scale: 1 },
    { budget: TICKETS_OF_PREFIX, key: facts.address.prefix, cost: 1, scale: scaleOf(facility) },
  ];
  return charges.every((charge) => counters.waitSeconds(charge, now) === 0) ? charges : null;
}

/** Whether this answer should bring a ticket: a page of the origin's that is nobody else's, shown to a person. */
export function mayBringTicket({ method, asker }: Facts, { status, headers }: Response): boolean {
  if (method !== "GET" || asker !== "navigation" || status < 200 || status > 299) return false;
  const isPage = headers.get("Content-Type")?.toLowerCase().startsWith("text/html") ?? false;
  return isPage && !/\b(public|s-maxage)\b/.test(headers.get("Cache-Control")?.toLowerCase() ?? "");
}

/**
 * The cookie of a new ticket, or of the old one with new hours. Null while the old one is in its first half, and when the
 * address has had its share.
 *
 * @param old what her browser brought
 * @param spend spends from the address's share, or says that it is used up
 * @param randomId gives a fresh one
 */
export async function ticketCookie(
  sealer: Sealer,
  facts: Facts,
  facility: Identity["facility"],
  old: Visit | null,
  spend: (charge: Charge) => boolean,
  nowMs: number,
  randomId: () => string,
): Promise<string | null> {
  if (old && nowMs < old.issuedAtMs + WORTH_FOR_MS / 2) return null;
  const given = { budget: GIVEN_TO_ADDRESS, key: facts.address.key, cost: 1, scale: scaleOf(facility) };
  if (!spend(given)) return null;
  const [network = ""] = await networksOf(sealer, facts.address);
  // A new life, but the same id: what it has spent stays spent, and forms on open pages stay hers.
  const value = await sealer.seal("visit", [old?.id ?? randomId(), facts.host, network, nowMs]);
  return `${VISIT_COOKIE}=${value}; Max-Age=${KNOWN_FOR_MS / 1000}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

function scaleOf(facility: Identity["facility"]): number {
  return roomForSeats(facility?.seats ?? 0);
}

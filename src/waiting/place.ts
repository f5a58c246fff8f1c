/**
 * A place in the waiting room's line: when somebody came, sealed into her cookie. One for a person, however many tabs; it
 * outlives restarts of anything of ours. It is hers: bound to her account or clearance, else to her network, so that an early
 * place is no ticket for a botnet.
 *
 * Accepted trade-off: a stranger who changes her network while she waits, without clearance, begins anew.
 */
import { networksOf } from "../challenge/network.ts";
import { shapedAtLeast } from "../fields.ts";
import type { Identity } from "../identity/identity.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";

export const PLACE_COOKIE = "__Host-shield-place";
/** From the last page that showed it: however long she waited, she has hours to come when her turn has come. */
export const PLACE_HOLDS_S = 4 * 3600;
/** In all: a place of yesterday is no place in the line of today. */
export const PLACE_HOLDS_MOST_S = 24 * 3600;
const CLOCK_SKEW_MS = 60_000;

/** Milliseconds since 1970. */
export interface Place {
  readonly cameAt: number;
  /** When a page last showed it. */
  readonly shownAt: number;
}

/** Null when she has no place of ours. */
export async function readPlace(sealer: Sealer, facts: Facts, identity: Identity, now: number): Promise<Place | null> {
  if (facts.cookies.place === "") return null;
  const opened = await sealer.open("place", facts.cookies.place);
  const fields = shapedAtLeast(opened, ["string", "string", "number"]);
  if (fields === null) return null;
  const [host, owner, cameAt] = fields;
  // Places that an earlier version gave say only when she came.
  const [, , , shownAt] = shapedAtLeast(opened, ["string", "string", "number", "number"]) ?? [...fields, cameAt];
  if (host !== facts.host || Math.max(cameAt, shownAt) > now + CLOCK_SKEW_MS) return null;
  if (now > shownAt + PLACE_HOLDS_S * 1000 || now > cameAt + PLACE_HOLDS_MOST_S * 1000) return null;
  return (await ownersOf(sealer, facts, identity)).includes(owner) ? { cameAt, shownAt } : null;
}

/** The Set-Cookie value. Given anew with each page, so that it follows her from her network to her clearance, and lasts. */
export async function placeCookie(
  sealer: Sealer,
  facts: Facts,
  identity: Identity,
  { cameAt, shownAt }: Place,
): Promise<string> {
  const [owner = ""] = await ownersOf(sealer, facts, identity);
  const value = await sealer.seal("place", [facts.host, owner, cameAt, shownAt]);
  return `${PLACE_COOKIE}=${value}; Max-Age=${PLACE_HOLDS_S}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

/** What may stand for her, the surest first. */
async function ownersOf(
  sealer: Sealer,
  { address }: Facts,
  { principal, clearance }: Identity,
): Promise<readonly string[]> {
  const ids = [principal, clearance].filter((id) => id !== null);
  return [...ids, ...(await networksOf(sealer, address))];
}

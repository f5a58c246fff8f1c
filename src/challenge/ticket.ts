/**
 * The ticket in a challenge page: a sealed note of who was stopped, why and when. It opens the page without the puzzle, in
 * one of two ways: whoever waits long enough, by the shield's clock, gets a clearance of half the budget; whoever reads the
 * page's support code to the help desk gets a whole one when an operator lets her in. Once either way.
 *
 * The support code is 40 bits of the ticket's own MAC: nothing is stored to issue it, each page has its own, and a grant for it
 * is of no use to anybody without the page. Accepted trade-off: one HMAC for each challenge page.
 */

import { type Bytes, fromBase64url, toHex } from "../bytes.ts";
import { shapedAtLeast } from "../fields.ts";
import type { Lane } from "../identity/identity.ts";
import type { Posture } from "../policy/verdict.ts";
import type { Sealer } from "../seal.ts";
import { spellCode } from "../support-code.ts";
import { CLOCK_SKEW_MS } from "./puzzle.ts";

/** Long enough to reach a help desk. */
export const TICKET_TTL_MS = 30 * 60_000;
export const TICKET_ID_BYTES = 16;
/** A longer one is not kept: the home page opens instead. */
const TARGET_MAX_CHARS = 512;
const TAG_BYTES = 32;

export interface Ticket {
  /** 32 hex digits. */
  readonly id: string;
  readonly issuedAtMs: number;
  readonly host: string;
  /** Path and query that were asked for. */
  readonly target: string;
  /** Name of the rule, budget or posture that stopped the request. */
  readonly reason: string;
  readonly lane: string;
  readonly posture: string;
}

export interface Stopped {
  readonly host: string;
  readonly target: string;
  readonly reason: string;
  readonly lane: Lane;
  readonly posture: Posture;
}

/** @param randomId 16 fresh random bytes */
export function issueTicket(sealer: Sealer, stopped: Stopped, nowMs: number, randomId: Bytes): Promise<string> {
  const { host, reason, lane, posture } = stopped;
  const target = stopped.target.length <= TARGET_MAX_CHARS ? stopped.target : "/";
  return sealer.seal("ticket", [toHex(randomId), nowMs, host, target, reason, lane, posture]);
}

/** Null for a ticket that is forged, expired, from the future, or of another host. */
export async function readTicket(sealer: Sealer, token: string, host: string, nowMs: number): Promise<Ticket | null> {
  const kinds = ["string", "number", "string", "string", "string", "string", "string"] as const;
  const fields = shapedAtLeast(await sealer.open("ticket", token), kinds);
  if (!fields) return null;
  const [id, issuedAtMs, sealedHost, target, reason, lane, posture] = fields;
  if (nowMs >= issuedAtMs + TICKET_TTL_MS || issuedAtMs > nowMs + CLOCK_SKEW_MS || sealedHost !== host) return null;
  return { id, issuedAtMs, host, target, reason, lane, posture };
}

/** The support code of a ticket that we sealed. */
export function codeOf(token: string): string {
  return spellCode((fromBase64url(token) ?? new Uint8Array(TAG_BYTES)).subarray(-TAG_BYTES));
}

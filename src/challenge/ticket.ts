/**
 * The ticket in a challenge page: 128 random bits, when it was made, and the page's support code, sealed together with the
 * address that was asked for. It opens the page without the puzzle, in one of two ways: whoever waits long enough, by the
 * shield's clock, gets a clearance of half the budget; whoever reads the page's support code to the help desk gets a whole
 * one when an operator lets her in. Once either way. Who was stopped and why stands in the code (support-code.ts).
 *
 * Nothing is stored to issue it, and a grant for its code is of no use to anybody without the page. Accepted trade-off: the
 * tag is 64 bits of SipHash-2-4 instead of an HMAC, so that a flood of pages costs what prebuilt ones cost. To guess one takes
 * 2^63 requests to us; what it opens is half of what a puzzle of 0.2 s buys.
 */
import { wordToHex } from "../bytes.ts";
import type { Sealer } from "../seal.ts";
import { type KeyHash, type SipKey, sipHash } from "../siphash.ts";
import { CLOCK_SKEW_MS } from "./puzzle.ts";

/** Long enough to reach a help desk. */
export const TICKET_TTL_MS = 30 * 60_000;
/** A longer one is not kept: the home page opens instead. */
const TARGET_MAX_CHARS = 512;

export interface Ticket {
  /** 32 hex digits. */
  readonly id: string;
  readonly issuedAtMs: number;
  /** Path and query that were asked for. */
  readonly target: string;
  readonly supportCode: string;
}

/** What a page holds of it: both go into the address that opens it. */
export interface TicketLink {
  readonly ticket: string;
  readonly target: string;
}

/** Another layout needs another letter in front: old and new versions run side by side. */
const TOKEN = /^a([0-9a-f]{32})([0-9a-f]{11})([0-9A-Z]{4}-[0-9A-Z]{4})([0-9a-f]{16})$/;
const TIME_CHARS = 11;
const TAG_CHARS = 16;

/** @param randomId 32 fresh random hex digits */
export function issueTicket(
  sealer: Sealer,
  stopped: { readonly host: string; readonly target: string; readonly supportCode: string },
  nowMs: number,
  randomId: string,
): TicketLink {
  const [key] = sealer.quickKeys("ticket");
  if (!key) throw new Error("a sealer has a current secret");
  const target = isPlain(stopped.target) ? stopped.target : "/";
  const time = spelled({ hi: Math.floor(nowMs / 2 ** 32), lo: nowMs >>> 0 }).slice(-TIME_CHARS);
  const body = `a${randomId}${time}${stopped.supportCode}`;
  return { ticket: body + spelled(tagOf(key, body, stopped.host, target)), target };
}

/** Null for a ticket that is forged, expired, from the future, or of another host or target. */
export function readTicket(sealer: Sealer, { ticket, target }: TicketLink, host: string, nowMs: number): Ticket | null {
  const [, id, issuedAt = "", supportCode, tag] = TOKEN.exec(ticket) ?? [];
  if (id === undefined || supportCode === undefined || !isPlain(target)) return null;
  const issuedAtMs = Number.parseInt(issuedAt, 16);
  if (nowMs >= issuedAtMs + TICKET_TTL_MS || issuedAtMs > nowMs + CLOCK_SKEW_MS) return null;
  const body = ticket.slice(0, -TAG_CHARS);
  const ours = sealer.quickKeys("ticket").some((key) => spelled(tagOf(key, body, host, target)) === tag);
  return ours ? { id, issuedAtMs, target, supportCode } : null;
}

/** What the runtime makes of any address is ASCII; so the whole of it is tagged, whatever its length. */
function isPlain(target: string): boolean {
  return target.length <= TARGET_MAX_CHARS && /^\/[!-~]*$/.test(target);
}

/** The first part has a fixed length, and no line ends in a host or a target: one tuple, one text. */
function tagOf(key: SipKey, body: string, host: string, target: string): KeyHash {
  return sipHash(key, `${body}${host}\n${target}`);
}

function spelled({ hi, lo }: KeyHash): string {
  return wordToHex(hi) + wordToHex(lo);
}

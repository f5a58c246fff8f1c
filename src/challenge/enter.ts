/** A ticket becomes a clearance, once: by waiting, or because the help desk let its bearer in. */
import { shareInUse } from "../policy/in-use.ts";
import type { Charge, CounterView, Posture } from "../policy/verdict.ts";
import type { Sealer } from "../seal.ts";
import { mintClearance } from "./clearance.ts";
import { type Issuance, type Spend, trySpend } from "./redeem.ts";
import { readTicket, TICKET_TTL_MS, type Ticket, type TicketLink } from "./ticket.ts";

/** Reading slowly must cost nothing (WCAG 2.2.1), and a bot's time is cheap: what a wait buys is less than a puzzle. */
const SHORTEST_WAIT_S = 20;
const LONGEST_WAIT_S = 120;
const WAITED_PERCENT = 50;
/** Pages are prebuilt by the seconds that they show. */
const STEP_S = 5;

/**
 * How long one waits who does not work, s. It grows with the posture and with how many from the same prefix came in by
 * waiting lately.
 * @param inUse share in use of what the prefix may be given by waiting
 */
export function waitSeconds(posture: Posture, inUse: number): number {
  const strained = posture === "clinicians-first" || posture === "static-only";
  const seconds = SHORTEST_WAIT_S * (strained ? 2 : 1) * (1 + 4 * inUse);
  return Math.min(LONGEST_WAIT_S, inSteps(seconds));
}

function inSteps(seconds: number): number {
  return Math.ceil(seconds / STEP_S) * STEP_S;
}

/** The same by what is counted for the prefix. */
export function waitSecondsFor(counters: CounterView, waiting: Charge, posture: Posture, now: number): number {
  return waitSeconds(posture, shareInUse(counters, waiting, now));
}

export interface EntryContext {
  readonly host: string;
  /** Keyed hash of the network that asks. */
  readonly network: () => Promise<string>;
  /** Seconds that the ticket must be old by now. */
  readonly waitS: number;
  /** What the prefix may be given by waiting: asked when it is needed, as others come meanwhile. */
  readonly waiting: Issuance;
  /** Takes the help desk's word for this ticket, if there is one; null where it was not asked for. */
  readonly takeGrant: ((ticket: Ticket) => Promise<boolean>) | null;
  readonly spend: Spend;
}

export type Entry =
  | { readonly kind: "cleared"; readonly target: string; readonly clearance: string }
  /** Used before: whoever has its clearance gets through. */
  | { readonly kind: "used"; readonly target: string }
  | { readonly kind: "no-ticket" }
  | NotYet;

/** It stays good. */
export interface NotYet {
  /**
   * `early`: or asked for a grant that there is not. `too-many`: came in from the prefix lately. `unavailable`: no counter could
   * say whether it was used.
   */
  readonly kind: "early" | "too-many" | "unavailable";
  readonly target: string;
  readonly supportCode: string;
  readonly secondsLeft: number;
}

export async function enter(sealer: Sealer, link: TicketLink, context: EntryContext, nowMs: number): Promise<Entry> {
  const { host, waiting, takeGrant, spend } = context;
  const ticket = readTicket(sealer, link, host, nowMs);
  if (!ticket) return { kind: "no-ticket" };
  const { id, target, supportCode } = ticket;
  const granted = takeGrant !== null && (await takeGrant(ticket).catch(() => false));
  if (!granted) {
    const leftMs = ticket.issuedAtMs + context.waitS * 1_000 - nowMs;
    if (leftMs > 0) {
      return { kind: "early", target, supportCode, secondsLeft: inSteps(leftMs / 1_000) };
    }
    const { waitS } = waiting;
    if (waitS > 0)
      return { kind: "too-many", target, supportCode, secondsLeft: Math.max(SHORTEST_WAIT_S, inSteps(waitS)) };
    // Counted before it is spent, or hundreds who come at the same moment would all find room.
    waiting.note();
  }
  switch (await trySpend(spend, id, ticket.issuedAtMs + TICKET_TTL_MS)) {
    case "spent-now": {
      const earned = { id, host, network: await context.network(), percent: granted ? 100 : WAITED_PERCENT };
      return { kind: "cleared", target, clearance: await mintClearance(sealer, earned, nowMs) };
    }
    case "already-spent":
      return { kind: "used", target };
    default:
      return { kind: "unavailable", target, supportCode, secondsLeft: STEP_S };
  }
}

/**
 * A clearance is what a solved puzzle buys: a budget of its own for 30 minutes, renewed while it is used. It is bound to
 * the host, and softly to the network: a change costs half of the budget for some minutes, never a new challenge. It knows
 * the network before this one too, so a device that goes back and forth between IPv4 and IPv6 pays once.
 *
 * Accepted trade-off: it can be shared like any cookie. All who share it share one budget, counted by its id, and each
 * request from a network that is new to it spends double of what all have.
 */

import { shapedAtLeast } from "../fields.ts";
import type { Sealer } from "../seal.ts";
import { CLOCK_SKEW_MS } from "./puzzle.ts";

export const CLEARANCE_COOKIE = "__Host-shield-clearance";
export const CLEARANCE_TTL_MS = 30 * 60_000;
/** Renewal ends here: clearances hoarded before an attack run out even if somebody keeps them warm. */
export const CLEARANCE_LONGEST_MS = 12 * 3_600_000;
/** How long a change of network costs, and what share of the budget is left meanwhile. */
export const MOVE_COSTS_MS = 5 * 60_000;
const SHARE_AFTER_MOVE = 0.5;

export interface Clearance {
  /** Id of what earned it; the key of its budget. Renewal keeps it. */
  readonly id: string;
  /** When it was earned. Renewal keeps it. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly host: string;
  /** Keyed hash of the network that it is used from; "" when unknown. */
  readonly network: string;
  /** The same of the network before; "" when there was none. */
  readonly formerNetwork: string;
  /** When the network changed last; 0 when it never did. */
  readonly movedAtMs: number;
  /** Per cent of a clearance's budget: 100 for a solved puzzle. */
  readonly percent: number;
}

export interface Earned {
  readonly id: string;
  readonly host: string;
  readonly network: string;
  readonly percent: number;
}

export function mintClearance(sealer: Sealer, earned: Earned, nowMs: number): Promise<string> {
  const expiresAtMs = nowMs + CLEARANCE_TTL_MS;
  return sealClearance(sealer, { ...earned, issuedAtMs: nowMs, expiresAtMs, formerNetwork: "", movedAtMs: 0 });
}

/** Wire format: fields are only ever added at the end, or a version beside this one would challenge everybody anew. */
export function sealClearance(sealer: Sealer, clearance: Clearance): Promise<string> {
  const { id, issuedAtMs, expiresAtMs, host, network, formerNetwork, movedAtMs, percent } = clearance;
  return sealer.seal("clearance", [id, issuedAtMs, expiresAtMs, host, network, formerNetwork, movedAtMs, percent]);
}

const KINDS = ["string", "number", "number", "string", "string", "string", "number", "number"] as const;

/** Null for a cookie that is forged, expired, from the future, or for another host. */
export async function readClearance(
  sealer: Sealer,
  cookie: string,
  host: string,
  nowMs: number,
): Promise<Clearance | null> {
  const fields = shapedAtLeast(await sealer.open("clearance", cookie), KINDS);
  if (!fields) return null;
  const [id, issuedAtMs, expiresAtMs, sealedHost, network, formerNetwork, movedAtMs, percent] = fields;
  if (nowMs >= expiresAtMs || expiresAtMs > nowMs + CLEARANCE_TTL_MS + CLOCK_SKEW_MS) return null;
  if (issuedAtMs > nowMs + CLOCK_SKEW_MS || sealedHost !== host) return null;
  if (percent < 1 || percent > 100) return null;
  return { id, issuedAtMs, expiresAtMs, host, network, formerNetwork, movedAtMs, percent };
}

/**
 * Share of a clearance's budget that this one has now, in (0, 1].
 * @param networks hashes of the network that the request came from, one for each accepted secret
 */
export function shareOf(clearance: Clearance, networks: readonly string[], nowMs: number): number {
  const settled = knows(clearance, networks) && nowMs - clearance.movedAtMs >= MOVE_COSTS_MS;
  return (clearance.percent / 100) * (settled ? 1 : SHARE_AFTER_MOVE);
}

/** The clearance as it travels on: past half of its life, or after a change of network. Null while the old one serves. */
export function renewed(clearance: Clearance, networks: readonly string[], nowMs: number): Clearance | null {
  const { issuedAtMs, expiresAtMs, network, formerNetwork } = clearance;
  const moved = !knows(clearance, networks);
  const expiring = expiresAtMs - nowMs <= CLEARANCE_TTL_MS / 2 && expiresAtMs < issuedAtMs + CLEARANCE_LONGEST_MS;
  if (!moved && !expiring) return null;
  return {
    ...clearance,
    expiresAtMs: Math.max(expiresAtMs, Math.min(nowMs + CLEARANCE_TTL_MS, issuedAtMs + CLEARANCE_LONGEST_MS)),
    network: networks[0] ?? "",
    formerNetwork: networks.includes(network) ? formerNetwork : network,
    movedAtMs: moved ? nowMs : clearance.movedAtMs,
  };
}

function knows({ network, formerNetwork }: Clearance, networks: readonly string[]): boolean {
  return networks.some((hash) => hash === network || hash === formerNetwork);
}

/** The Set-Cookie value (RFC 6265 section 4.1). Only for responses that no shared cache keeps. */
export function clearanceCookie(value: string): string {
  return `${CLEARANCE_COOKIE}=${value}; Secure; HttpOnly; Path=/; SameSite=Lax; Max-Age=${CLEARANCE_TTL_MS / 1_000}`;
}

/**
 * A clearance is what a solved puzzle buys: a budget of its own for 30 minutes, renewed while it is used. It is bound to
 * the host, and softly to the network: whoever reads it compares `network` and lowers the budget, so that a doctor who
 * walks from one Wi-Fi to another is not thrown out.
 *
 * Accepted trade-off: it can be shared like any cookie. All who share it share one budget, counted by its id.
 */
import { type Sealer, shaped } from "../seal.ts";
import { CLOCK_SKEW_MS } from "./puzzle.ts";

export const CLEARANCE_COOKIE = "__Host-shield-clearance";
export const CLEARANCE_TTL_MS = 30 * 60_000;
/** Renewal ends here: clearances hoarded before an attack run out even if somebody keeps them warm. */
export const CLEARANCE_LONGEST_MS = 12 * 3_600_000;

export interface Clearance {
  /** Id of the puzzle that earned it; the key of its budget. Renewal keeps it. */
  readonly id: string;
  /** When the puzzle was redeemed. Renewal keeps it. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly host: string;
  /** Keyed hash of the network that was given the puzzle; "" when unknown. */
  readonly network: string;
}

export function mintClearance(
  sealer: Sealer,
  earned: { readonly id: string; readonly host: string; readonly network: string },
  nowMs: number,
): Promise<string> {
  return sealer.seal("clearance", [earned.id, nowMs, nowMs + CLEARANCE_TTL_MS, earned.host, earned.network]);
}

/** Null for a cookie that is forged, expired, from the future, or for another host. */
export async function readClearance(
  sealer: Sealer,
  cookie: string,
  host: string,
  nowMs: number,
): Promise<Clearance | null> {
  const fields = shaped(await sealer.open("clearance", cookie), ["string", "number", "number", "string", "string"]);
  if (!fields) return null;
  const [id, issuedAtMs, expiresAtMs, sealedHost, network] = fields;
  if (nowMs >= expiresAtMs || expiresAtMs > nowMs + CLEARANCE_TTL_MS + CLOCK_SKEW_MS) return null;
  if (issuedAtMs > nowMs + CLOCK_SKEW_MS || sealedHost !== host) return null;
  return { id, issuedAtMs, expiresAtMs, host, network };
}

/** A new value for a clearance past half of its life; null while the old one serves, and once it is too old to renew. */
export async function renewClearance(sealer: Sealer, clearance: Clearance, nowMs: number): Promise<string | null> {
  const { id, issuedAtMs, expiresAtMs, host, network } = clearance;
  if (nowMs >= expiresAtMs || expiresAtMs - nowMs > CLEARANCE_TTL_MS / 2) return null;
  const renewedUntilMs = Math.min(nowMs + CLEARANCE_TTL_MS, issuedAtMs + CLEARANCE_LONGEST_MS);
  if (renewedUntilMs <= expiresAtMs) return null;
  return sealer.seal("clearance", [id, issuedAtMs, renewedUntilMs, host, network]);
}

/** The Set-Cookie value (RFC 6265 section 4.1). Only for responses that no shared cache keeps. */
export function clearanceCookie(value: string, maxAgeS: number): string {
  return `${CLEARANCE_COOKIE}=${value}; Secure; HttpOnly; Path=/; SameSite=Lax; Max-Age=${maxAgeS}`;
}

/**
 * The sign-in transaction: made when signing in began, brought back by the return from the identity provider. That return is
 * a cross-site POST: it carries no other cookie of ours, it can never take a challenge, and its body is lost if anything
 * interrupts it. So it is let through under a budget of its own, and this shows that it belongs to a beginning that we saw.
 *
 * Accepted trade-off: SameSite=None, as any stricter cookie would stay at home. It proves nothing about who signs in.
 */

import { toBase64url } from "../bytes.ts";
import { shapedAtLeast } from "../fields.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";

export const TRANSACTION_COOKIE = "__Host-shield-signin";
const TRANSACTION_S = 600;
const ID_BYTES = 16;
const CLOCK_SKEW_MS = 60_000;

/** Only returns look at it; every other request spares the work. */
export function presentsTransaction({ method, cookies }: Facts): boolean {
  return cookies.signin !== "" && method === "POST";
}

/** Its id, or null when it is none of ours for this host, or older than ten minutes. */
export async function readTransaction(sealer: Sealer, facts: Facts, now: number): Promise<string | null> {
  const fields = shapedAtLeast(await sealer.open("signin", facts.cookies.signin), ["string", "string", "number"]);
  if (fields === null) return null;
  const [host, id, beganAt] = fields;
  return host === facts.host && beganAt <= now + CLOCK_SKEW_MS && now < beganAt + TRANSACTION_S * 1000 ? id : null;
}

/** The Set-Cookie value that begins one. */
export async function transactionCookie(sealer: Sealer, host: string, now: number): Promise<string> {
  const id = toBase64url(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  const value = await sealer.seal("signin", [host, id, now]);
  return `${TRANSACTION_COOKIE}=${value}; Max-Age=${TRANSACTION_S}; ${ATTRIBUTES}`;
}

export function endedTransactionCookie(): string {
  return `${TRANSACTION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;
}

const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=None";

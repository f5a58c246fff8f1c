/** A proof becomes a clearance, once. (A ticket becomes one in enter.ts.) */
import type { Sealer } from "../seal.ts";
import { mintClearance } from "./clearance.ts";
import { type ProofFault, verifyProof } from "./puzzle.ts";

/**
 * Marks a puzzle as spent: insert-if-absent in one place, kept until `expiresAtMs`. Called with verified ids only, so
 * garbage never creates state. The caller bounds how long it may take.
 */
export type Spend = (id: string, expiresAtMs: number) => Promise<"spent-now" | "already-spent" | "unavailable">;

/** What its prefix may still be given: asked before the proof is spent, counted after. */
export interface Issuance {
  /** Seconds until the next one; 0 when it may be given now. */
  readonly waitS: number;
  readonly note: () => void;
}

export type RedeemFault = ProofFault | "too-many" | "already-spent" | "unavailable";

export type RedeemResult =
  | { readonly ok: true; readonly clearance: string }
  | { readonly ok: false; readonly why: RedeemFault };

/**
 * Whatever goes wrong, nothing is minted: the browser asks for another puzzle or comes back later. That its counter is away
 * is no fault of the proof: it stays good until it expires, and the browser hands it in again. What if that goes on is
 * written in ../policy/failures.ts.
 */
export async function redeem(
  sealer: Sealer,
  body: string,
  context: { readonly host: string },
  spend: Spend,
  issuance: Issuance,
  nowMs: number,
): Promise<RedeemResult> {
  const proof = await verifyProof(sealer, body, context, nowMs);
  if (!proof.ok) return proof;
  if (issuance.waitS > 0) return { ok: false, why: "too-many" }; // unspent: it stays good until it expires
  switch (await trySpend(spend, proof.id, proof.expiresAtMs)) {
    case "spent-now": {
      issuance.note();
      const earned = { id: proof.id, host: context.host, network: proof.network, percent: 100 };
      return { ok: true, clearance: await mintClearance(sealer, earned, nowMs) };
    }
    case "already-spent":
      return { ok: false, why: "already-spent" };
    default:
      return { ok: false, why: "unavailable" };
  }
}

/** Whatever goes wrong counts as not spent. */
export async function trySpend(spend: Spend, id: string, expiresAtMs: number): ReturnType<Spend> {
  try {
    return await spend(id, expiresAtMs);
  } catch {
    return "unavailable";
  }
}

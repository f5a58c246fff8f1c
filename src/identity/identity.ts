/** Who is asking, as far as it is proven. `prove` (prove.ts) makes it from the facts. */

import type { Clearance } from "../challenge/clearance.ts";
import type { ProofName } from "./kinds.ts";
import type { Visit } from "./visit.ts";

export type { ProofName };

/** How far a client is known. Order matters: earlier is more trusted. */
export const LANES = ["machine", "clinician", "resident", "cleared", "unknown"] as const;
export type Lane = (typeof LANES)[number];

export interface Identity {
  readonly lane: Lane;
  /** Keyed hash of the proven person or system; null unless the lane is machine, clinician or resident. */
  readonly principal: string | null;
  /** Id inside a verified clearance; null without one. */
  readonly clearance: string | null;
  /** Share of its budget that the clearance has at the moment, in (0, 1]: see challenge/clearance.ts. */
  readonly clearanceShare: number;
  /** The clearance as it should travel on, where it is due for renewal; else null. */
  readonly renewal: Clearance | null;
  /** The visit ticket of whoever hands in a form; null without a good one, and for every other request. */
  readonly visit: Visit | null;
  /** Id of the sign-in transaction that a POST brings back; null without a good one. */
  readonly transaction: string | null;
  /** A pass past its full lane but within its 90 days: may sign in without a challenge, has no clinician share. */
  readonly knownDevice: boolean;
  /** Keyed hash of whoever that pass was for; null without one. */
  readonly device: string | null;
  /** Registered facility whose network this is. It lifts the challenge and scales the budget; it proves nothing. */
  readonly facility: FacilityIdentity | null;
  /** The same where the registration has expired: it counts for nothing, and operators are told. */
  readonly lapsed: FacilityIdentity | null;
  /** What was presented and what became of it, for explanation: a closed list, no free text. */
  readonly evidence: Evidence;
  readonly proof: ProofFacts | null;
  /** The last proof that was presented and refused, or the one that only its clock stands against; null when none was. */
  readonly refusal: Refusal | null;
}

export interface FacilityIdentity {
  readonly name: string;
  readonly seats: number;
}

export type Evidence = "none" | ProofName | "known-device" | "clearance" | "refused";

/** What is known of a proof that holds. Times are milliseconds since 1970. */
export interface ProofFacts {
  /** When its bearer became known to us: of two passes, one from before an attack outranks one from during it. 0: always. */
  readonly since: number;
  /** When it ends; null when it does not by itself. */
  readonly expiresAt: number | null;
  /** How far the client's clock is before ours, ms; null where the proof does not tell. */
  readonly clockSkewMs: number | null;
}

/** Why a proof that was presented counts for nothing. */
export interface Refusal {
  readonly proof: ProofName;
  readonly why: RefusalReason;
  /** How far the client's clock is before ours, ms; null where that is not the reason. */
  readonly clockSkewMs: number | null;
}

export type RefusalReason =
  | "forged" // no signature of ours or of the issuer's
  | "malformed"
  | "expired"
  | "not-yet-valid"
  | "clock" // signed well, but at another time than ours
  | "replayed"
  | "revoked"
  | "not-accepted" // another issuer, audience, algorithm, host or an unknown key
  | "not-checked"; // too many failed from there

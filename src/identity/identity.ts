/** Who is asking, as far as it is proven. `prove` (prove.ts) makes it from the facts. */

import type { Clearance } from "../challenge/clearance.ts";

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
  /** A pass past its full lane but within its 90 days: may sign in without a challenge, has no clinician share. */
  readonly knownDevice: boolean;
  /** Registered facility whose network this is. It lifts the challenge and scales the budget; it proves nothing. */
  readonly facility: FacilityIdentity | null;
  /** What was presented and what became of it, for explanation: a closed list, no free text. */
  readonly evidence: Evidence;
}

export interface FacilityIdentity {
  readonly name: string;
  readonly seats: number;
}

export type Evidence = "none" | "pass" | "known-device" | "clearance" | "refused";

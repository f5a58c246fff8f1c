/**
 * One kind of proof: a client certificate, a service key, a token, a pass. `prove` asks the kinds in turn, the strongest
 * first. A new kind is one file beside this one and a line in kinds.ts.
 */
import type { Facts } from "../request/facts.ts";
import type { Lane, ProofFacts, ProofName, RefusalReason } from "./identity.ts";
import type { Later } from "./jwks.ts";

export interface ProofKind {
  readonly name: ProofName;
  /** Whether the request presents it at all. Synchronous and cheap, as nearly all present nothing. */
  presents(facts: Facts): boolean;
  /** Cryptography only. Never rejects, and keeps nothing of what it could not verify, beyond bounded memory. */
  check(facts: Facts, now: number, aid: ProofAid): ProofOutcome | Promise<ProofOutcome>;
}

export type ProofOutcome =
  | { readonly kind: "proven"; readonly lane: ProvenLane; readonly principal: string; readonly facts: ProofFacts }
  /** A pass past its full lane. */
  | { readonly kind: "known-device"; readonly principal: string; readonly facts: ProofFacts }
  | { readonly kind: "refused"; readonly why: RefusalReason; readonly clockSkewMs?: number };

/** The lanes that somebody can prove to belong to. */
export type ProvenLane = Extract<Lane, "machine" | "clinician" | "resident">;

/** What a kind may use beyond the facts. */
export interface ProofAid {
  /** Work that goes on after the response. */
  readonly later: Later;
  readonly attempts: Attempts;
}

/**
 * The budget for verifying: a signature costs a client nothing to make up, and us some 100 µs to refuse. Only failures
 * count, so that a hospital with one broken system behind its address goes on proving who it is.
 */
export interface Attempts {
  mayTry(facts: Facts, now: number): boolean;
  noteFailure(facts: Facts, now: number): void;
}

export function refused(why: RefusalReason): ProofOutcome {
  return { kind: "refused", why };
}

/**
 * One kind of proof: a client certificate, a service key, a token, a pass. A new kind is one file beside this one, which
 * makes a `KindOfProof`, and a line in kinds.ts. `prove` asks those that the rules allow in turn, the strongest first.
 */
import type { GenericSchema } from "valibot";
import type { SiteRules } from "../policy/language.ts";
import type { Report } from "../policy/report.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import type { Lane, ProofFacts, ProofName, RefusalReason } from "./identity.ts";
import type { JwksDeps, Later } from "./jwks.ts";
import type { Ended } from "./pass.ts";

/**
 * All that there is to say of a kind, from the words in the rules to its place in an isolate.
 * Its name is what explanations and `/.shield/echo` call it; `Written` is what stands in the rules, `Policy` what is made of it.
 */
export interface KindOfProof<Name extends string, Written, Policy> {
  readonly name: Name;
  /** What may be written, for `npm run check`: TypeScript checks it in an editor, but a deploy strips types unread. */
  words(words: typeof import("../policy/words.ts")): GenericSchema<unknown, Written>;
  /** Checks what is written, undefined for nothing, and reports each mistake with its remedy. Null: it proves nothing then. */
  compile(written: Written | undefined, around: ProofSurroundings): Policy | null;
  /** Once in each isolate: memories are its own. */
  make(policy: Policy, means: ProofMeans): ProofKind;
}

/** What the rules say beside the proofs, and what a proof may add to it. */
export interface ProofSurroundings {
  readonly sites: readonly SiteRules[];
  readonly report: Report;
  /** A host that is not among its site's own. */
  giveHost(host: string, site: string): void;
}

/** What an isolate has to prove with. */
export interface ProofMeans {
  readonly sealer: Sealer;
  /** How issuers' keys are brought. */
  readonly outside: JwksDeps;
  /** Which passes ended before their time. */
  readonly ended: Ended;
}

/** A kind as an isolate asks it. */
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

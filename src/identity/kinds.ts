/** All kinds of proof that there are, the strongest first. Each stands in a file of its own; here is all that knows them all. */
import { CERTIFICATES } from "./certificate.ts";
import { PASSES } from "./pass.ts";
import type { KindOfProof, ProofKind, ProofMeans, ProofSurroundings } from "./proof.ts";
import { SERVICE_KEYS } from "./service-key.ts";
import { TOKENS } from "./token.ts";

/** By the word that the rules have for it, explained as an editor shows it there. */
export const KINDS = {
  /** Client certificates (mutual TLS) of systems, each on hosts of its own. */
  certificates: CERTIFICATES,
  /** Present, even if empty: `npm run service-key -- ID` makes keys for practice software. Left out: none is accepted. */
  serviceKeys: SERVICE_KEYS,
  /** Bearer tokens (JWT) of identity providers. */
  tokens: TOKENS,
  /**
   * Passes issued before this moment count for nothing, as "2027-03-01T14:00:00Z": everybody signs in anew. For when too
   * many were stolen to call each back with /.shield/revoke.
   */
  passesValidFrom: PASSES,
};

type Kinds = typeof KINDS;

/** The kinds of proof that make somebody a machine, a clinician or a resident. */
export type ProofName = Kinds[keyof Kinds]["name"];

/** What stands in the rules. */
export type ProofRules = {
  readonly [Word in keyof Kinds]?: Kinds[Word] extends KindOfProof<string, infer Written, infer _> ? Written : never;
};

/** As compiled from the rules: null where they allow none of a kind. */
export type ProofPolicies = {
  readonly [Word in keyof Kinds]:
    | (Kinds[Word] extends KindOfProof<string, infer _, infer Policy> ? Policy : never)
    | null;
};

const WORDS = Object.keys(KINDS) as readonly (keyof Kinds)[];

/** Without its own types: what one kind reads and makes goes back to the same kind only, by its word. */
function kindOf(word: keyof Kinds): KindOfProof<ProofName, unknown, unknown> {
  return KINDS[word];
}

/** Checks how people and systems may prove who they are. */
export function compileProofs(rules: ProofRules, around: ProofSurroundings): ProofPolicies {
  const compiled = WORDS.map((word) => [word, kindOf(word).compile(rules[word], around)] as const);
  return Object.fromEntries(compiled) as ProofPolicies;
}

/** Those that the rules allow, with memories of their own. Without a usable secret none, as nobody could be told apart. */
export function proofKinds(policies: ProofPolicies, means: ProofMeans | null): readonly ProofKind[] {
  if (means === null) return [];
  return WORDS.flatMap((word) => {
    const policy = policies[word];
    return policy === null ? [] : [kindOf(word).make(policy, means)];
  });
}

/** Everything that a proof is checked with, in Node: real keys and real signatures, a clock that tests set. */
import { randomBytes } from "node:crypto";
import type { Identity } from "../../src/identity/identity.ts";
import type { JwksDeps } from "../../src/identity/jwks.ts";
import { type ProofRules, proofKinds } from "../../src/identity/kinds.ts";
import type { Ended } from "../../src/identity/pass.ts";
import { EndedPasses } from "../../src/identity/pass-ends.ts";
import type { ProofAid } from "../../src/identity/proof.ts";
import { type Prover, prove } from "../../src/identity/prove.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Policy } from "../../src/policy/policy.ts";
import type { Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";

export const NOW = 1_800_000_000_000;
export const SECRET = randomBytes(32).toString("base64url");

export async function sealerOf(current = SECRET, previous?: string): Promise<Sealer> {
  const sealer = await createSealer({ current, previous });
  if (!sealer) throw new Error("no sealer");
  return sealer;
}

const NO_ISSUER: JwksDeps = {
  fetch: async () => {
    throw new Error("no issuer is asked");
  },
  wait: async () => undefined,
  now: () => NOW,
};

/** Whom cookies make of their bearer: nobody is called back, no issuer is asked. */
export async function proveWith(subject: Facts, sealer: Sealer | null, policy: Policy, now: number): Promise<Identity> {
  const revocations = { has: () => false };
  const proofs = proofKinds(policy.proofs, sealer && { sealer, outside: NO_ISSUER, ended: revocations });
  const attempts = { mayTry: () => true, noteFailure: () => undefined };
  return await prove(subject, { sealer, policy, proofs, revocations }, now, { later: () => undefined, attempts });
}

export interface Desk {
  readonly prover: Prover;
  /** How many failures were noted. */
  failures: number;
  /** Whether anything more may be tried. */
  mayTry: boolean;
  prove(subject: Facts, now?: number): Promise<Identity>;
}

export interface DeskOptions {
  readonly proofs?: ProofRules;
  readonly sealer?: Sealer;
  readonly outside?: JwksDeps;
  readonly revoked?: readonly string[];
  readonly ended?: Ended;
}

/** One isolate's means to prove, with memories of its own. */
export async function desk({
  proofs = rules.proofs,
  sealer,
  outside = NO_ISSUER,
  revoked = [],
  ended = new EndedPasses(),
}: DeskOptions = {}) {
  const policy = compile({ ...rules, ...(proofs ? { proofs } : {}) });
  const own = sealer ?? (await sealerOf());
  const prover: Prover = {
    sealer: own,
    policy,
    proofs: proofKinds(policy.proofs, { sealer: own, outside, ended }),
    revocations: { has: (principal) => revoked.includes(principal) },
  };
  const made: Desk = {
    prover,
    failures: 0,
    mayTry: true,
    prove: async (subject, now = NOW) => await prove(subject, prover, now, aid),
  };
  const aid: ProofAid = {
    later: () => undefined,
    attempts: { mayTry: () => made.mayTry, noteFailure: () => void made.failures++ },
  };
  return made;
}

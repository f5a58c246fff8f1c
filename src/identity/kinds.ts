/** All kinds of proof that the rules allow, the strongest first. Each stands in a file of its own. */

import type { Sealer } from "../seal.ts";
import { sipKey } from "../siphash.ts";
import { type CertificatePolicy, certificateProof } from "./certificate.ts";
import { Jwks, type JwksDeps } from "./jwks.ts";
import { type Ended, type PassPolicy, passProof } from "./pass.ts";
import type { ProofKind } from "./proof.ts";
import { ReplayMemory } from "./replay.ts";
import { SERVICE_KEY_WINDOW_MS, type ServiceKeyPolicy, serviceKeyProof } from "./service-key.ts";
import { type TokenPolicy, tokenProof } from "./token.ts";

/** As compiled from the rules. */
export interface ProofPolicies {
  readonly certificates: readonly CertificatePolicy[];
  /** Null: service keys count for nothing. */
  readonly serviceKeys: ServiceKeyPolicy | null;
  readonly tokens: readonly TokenPolicy[];
  readonly passes: PassPolicy;
}

/**
 * @param sealer null when there is no usable secret: then no proof is accepted, as nobody could be told apart
 * @param outside how issuers' keys are brought
 * @param ended which passes ended before their time
 */
export function proofKinds(
  policies: ProofPolicies,
  sealer: Sealer | null,
  outside: JwksDeps,
  ended: Ended,
): readonly ProofKind[] {
  if (sealer === null) return [];
  const { certificates, serviceKeys, tokens, passes } = policies;
  const kinds: ProofKind[] = [];
  if (certificates.length > 0) kinds.push(certificateProof(certificates, sealer));
  if (serviceKeys) {
    const seen = new ReplayMemory(sipKey(crypto.getRandomValues(new Uint8Array(16))), 2 * SERVICE_KEY_WINDOW_MS);
    kinds.push(serviceKeyProof(serviceKeys, sealer, seen));
  }
  if (tokens.length > 0) {
    const sources = tokens.map((policy) => ({ policy, keys: new Jwks(policy.keys, outside) }));
    kinds.push(tokenProof(sources, sealer));
  }
  kinds.push(passProof(passes, sealer, ended));
  return kinds;
}

/**
 * Mutual TLS: practice software, pharmacies and laboratories with a certificate of their own. Cloudflare verifies it in
 * the handshake; here is checked whether we want it: issuer pinned, serial not withdrawn, on a host that is there for it.
 *
 * On a host of their own, because a host that asks for certificates shows every resident's browser a dialog.
 */

import { Remembered } from "../remembered.ts";
import type { CertificateFacts, Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { principalOf } from "./principal.ts";
import { type ProofKind, type ProofOutcome, type ProvenLane, refused } from "./proof.ts";

/** As compiled from the rules. */
export interface CertificatePolicy {
  readonly hosts: ReadonlySet<string>;
  /** Distinguished names of issuers, RFC 2253. */
  readonly issuers: ReadonlySet<string>;
  readonly lane: Extract<ProvenLane, "machine" | "clinician">;
  /** `serial`: a renewed certificate is somebody new. `fingerprint`: the same, whatever the issuer numbers. */
  readonly principal: "serial" | "fingerprint";
  /** Serial numbers that count for nothing, as `plainSerial` writes them. */
  readonly revokedSerials: ReadonlySet<string>;
}

/** Names of holders that were seen: 2,048 of some 200 bytes. Only verified certificates get here. */
const HOLDERS_MAX = 2_048;

export function certificateProof(policies: readonly CertificatePolicy[], sealer: Sealer): ProofKind {
  const principals = new Remembered<string>(HOLDERS_MAX);

  async function principalFor(...name: readonly string[]): Promise<string> {
    const text = name.join("\n");
    const known = principals.get(text);
    if (known) return known;
    const principal = await principalOf(sealer, ["certificate", ...name]);
    principals.set(text, principal);
    return principal;
  }

  return {
    name: "certificate",
    presents: ({ certificate }) => certificate !== null,
    async check(facts: Facts, now: number): Promise<ProofOutcome> {
      const { certificate } = facts;
      const policy = policies.find(({ hosts }) => hosts.has(facts.host));
      if (!certificate || !policy) return refused("not-accepted");
      const why = faultIn(certificate, policy, now);
      if (why) return refused(why);
      const { issuer, serial, fingerprint, expiresAt } = certificate;
      const name = policy.principal === "serial" ? [issuer, plainSerial(serial)] : [fingerprint];
      return {
        kind: "proven",
        lane: policy.lane,
        principal: await principalFor(...name),
        facts: { since: 0, expiresAt, clockSkewMs: null },
      };
    },
  };
}

function faultIn(certificate: CertificateFacts, policy: CertificatePolicy, now: number) {
  const { verified, revoked, issuer, serial, fingerprint, expiresAt } = certificate;
  if (revoked || policy.revokedSerials.has(plainSerial(serial))) return "revoked";
  if (expiresAt !== null && now >= expiresAt) return "expired";
  if (!verified) return "forged";
  const named = (policy.principal === "serial" ? serial : fingerprint) !== "";
  return named && policy.issuers.has(issuer) ? null : "not-accepted";
}

/** One spelling of a serial number: "00:9e:…", "9E …" and "009E…" are the same number. */
export function plainSerial(text: string): string {
  return text
    .replace(/[\s:]/g, "")
    .toUpperCase()
    .replace(/^0+(?=.)/, "");
}

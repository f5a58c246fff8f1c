/**
 * Mutual TLS: practice software, pharmacies and laboratories with a certificate of their own. Cloudflare verifies it in
 * the handshake; here is checked whether we want it: issuer pinned, serial not withdrawn, on a host that is there for it.
 *
 * On a host of their own, because a host that asks for certificates shows every resident's browser a dialog.
 */

import type { SiteRules } from "../policy/language.ts";
import { HOSTNAME, type Report, unique } from "../policy/report.ts";
import { Remembered } from "../remembered.ts";
import type { CertificateFacts, Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { principalOf } from "./principal.ts";
import { type KindOfProof, type ProofKind, type ProofOutcome, type ProvenLane, refused } from "./proof.ts";

/** Mutual TLS. At Cloudflare the hosts must be listed for client certificates, and the authority uploaded. */
export interface CertificateRules {
  readonly name: string;
  /** The site whose requests these are. */
  readonly site: string;
  /** Hosts of its own, not among the site's: a host that asks for certificates shows every resident's browser a dialog. */
  readonly hosts: readonly string[];
  /** Distinguished names of issuers as RFC 2253 writes them: "CN=Health CA,O=Example,C=LV". */
  readonly issuers: readonly string[];
  readonly lane: "machine" | "clinician";
  /** What names the holder. `serial` (default): issuer and serial number; `fingerprint`: the certificate itself. */
  readonly principal?: "serial" | "fingerprint";
  /** Serial numbers, hexadecimal, that count for nothing. */
  readonly revokedSerials?: readonly string[];
}

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

export const CERTIFICATES: KindOfProof<"certificate", readonly CertificateRules[], readonly CertificatePolicy[]> = {
  name: "certificate",
  words: ({ array, only, exactOptional, picklist, text }) =>
    array(
      only({
        name: text,
        site: text,
        hosts: array(text),
        issuers: array(text),
        lane: picklist(["machine", "clinician"]),
        principal: exactOptional(picklist(["serial", "fingerprint"])),
        revokedSerials: exactOptional(array(text)),
      }),
    ),
  compile(written = [], { sites, report, giveHost }) {
    const taken = new Set<string>();
    const policies = written.map((each) => {
      for (const host of each.hosts) {
        if (taken.has(host))
          report(
            `certificates "${each.name}"`,
            `host ${host} is already taken.`,
            "Name each host once: list all its issuers.",
          );
        taken.add(host);
        giveHost(host, each.site);
      }
      return compileCertificates(each, sites, report);
    });
    unique(written, "certificates", report);
    return policies.length > 0 ? policies : null;
  },
  make: (policies, { sealer }) => certificateProof(policies, sealer),
};

/** Names of holders that were seen: 2,048 of some 200 bytes. Only verified certificates get here. */
const HOLDERS_MAX = 2_048;

function certificateProof(policies: readonly CertificatePolicy[], sealer: Sealer): ProofKind {
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

function compileCertificates(rules: CertificateRules, sites: readonly SiteRules[], report: Report): CertificatePolicy {
  const where = `certificates "${rules.name}"`;
  if (!sites.some(({ name }) => name === rules.site))
    report(where, `there is no site "${rules.site}".`, `Known: ${sites.map(({ name }) => name).join(", ")}.`);
  if (rules.hosts.length === 0) report(where, "it has no hosts.", "Name the host that the systems use.");
  for (const host of rules.hosts) {
    if (!HOSTNAME.test(host))
      report(where, `"${host}" is no hostname.`, "Write it in lower case, without scheme and port.");
    const used = sites.find(({ hosts }) => hosts.includes(host));
    if (used)
      report(
        where,
        `residents use ${host}: their browsers would ask them for a certificate.`,
        `Give the systems a host of their own, and take it off the hosts of site "${used.name}".`,
      );
  }
  if (rules.issuers.length === 0)
    report(where, "it has no issuers, so it would believe nobody.", 'Name one, like "CN=Health CA,O=Example,C=LV".');
  for (const issuer of rules.issuers) checkIssuer(issuer, where, report);
  for (const serial of rules.revokedSerials ?? [])
    if (!/^[0-9A-F]+$/.test(plainSerial(serial)))
      report(where, `"${serial}" is no serial number.`, "Write it in hexadecimal, like 00936EACBE07F201DF.");
  return {
    hosts: new Set(rules.hosts),
    issuers: new Set(rules.issuers),
    lane: rules.lane,
    principal: rules.principal ?? "serial",
    revokedSerials: new Set((rules.revokedSerials ?? []).map(plainSerial)),
  };
}

/** Compared letter by letter with what the edge says, which is RFC 2253: any other spelling of it would believe nobody. */
function checkIssuer(issuer: string, where: string, report: Report): void {
  const parts = issuer.split(/(?<!\\),/);
  const tight = parts.map((part) => part.trim().replace(/^([A-Za-z0-9.]+)\s*=\s*/, "$1="));
  if (!tight.every((part) => /^[A-Za-z0-9.]+=./.test(part)))
    report(where, `"${issuer}" is no distinguished name.`, 'Write it like "CN=Health CA,O=Example,C=LV".');
  else if (parts.length > 1 && /^C=/i.test(tight[0] ?? ""))
    report(
      where,
      `"${issuer}" begins with the country, so it is the wrong way round.`,
      `Write "${tight.toReversed().join(",")}".`,
    );
  else if (tight.join(",") !== issuer)
    report(where, `"${issuer}" has spaces that no certificate's name has here.`, `Write "${tight.join(",")}".`);
}

/** One spelling of a serial number: "00:9e:…", "9E …" and "009E…" are the same number. */
function plainSerial(text: string): string {
  return text
    .replace(/[\s:]/g, "")
    .toUpperCase()
    .replace(/^0+(?=.)/, "");
}

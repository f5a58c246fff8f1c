/** Checks how people and systems may prove who they are, and makes what the kinds of proof read (identity/kinds.ts). */
import { type CertificatePolicy, plainSerial } from "../identity/certificate.ts";
import { TOKEN_ALGORITHMS } from "../identity/jwks.ts";
import type { ProofPolicies } from "../identity/kinds.ts";
import { SERVICE_KEY_ID } from "../identity/service-key.ts";
import type { TokenPolicy } from "../identity/token.ts";
import { HOSTNAME, type Report } from "./compile.ts";
import { list } from "./condition.ts";
import type { CertificateRules, ProofRules, SiteRules, TokenRules } from "./language.ts";

/** The furthest that two clocks kept by NTP may be apart, and then some. */
const CLOCK_SKEW_MAX_S = 300;

export function compileProofs(rules: ProofRules, sites: readonly SiteRules[], report: Report): ProofPolicies {
  const certificates = (rules.certificates ?? []).map((each) => compileCertificates(each, sites, report));
  const taken = new Set<string>();
  for (const { name, hosts } of rules.certificates ?? [])
    for (const host of hosts) {
      if (taken.has(host))
        report(
          `certificates "${name}"`,
          `host ${host} is already taken.`,
          "Name each host once: list all its issuers.",
        );
      taken.add(host);
    }
  return {
    certificates,
    serviceKeys: rules.serviceKeys ? { revoked: compileRevoked(rules.serviceKeys.revoked ?? [], report) } : null,
    tokens: (rules.tokens ?? []).map((each) => compileTokens(each, report)),
    passes: { validFrom: compileValidFrom(rules.passesValidFrom, report) },
  };
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

function compileRevoked(ids: readonly string[], report: Report): ReadonlySet<string> {
  for (const id of ids)
    if (!SERVICE_KEY_ID.test(id))
      report("service keys", `"${id}" is no id of one.`, "Copy it as it was given to npm run service-key.");
  return new Set(ids);
}

function compileTokens(rules: TokenRules, report: Report): TokenPolicy {
  const where = `tokens "${rules.name}"`;
  const algorithms = list(rules.algorithms);
  for (const algorithm of algorithms)
    if (!TOKEN_ALGORITHMS.includes(algorithm))
      report(where, `algorithm ${algorithm} is not accepted.`, `Use one of ${TOKEN_ALGORITHMS.join(", ")}.`);
  if (algorithms.length === 0) report(where, "it has no algorithms.", "Name the one that the issuer uses.");
  if (list(rules.audience).length === 0)
    report(where, "it has no audience: tokens for any other service would count.", "Name what `aud` says.");
  const keys = URL.parse(rules.keys);
  const local = keys?.hostname === "localhost" || keys?.hostname === "127.0.0.1";
  if (keys === null || !(keys.protocol === "https:" || (local && keys.protocol === "http:")))
    report(where, `keys from "${rules.keys}" could be anybody's.`, "Give the issuer's jwks_uri, with https.");
  if (rules.lane === undefined && Object.keys(rules.laneBy?.values ?? {}).length === 0)
    report(where, "it says of no token whom it makes of its bearer.", "Give `lane`, or `laneBy` with its values.");
  const clockSkewS = rules.clockSkewSeconds ?? 60;
  if (!(clockSkewS >= 0 && clockSkewS <= CLOCK_SKEW_MAX_S))
    report(where, `clockSkewSeconds must be from 0 to ${CLOCK_SKEW_MAX_S}.`, "60 is enough where clocks are kept.");
  return {
    issuer: rules.issuer,
    audience: list(rules.audience),
    algorithms,
    clockSkewS,
    keys: rules.keys,
    lane: rules.lane ?? null,
    laneBy: rules.laneBy ? { claim: rules.laneBy.claim, lanes: new Map(Object.entries(rules.laneBy.values)) } : null,
  };
}

function compileValidFrom(text: string | undefined, report: Report): number {
  if (text === undefined) return 0;
  const at = Date.parse(text);
  if (Number.isNaN(at) || !/T.*(Z|[+-]\d\d:\d\d)$/.test(text)) {
    report("proofs", `passesValidFrom "${text}" is no moment.`, 'Write it with its zone, like "2027-03-01T14:00:00Z".');
    return 0;
  }
  return at;
}

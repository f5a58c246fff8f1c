import { describe, expect, it } from "vitest";
import type { CertificateRules } from "../../src/identity/certificate.ts";
import { KINDS, type ProofRules } from "../../src/identity/kinds.ts";
import type { TokenRules } from "../../src/identity/token.ts";
import { compile, RulesError } from "../../src/policy/compile.ts";
import { misspellings } from "../../src/policy/schema.ts";
import rules from "../../src/rules.ts";

const certificates: CertificateRules = {
  name: "practices",
  site: "e-health portal",
  hosts: ["systems.example.lv"],
  issuers: ["CN=Health CA,O=Example,C=LV"],
  lane: "machine",
};
const tokens: TokenRules = {
  name: "login",
  issuer: "https://login.example.lv",
  keys: "https://login.example.lv/keys",
  audience: "e-health",
  algorithms: ["ES256"],
  lane: "clinician",
};

function problemsOf(proofs: ProofRules): string {
  try {
    compile({ ...rules, proofs });
    return "";
  } catch (error) {
    if (error instanceof RulesError) return error.message;
    throw error;
  }
}

describe("proofs that are configured well", () => {
  it("are taken as they stand", () => {
    expect(problemsOf({ certificates: [certificates], tokens: [tokens], serviceKeys: {} })).toBe("");
    expect(misspellings({ ...rules, proofs: { certificates: [certificates], tokens: [tokens] } })).toEqual([]);
  });
  it("may be left out", () => {
    const { proofs, ...without } = rules;
    expect(compile(without).proofs).toMatchObject({ certificates: null, tokens: null, serviceKeys: null });
  });
  it("give the certificates' hosts to their site", () => {
    const { siteOf } = compile({ ...rules, proofs: { certificates: [certificates] } });
    expect(siteOf.get("systems.example.lv")).toBe(siteOf.get("portal.example.lv"));
  });
});

describe("proofs that are configured wrongly are refused with the remedy", () => {
  it.each<[string, ProofRules, RegExp]>([
    [
      "a host that residents use",
      { certificates: [{ ...certificates, hosts: ["portal.example.lv"] }] },
      /residents use portal\.example\.lv: .* Give the systems a host of their own/,
    ],
    ["no host", { certificates: [{ ...certificates, hosts: [] }] }, /no hosts/],
    ["a host twice", { certificates: [certificates, { ...certificates, name: "others" }] }, /already taken/],
    [
      "an unknown site",
      { certificates: [{ ...certificates, site: "portal" }] },
      /no site "portal".*Known: e-health portal/,
    ],
    ["no issuer", { certificates: [{ ...certificates, issuers: [] }] }, /believe nobody/],
    [
      "an issuer that is no name",
      { certificates: [{ ...certificates, issuers: ["Health CA"] }] },
      /distinguished name/,
    ],
    [
      "an issuer as some tools print it",
      { certificates: [{ ...certificates, issuers: ["CN = Health CA, O = Example, C = LV"] }] },
      /spaces .* Write "CN=Health CA,O=Example,C=LV"/,
    ],
    [
      "an issuer the wrong way round",
      { certificates: [{ ...certificates, issuers: ["C=LV,O=Example,CN=Health CA"] }] },
      /wrong way round\. Write "CN=Health CA,O=Example,C=LV"/,
    ],
    ["a serial in decimal words", { certificates: [{ ...certificates, revokedSerials: ["no. 5"] }] }, /hexadecimal/],
    ["keys from anybody", { tokens: [{ ...tokens, keys: "http://login.example.lv/keys" }] }, /with https/],
    ["no audience", { tokens: [{ ...tokens, audience: [] }] }, /any other service/],
    ["a shared secret", { tokens: [{ ...tokens, algorithms: ["HS256" as "ES256"] }] }, /HS256 is not accepted/],
    ["no lane", { tokens: [{ ...tokens, lane: undefined } as unknown as TokenRules] }, /whom it makes of its bearer/],
    ["clocks an hour apart", { tokens: [{ ...tokens, clockSkewSeconds: 3600 }] }, /0 to 300/],
    ["a name twice", { tokens: [tokens, tokens] }, /stands twice/],
    ["a moment without zone", { passesValidFrom: "2027-03-01T14:00:00" }, /with its zone/],
    ["a withdrawn key that is none", { serviceKeys: { revoked: ["a b"] } }, /no id/],
  ])("%s", (_, proofs, sentence) => expect(problemsOf(proofs)).toMatch(sentence));
  it("a misspelt word", () =>
    expect(misspellings({ ...rules, proofs: { certificate: [certificates] } }).join()).toMatch(
      /proofs, certificate: there is no such word\. Known: certificates, serviceKeys, tokens, passesValidFrom/,
    ));
  it.each<[string, object, RegExp]>([
    [
      "a lane that certificates cannot prove",
      { certificates: [{ ...certificates, lane: "resident" }] },
      /certificates "practices", lane: "resident" is not possible here\. Write one of "machine", "clinician"/,
    ],
    [
      "a misspelt part of a token's rule",
      { tokens: [{ ...tokens, audiences: "e-health" }] },
      /tokens "login", audiences: there is no such word\. Known: name, issuer, keys, audience/,
    ],
    [
      "an issuer that is missing",
      { tokens: [{ ...tokens, issuer: undefined }] },
      /tokens "login", issuer: it is missing/,
    ],
    [
      "a shared secret",
      { tokens: [{ ...tokens, algorithms: "HS256" }] },
      /algorithms: "HS256" is not possible here\. Write one of "RS256"/,
    ],
    [
      "a misspelt part of service keys",
      { serviceKeys: { revokd: [] } },
      /revokd: there is no such word\. Known: revoked/,
    ],
  ])("%s, in words", (_, proofs, sentence) => expect(misspellings({ ...rules, proofs }).join("\n")).toMatch(sentence));
});

describe("every kind of proof in the list", () => {
  it("has a name of its own", () => {
    const names = Object.values(KINDS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
  it.each(Object.keys(KINDS))("%s: refuses a word that is none of its own, by its place", (word) => {
    const wrong = misspellings({ ...rules, proofs: { [word]: 5 } });
    expect(wrong.join()).toMatch(new RegExp(`^src/rules.ts, proofs, ${word}: 5 is not possible here`));
  });
});

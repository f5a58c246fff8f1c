import { describe, expect, it } from "vitest";
import type { CertificateRules } from "../../src/identity/certificate.ts";
import { type Certificate, DEMO_AUTHORITY, SYSTEMS_HOST, tlsClientAuth } from "../lab/credentials.ts";
import { factsOf } from "../request/requests.ts";
import { desk, NOW } from "./proving.ts";

const rules: CertificateRules = {
  name: "practices",
  site: "e-health portal",
  hosts: [SYSTEMS_HOST],
  issuers: [DEMO_AUTHORITY],
  lane: "machine",
  revokedSerials: ["00:de:ad:01"],
};
const request = (certificate: Certificate, host = SYSTEMS_HOST) =>
  factsOf({ url: `https://${host}/fhir/Patient`, cf: { tlsClientAuth: tlsClientAuth(certificate) } });
const proving = (different: Partial<CertificateRules> = {}) =>
  desk({ proofs: { certificates: [{ ...rules, ...different }] } });

describe("a client certificate", () => {
  it("that is verified, of a pinned issuer and on its host, makes a machine of its bearer", async () => {
    const { prove } = await proving();
    const who = await prove(request({ serial: "00936EACBE07F201DF" }));
    expect(who).toMatchObject({ lane: "machine", evidence: "certificate", refusal: null });
    expect(who.principal).toMatch(/^[0-9a-f]{32}$/);
    expect(who.proof?.expiresAt).toBe(Date.parse("2030-12-22T19:39:00Z"));
  });
  it("can be for clinicians, if the rules say so", async () => {
    const { prove } = await proving({ lane: "clinician" });
    expect(await prove(request({ serial: "01" }))).toMatchObject({ lane: "clinician" });
  });
  it("names its holder by issuer and number, however the number is written", async () => {
    const { prove } = await proving();
    const principal = async (serial: string) => (await prove(request({ serial }))).principal;
    expect(await principal("00936e")).toBe(await principal("936E"));
    expect(await principal("936E")).not.toBe(await principal("936F"));
  });
  it("can name its holder by itself", async () => {
    const { prove } = await proving({ principal: "fingerprint" });
    const one = await prove(request({ serial: "0A" }));
    const other = await prove(request({ serial: "0B" }));
    expect(one.principal).not.toBe(other.principal);
  });
  it.each<[string, Certificate, string]>([
    ["presented but not verified", { serial: "01", verified: "FAILED:self signed certificate" }, "forged"],
    ["not even checked", { serial: "01", verified: "NONE" }, "forged"],
    ["of another issuer", { serial: "01", issuer: "CN=Evil CA" }, "not-accepted"],
    ["revoked by its issuer", { serial: "01", revoked: true }, "revoked"],
    ["withdrawn by the rules", { serial: "DEAD01" }, "revoked"],
    ["expired", { serial: "01", notAfter: "Dec 22 19:39:00 2018 GMT" }, "expired"],
    ["without a number", { serial: "" }, "not-accepted"],
  ])("%s counts as nothing", async (_, certificate, why) => {
    const { prove } = await proving();
    expect(await prove(request(certificate))).toMatchObject({
      lane: "unknown",
      principal: null,
      proof: null,
      refusal: { proof: "certificate", why },
    });
  });
  it("on a host that people use counts as nothing", async () => {
    const { prove } = await proving();
    expect(await prove(request({ serial: "01" }, "portal.example.lv"))).toMatchObject({
      lane: "unknown",
      refusal: { why: "not-accepted" },
    });
  });
  it("cannot be made up in headers", async () => {
    const { prove } = await proving();
    const who = await prove(
      factsOf({
        url: `https://${SYSTEMS_HOST}/`,
        headers: {
          "CF-Client-Cert-Verified": "SUCCESS",
          tlsClientAuth: JSON.stringify(tlsClientAuth({ serial: "01" })),
        },
      }),
    );
    expect(who).toMatchObject({ lane: "unknown", evidence: "none" });
  });
  it.each([null, 1, "1", [], {}, { certPresented: 1 }, { certPresented: "0", certVerified: "SUCCESS" }])(
    "of which the edge says %j is none",
    (tlsClientAuth) => expect(factsOf({ cf: { tlsClientAuth } }).certificate).toBeNull(),
  );
  it("is read in bounds, whatever stands in it", () => {
    const { certificate } = factsOf({
      cf: { tlsClientAuth: { certPresented: "1", certIssuerDNRFC2253: "x".repeat(100_000), certSerial: 7 } },
    });
    expect(certificate).toEqual({
      verified: false,
      revoked: true,
      issuer: "x".repeat(512),
      serial: "",
      fingerprint: "",
      expiresAt: null,
    });
  });
  it("counts for nothing after its holder was called back", async () => {
    const { principal } = await (await proving()).prove(request({ serial: "77" }));
    const { prove } = await desk({ proofs: { certificates: [rules] }, revoked: [principal ?? ""] });
    expect(await prove(request({ serial: "77" }), NOW)).toMatchObject({
      lane: "unknown",
      refusal: { proof: "certificate", why: "revoked" },
    });
  });
});

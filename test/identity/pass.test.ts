import { describe, expect, it } from "vitest";
import {
  FULL_LANE_MAX_S,
  KNOWN_DEVICE_S,
  parseVouch,
  passCookie,
  readPass,
  type Vouch,
} from "../../src/identity/pass.ts";
import { compile } from "../../src/policy/compile.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import rules from "../../src/rules.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";
import { facts } from "../policy/subjects.ts";
import { proveWith as prove } from "./proving.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const policy = compile(rules);
const vouch: Vouch = { session: "s-4711", ttlS: 43_200, lane: "clinician" };

async function sealerWith(secretByte = 1): Promise<Sealer> {
  const secret = btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => (i * 7 + secretByte) & 255)));
  const sealer = await createSealer({ current: secret.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") });
  if (!sealer) throw new Error("no sealer");
  return sealer;
}

async function cookieValue(
  sealer: Sealer,
  what: Vouch = vouch,
  host = "portal.example.lv",
  now = NOW,
): Promise<string> {
  const cookie = await passCookie(sealer, what, host, now);
  return cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));
}

describe("a vouch header", () => {
  it("is read as the contract says", () =>
    expect(parseVouch("abc.DEF-1; ttl=43200; lane=clinician")).toEqual({
      session: "abc.DEF-1",
      ttlS: 43_200,
      lane: "clinician",
    }));
  it("never gives more than twelve hours", () =>
    expect(parseVouch("a; ttl=999999; lane=resident")?.ttlS).toBe(FULL_LANE_MAX_S));
  it.each([
    "",
    "a",
    "a; ttl=60",
    "a; lane=clinician",
    "a; ttl=-1; lane=clinician",
    "a; ttl=1e3; lane=clinician",
    "a; ttl=60; lane=admin",
    "; ttl=60; lane=clinician",
    "a b; ttl=60; lane=clinician",
    `${"x".repeat(257)}; ttl=60; lane=clinician`,
    `a; ttl=60; lane=clinician${" ".repeat(600)}`,
  ])("that says %j mints nothing", (header) => expect(parseVouch(header)).toBeNull());
});

describe("a pass", () => {
  it("makes its bearer a clinician, under one principal whatever the address", async () => {
    const sealer = await sealerWith();
    const pass = await cookieValue(sealer);
    const one = await prove(facts({ cookies: { ...NO_COOKIES, pass } }), sealer, policy, NOW + HOUR_MS);
    expect(one).toMatchObject({ lane: "clinician", evidence: "pass", clearance: null });
    expect(one.principal).toMatch(/^[0-9a-f]{32}$/);
    expect(one.principal).not.toContain("4711");
  });
  it("is a known device after its hours, and nothing after 90 days", async () => {
    const sealer = await sealerWith();
    const pass = await cookieValue(sealer);
    const later = await prove(facts({ cookies: { ...NO_COOKIES, pass } }), sealer, policy, NOW + 13 * HOUR_MS);
    expect(later).toMatchObject({ lane: "unknown", knownDevice: true, principal: null, evidence: "known-device" });
    const { principal } = await prove(facts({ cookies: { ...NO_COOKIES, pass } }), sealer, policy, NOW);
    expect(later.device).toBe(principal);
    const muchLater = await prove(
      facts({ cookies: { ...NO_COOKIES, pass } }),
      sealer,
      policy,
      NOW + KNOWN_DEVICE_S * 1000 + 1,
    );
    expect(muchLater).toMatchObject({ lane: "unknown", knownDevice: false, evidence: "refused" });
  });
  it("ends when the origin says so", async () => {
    expect(await passCookie(await sealerWith(), { ...vouch, ttlS: 0 }, "portal.example.lv", NOW)).toMatch(
      /^__Host-shield-pass=; Max-Age=0;/,
    );
  });
  it("travels in a cookie that scripts, other hosts and plain HTTP never see", async () => {
    const cookie = await passCookie(await sealerWith(), vouch, "portal.example.lv", NOW);
    for (const attribute of ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"])
      expect(cookie.split("; ")).toContain(attribute);
    expect(cookie).not.toContain("Domain");
  });
  it.each<[string, (sealer: Sealer) => Promise<string>]>([
    ["garbage", async () => "not-a-pass"],
    ["a truncated one", async (sealer) => (await cookieValue(sealer)).slice(0, -2)],
    ["one of another host", (sealer) => cookieValue(sealer, vouch, "nvd.example.lv")],
    ["one from the future", (sealer) => cookieValue(sealer, vouch, "portal.example.lv", NOW + HOUR_MS)],
    ["one signed with another secret", async () => cookieValue(await sealerWith(99))],
    [
      "a clearance in its place",
      (sealer) => sealer.seal("clearance", ["portal.example.lv", "p", "clinician", NOW, NOW + HOUR_MS, NOW]),
    ],
    [
      "one with a lane that there is not",
      (sealer) => sealer.seal("pass", ["portal.example.lv", "p", "admin", NOW, NOW + HOUR_MS, NOW]),
    ],
    [
      "one with fields of other types",
      (sealer) => sealer.seal("pass", ["portal.example.lv", "p", "clinician", `${NOW}`, NOW + HOUR_MS, NOW]),
    ],
  ])("is refused: %s", async (_, make) => {
    const sealer = await sealerWith();
    const value = await make(sealer);
    expect(await readPass(sealer, value, "portal.example.lv", NOW)).toBeNull();
    const who = await prove(facts({ cookies: { ...NO_COOKIES, pass: value } }), sealer, policy, NOW);
    expect(who).toMatchObject({ lane: "unknown", principal: null, evidence: "refused" });
  });
  it("counts for nothing while there is no secret", async () => {
    const pass = await cookieValue(await sealerWith());
    expect(await prove(facts({ cookies: { ...NO_COOKIES, pass } }), null, policy, NOW)).toMatchObject({
      lane: "unknown",
      evidence: "none",
    });
  });
});

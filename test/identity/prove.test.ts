import { describe, expect, it } from "vitest";
import { Tally } from "../../src/counters/tally.ts";
import { CountedAttempts } from "../../src/identity/attempts.ts";
import { passCookie } from "../../src/identity/pass.ts";
import { prove } from "../../src/identity/prove.ts";
import { parseAddress } from "../../src/request/address.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import { SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../lab/credentials.ts";
import { facts } from "../policy/subjects.ts";
import { factsOf } from "../request/requests.ts";
import { desk, NOW, SECRET, sealerOf } from "./proving.ts";

const aid = { later: () => undefined, attempts: { mayTry: () => true, noteFailure: () => undefined } };

async function passFor(host: string, session = "s1", issuedAt = NOW, knownSince = issuedAt): Promise<string> {
  const vouch = { session, ttlS: 43_200, lane: "clinician" } as const;
  const cookie = await passCookie(await sealerOf(), vouch, host, issuedAt, knownSince);
  return cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));
}

describe("who presents nothing", () => {
  it("is unknown at once: nothing is awaited for a flood", async () => {
    const { prover } = await desk();
    expect(prove(facts(), prover, NOW, aid)).toMatchObject({ lane: "unknown", evidence: "none" });
  });
});

describe("who presents more than one proof", () => {
  it("is whom the strongest makes of her: certificate, then service key, then pass", async () => {
    const made = await desk();
    const key = serviceKeyHeader({
      id: "praxis-1",
      key: serviceKeyOf(SECRET, "praxis-1"),
      method: "GET",
      host: SYSTEMS_HOST,
      target: "/",
      timeMs: NOW,
    });
    const Cookie = `__Host-shield-pass=${await passFor(SYSTEMS_HOST)}`;
    const url = `https://${SYSTEMS_HOST}/`;
    const cf = { tlsClientAuth: tlsClientAuth({ serial: "01" }) };
    const all = factsOf({ url, cf, headers: { "Shield-Key": key, Cookie } });
    expect(await made.prove(all)).toMatchObject({ lane: "machine", evidence: "certificate" });
    const two = factsOf({ url, headers: { "Shield-Key": key, Cookie } });
    expect(await made.prove(two)).toMatchObject({ lane: "machine", evidence: "service-key" });
    expect(await made.prove(factsOf({ url, headers: { Cookie } }))).toMatchObject({
      lane: "clinician",
      evidence: "pass",
    });
  });
  it("loses nothing by one that fails", async () => {
    const made = await desk();
    const Cookie = `__Host-shield-pass=${await passFor("portal.example.lv")}`;
    const cf = { tlsClientAuth: tlsClientAuth({ serial: "01", verified: "FAILED" }) };
    const who = await made.prove(factsOf({ cf, headers: { "Shield-Key": "nonsense", Cookie } }));
    expect(who).toMatchObject({
      lane: "clinician",
      evidence: "pass",
      refusal: { proof: "service-key", why: "malformed" },
    });
  });
});

describe("a signature that only its clock stands against", () => {
  const late = () =>
    serviceKeyHeader({
      id: "praxis-1",
      key: serviceKeyOf(SECRET, "praxis-1"),
      method: "GET",
      host: "portal.example.lv",
      target: "/",
      timeMs: NOW - 3_600_000,
    });
  it("is what the client hears of, whatever else was refused", async () => {
    const made = await desk();
    const asked = factsOf({ headers: { "Shield-Key": late(), Cookie: "__Host-shield-pass=forged" } });
    expect(await made.prove(asked)).toMatchObject({ lane: "unknown", refusal: { proof: "service-key", why: "clock" } });
  });
  it("takes nothing from a proof that holds", async () => {
    const made = await desk();
    const Cookie = `__Host-shield-pass=${await passFor("portal.example.lv")}`;
    expect(await made.prove(factsOf({ headers: { "Shield-Key": late(), Cookie } }))).toMatchObject({
      lane: "clinician",
      evidence: "pass",
    });
  });
});

describe("a pass", () => {
  const withPass = (pass: string) => facts({ cookies: { ...NO_COOKIES, pass } });
  it("that was called back is nothing at all, not even a known device", async () => {
    const pass = await passFor("portal.example.lv");
    const { principal } = await (await desk()).prove(withPass(pass));
    const { prove } = await desk({ revoked: [principal ?? ""] });
    for (const at of [NOW, NOW + 13 * 3_600_000])
      expect(await prove(withPass(pass), at)).toMatchObject({
        lane: "unknown",
        knownDevice: false,
        refusal: { proof: "pass", why: "revoked" },
      });
  });
  it("from before the moment that the rules name counts for nothing", async () => {
    const { prove } = await desk({ proofs: { passesValidFrom: new Date(NOW).toISOString() } });
    expect(await prove(withPass(await passFor("portal.example.lv", "s", NOW - 1)))).toMatchObject({
      lane: "unknown",
      knownDevice: false,
      refusal: { why: "revoked" },
    });
    expect(await prove(withPass(await passFor("portal.example.lv", "s", NOW)))).toMatchObject({ lane: "clinician" });
  });
  it("says since when its device is known", async () => {
    const { prove } = await desk();
    const pass = await passFor("portal.example.lv", "s", NOW, NOW - 86_400_000);
    expect(await prove(withPass(pass))).toMatchObject({ proof: { since: NOW - 86_400_000 } });
  });
});

describe("the budget for verifying", () => {
  const from = (address: string) => facts({ address: parseAddress(address) });
  const nobodyRegistered = () => null;
  /** How many failures at once an address has before it is heard no more. */
  function failuresOf(attempts: CountedAttempts): number {
    let failures = 0;
    for (; failures < 250 && attempts.mayTry(from("198.51.100.9"), NOW); failures++)
      attempts.noteFailure(from("198.51.100.9"), NOW);
    return failures;
  }
  it("is larger by the seats of a facility, and by the people who were seen behind an address", () => {
    const registered = failuresOf(new CountedAttempts(new Tally([1, 2, 3, 4], 1024), () => 100));
    expect(registered).toBeGreaterThan(170);
    expect(registered).toBeLessThanOrEqual(180);
    const tally = new Tally([1, 2, 3, 4], 1024);
    for (let i = 0; i < 42; i++)
      tally.notePerson(((i * 2 ** 26) >>> 0).toString(16).padStart(8, "0") + i, from("198.51.100.9").address, NOW);
    for (let i = 0; i < 42; i++) tally.notePerson(i.toString(16).padStart(8, "0"), from("198.51.100.9").address, NOW);
    const failures = failuresOf(new CountedAttempts(tally, nobodyRegistered));
    expect(failures).toBeGreaterThan(120);
    expect(failures).toBeLessThan(190);
  });
  it("ends for an address after 30 failures, and comes back with time", () => {
    const attempts = new CountedAttempts(new Tally([1, 2, 3, 4], 1024), nobodyRegistered);
    const attacker = from("198.51.100.9");
    for (let i = 0; i < 30; i++) {
      expect(attempts.mayTry(attacker, NOW)).toBe(true);
      attempts.noteFailure(attacker, NOW);
    }
    expect(attempts.mayTry(attacker, NOW)).toBe(false);
    expect(attempts.mayTry(attacker, NOW + 2_000)).toBe(true);
  });
  it("is not spent by others: whoever has not failed is always heard", () => {
    const attempts = new CountedAttempts(new Tally([1, 2, 3, 4], 2 ** 16), nobodyRegistered);
    for (let i = 0; i < 2_000; i++) attempts.noteFailure(from(`198.18.${i >> 8}.${i & 255}`), NOW);
    expect(attempts.mayTry(from("198.18.0.1"), NOW)).toBe(false);
    expect(attempts.mayTry(from("203.0.113.1"), NOW)).toBe(true);
  });
});

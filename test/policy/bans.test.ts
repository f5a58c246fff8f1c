/** Bans: whom an operator means, who is concerned, and who never is. */
import { describe, expect, it } from "vitest";
import type { Identity } from "../../src/identity/identity.ts";
import { BANS_MAX, Bans, whoIsMeant } from "../../src/policy/bans.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import { parseAddress } from "../../src/request/address.ts";
import type { Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { doctor, facts, identity } from "./subjects.ts";

const NOW = 1_000_000;
const UNTIL = NOW + 60_000;

function bansOf(...who: string[]): Bans {
  const bans = new Bans();
  bans.learn({ version: 1, entries: who.map((each) => ({ who: whoIsMeant(each), until: UNTIL })) });
  return bans;
}
const at = (address: string, asn = 64_500): Facts =>
  facts({ address: parseAddress(address), network: { ...facts().network, asn } });

describe("whom an operator means", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7/32"],
    ["203.0.113.77/24", "203.0.113.0/24"],
    ["198.51.100.13/29", "198.51.100.8/29"],
    ["2001:db8:1:2::3", "2001:db8:1:2::/64"],
    ["2001:db8:1::/48", "2001:db8:1::/48"],
    ["::ffff:203.0.113.7", "203.0.113.7/32"],
    ["as64512", "AS64512"],
  ])("by %s is %s", (text, who) => expect(whoIsMeant(text)).toBe(who));
  it.each(["", "nobody", "203.0.113", "203.0.113.0/33", "AS0", "AS4294967296", "64512", "10.0.0.0/7", "2001::/18"])(
    "by %s is not understood",
    (text) => expect(() => whoIsMeant(text)).toThrow(),
  );
});

describe("a ban", () => {
  it("is for an address, all of a network, or all of an operator's networks, until its end", () => {
    const bans = bansOf("203.0.113.0/24", "2001:db8:1:2::3", "AS64666");
    for (const address of ["203.0.113.1", "203.0.113.255", "::ffff:203.0.113.9", "2001:db8:1:2:ffff::1"])
      expect(bans.includes(at(address), NOW), address).toBe(true);
    for (const address of ["203.0.114.1", "2001:db8:1:3::1", "", "198.51.100.7"])
      expect(bans.includes(at(address), NOW), address).toBe(false);
    expect(bans.includes(at("198.51.100.7", 64_666), UNTIL - 1)).toBe(true);
    expect(bans.includes(at("198.51.100.7", 64_666), UNTIL)).toBe(false);
    expect(bans.includes(at("203.0.113.1"), UNTIL)).toBe(false);
  });
  it("of a kind that only a newer watch knows is passed over", () => {
    const bans = new Bans();
    const who = ["a country", "198.51.100.0/24"];
    bans.learn({ version: 1, entries: who.map((each) => ({ who: each, until: UNTIL })) });
    expect(bans.includes(at("198.51.100.7"), NOW)).toBe(true);
  });
  it("is kept in bounded memory, whatever comes", () => {
    const bans = new Bans();
    const entries = Array.from({ length: BANS_MAX + 1 }, (_, i) => ({
      who: `10.${i >> 8}.${i & 255}.0/24`,
      until: UNTIL,
    }));
    bans.learn({ version: 1, entries });
    expect(bans.includes(at("10.0.255.1"), NOW)).toBe(true);
    expect(bans.includes(at("10.1.0.1"), NOW)).toBe(false);
  });
});

describe("in a banned network", () => {
  const policy = compile(rules);
  const bans = bansOf("198.51.100.0/24");
  function decided(who: Identity, subject = facts({ pathname: "/login" })) {
    const site = policy.siteOf.get(subject.host);
    if (!site) throw new Error("no such site");
    return decide(subject, who, site, policy, { waitSeconds: () => 0 }, { ...inPosture("normal"), bans }, NOW);
  }

  it.each([
    ["a stranger", identity()],
    ["whoever bought a clearance", identity({ lane: "cleared", clearance: "c", evidence: "clearance" })],
  ])("%s is blocked, and spends nothing", (_, who) => {
    expect(decided(who)).toMatchObject({ verdict: { kind: "block" }, reason: "banned by an operator", charges: [] });
  });
  it.each([
    ["a doctor", doctor],
    ["a resident", identity({ lane: "resident", principal: "re5", evidence: "pass" })],
    ["practice software", identity({ lane: "machine", principal: "5y5", evidence: "service-key" })],
    ["a device that we know", identity({ knownDevice: true, evidence: "known-device" })],
    ["a registered hospital's new doctor", identity({ facility: { name: "Demo hospital", seats: 400 } })],
  ])("%s is served as if there were no ban", (_, who) => expect(decided(who).verdict.kind).toBe("allow"));
  it("a person who has spent her own budget may still sign in, as on any device that we know", () => {
    const site = policy.siteOf.get("portal.example.lv");
    if (!site) throw new Error("no such site");
    const spent = { waitSeconds: ({ budget }: { budget: { per: string } }) => (budget.per === "principal" ? 9 : 0) };
    const { verdict } = decide(
      facts({ pathname: "/login" }),
      doctor,
      site,
      policy,
      spent,
      { ...inPosture("normal"), bans },
      NOW,
    );
    expect(verdict.kind).toBe("allow");
  });
  it("rules that allow spare nobody", () => {
    const asset = facts({ pathname: "/assets/x.css", asker: "subresource" });
    expect(decided(identity(), asset).verdict.kind).toBe("block");
  });
});

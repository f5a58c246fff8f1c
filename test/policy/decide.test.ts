import { describe, expect, it } from "vitest";
import type { Identity } from "../../src/identity/identity.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import { type CounterView, POSTURES, type Posture } from "../../src/policy/verdict.ts";
import type { Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { doctor, facts, identity } from "./subjects.ts";

const policy = compile(rules);
const room: CounterView = { waitSeconds: () => 0 };
const spent: CounterView = { waitSeconds: () => 12.3 };

/** The same, but where signing in begins nobody is vouched for: that is done where she returns. */
const leadingOn = compile({
  ...rules,
  sites: rules.sites.map((site) => ({
    ...site,
    routes: site.routes.map((route) => (route.signIn === "start" ? { ...route, vouches: false } : route)),
  })),
});

function verdictOf(
  subject: Facts,
  who: Identity,
  posture: Posture = "normal",
  counters: CounterView = room,
  rulesInForce = policy,
) {
  const site = rulesInForce.siteOf.get(subject.host);
  if (!site) throw new Error("no such site");
  return decide(subject, who, site, rulesInForce, counters, inPosture(posture), 1_000_000);
}
const kindOf = (...args: Parameters<typeof verdictOf>) => verdictOf(...args).verdict.kind;

const soap = facts({ pathname: "/soap/prescription", method: "POST", asker: "program", format: "soap11" });

describe("a clinician", () => {
  it.each(POSTURES)("gets through to prescriptions in posture %s", (posture) => {
    expect(
      kindOf(facts({ pathname: "/app/prescriptions", method: "POST", asker: "navigation" }), doctor, posture),
    ).toBe("allow");
  });
  it("is held to her own budget, and no address's", () => {
    const { verdict, charges, reason } = verdictOf(facts(), doctor, "normal", spent);
    expect(verdict).toMatchObject({ kind: "limit", retryAfterS: 13 });
    expect(reason).toBe("one clinician");
    expect(charges).toEqual([]);
    expect(verdictOf(facts(), doctor).charges.map(({ budget, key }) => [budget.name, key])).toEqual([
      ["one clinician", "d0c"],
    ]);
  });
  it("has the best class of service where it matters", () => {
    expect(verdictOf(facts({ pathname: "/app/prescriptions" }), doctor).serviceClass).toBe(0);
    expect(verdictOf(facts({ pathname: "/search" }), doctor).serviceClass).toBe(2);
    expect(verdictOf(facts({ pathname: "/" }), identity()).serviceClass).toBe(3);
  });
});

describe("a person who has spent her budget", () => {
  /** Her own budget is spent, all others have room. */
  const spentByHer: CounterView = { waitSeconds: ({ budget }) => (budget.per === "principal" ? 12 : 0) };
  const resident = identity({ lane: "resident", principal: "re5", evidence: "pass" });
  const signIn = facts({ pathname: "/login/password", method: "POST" });

  it.each([doctor, resident])("is held to it on every page, and may still sign in, as anybody may", (who) => {
    expect(kindOf(facts({ pathname: "/app/prescriptions" }), who, "normal", spentByHer)).toBe("limit");
    expect(kindOf(signIn, who, "normal", spentByHer)).toBe("allow");
    // Her device is known: sign-in is not challenged even in an attack.
    expect(kindOf(signIn, who, "elevated", spentByHer)).toBe("allow");
  });
  it("may begin to sign in also where that only leads on to the identity provider", () =>
    expect(kindOf(facts({ pathname: "/login" }), doctor, "elevated", spentByHer, leadingOn)).toBe("allow"));
  it("then spends what strangers spend, and is refused where they are", () => {
    expect(verdictOf(signIn, doctor, "normal", spentByHer).charges.map(({ budget }) => budget.per)).toEqual([
      "address",
      "network",
      "prefix",
    ]);
    expect(kindOf(signIn, doctor, "normal", spent)).toBe("challenge");
  });
  it("gets no share of the origin for it that strangers would not get", () =>
    expect(verdictOf(signIn, doctor, "normal", spentByHer).serviceClass).toBe(
      verdictOf(signIn, identity()).serviceClass,
    ));
  it("is another matter for a system: it has nothing to sign in with", () => {
    const system = identity({ lane: "machine", principal: "5y5", evidence: "certificate" });
    expect(kindOf(signIn, system, "normal", spentByHer)).toBe("limit");
  });
});

describe("a proof that was earned during an attack", () => {
  const ONSET = 900_000;
  const knownSince = (since: number, lane: "clinician" | "resident" | "machine" = "clinician") =>
    identity({ lane, principal: "p", evidence: "pass", proof: { since, expiresAt: null, clockSkewMs: null } });
  const classOf = (who: Identity, pathname: string, onset: number | null = ONSET) => {
    const [site] = policy.sites;
    if (!site) throw new Error("the rules have a site");
    return decide(facts({ pathname }), who, site, policy, room, { ...inPosture("elevated"), onset }, 1_000_000)
      .serviceClass;
  };

  it("stands one class behind one from before it", () => {
    expect(classOf(knownSince(ONSET - 1), "/app/prescriptions")).toBe(0);
    expect(classOf(knownSince(ONSET), "/app/prescriptions")).toBe(1);
    expect(classOf(knownSince(ONSET, "resident"), "/search")).toBe(3);
  });
  it("is as good as any other in calm", () => expect(classOf(knownSince(ONSET), "/app/prescriptions", null)).toBe(0));
  it("is none where systems prove themselves, as they always could", () =>
    expect(classOf(knownSince(0, "machine"), "/soap/prescription")).toBe(0));
});

describe("an unknown client", () => {
  it.each([
    ["normal", "allow"],
    ["elevated", "challenge"],
    ["clinicians-first", "challenge"],
    ["static-only", "closed"],
  ] as const)("in posture %s meets %s on a dynamic route", (posture, kind) => {
    expect(kindOf(facts(), identity(), posture)).toBe(kind);
  });
  it("is not asked for static files", () =>
    expect(kindOf(facts({ pathname: "/assets/app.css" }), identity(), "elevated")).toBe("allow"));
  it("finds sheddable routes closed while clinicians go first", () =>
    expect(kindOf(facts({ pathname: "/search" }), identity(), "clinicians-first")).toBe("closed"));
  it("gains nothing by looking like a machine", () => {
    expect(kindOf(soap, identity(), "elevated")).toBe("closed");
    expect(kindOf(facts({ asker: "program", format: "problem" }), identity(), "elevated")).toBe("closed");
    expect(kindOf(facts({ asker: "subresource", format: "none" }), identity(), "elevated")).toBe("closed");
  });
  it("is challenged beyond its address's budget, or limited where no challenge can be shown", () => {
    expect(kindOf(facts(), identity(), "normal", spent)).toBe("challenge");
    expect(kindOf(soap, identity(), "normal", spent)).toBe("limit");
  });
  it("comes back from sign-in unchallenged, unless it spells the route unusually", () => {
    const back = {
      method: "POST",
      site: "cross-site",
      headers: { ...facts().headers, contentType: "application/x-www-form-urlencoded" },
    } as const;
    expect(kindOf(facts({ ...back, pathname: "/saml/acs" }), identity(), "elevated")).toBe("allow");
    const odd = facts({
      ...back,
      pathname: "/saml//acs",
      path: { raw: "/saml//acs", canonical: "/saml/acs", plain: false },
    });
    expect(kindOf(odd, identity(), "elevated")).toBe("challenge");
    expect(verdictOf(odd, identity()).route.vouches).toBe(false);
  });
  it("comes back from sign-in in a browser, or with what she began: a program with neither is closed out in an attack", () => {
    const headers = { ...facts().headers, contentType: "application/x-www-form-urlencoded" };
    const program = facts({ method: "POST", pathname: "/saml/acs", asker: "program", format: "problem", headers });
    expect(kindOf(program, identity(), "elevated")).toBe("closed");
    expect(kindOf(program, identity({ transaction: "t1" }), "elevated")).toBe("allow");
    expect(kindOf(program, identity({ knownDevice: true }), "elevated")).toBe("allow");
    expect(kindOf(program, identity(), "normal")).toBe("allow");
  });
  it("on a known device may sign in without a challenge, and no more", () => {
    const known = identity({ knownDevice: true });
    expect(kindOf(facts({ pathname: "/login" }), known, "elevated")).toBe("allow");
    expect(kindOf(facts({ pathname: "/login" }), known, "elevated", undefined, leadingOn)).toBe("allow");
    expect(kindOf(facts({ pathname: "/app/prescriptions" }), known, "elevated")).toBe("challenge");
  });
  it("in a registered hospital is not challenged, and spends from the hospital's budget by its seats", () => {
    const inside = identity({ facility: { name: "Demo hospital", seats: 400 } });
    const { verdict, charges } = verdictOf(facts(), inside, "elevated");
    expect(verdict.kind).toBe("allow");
    expect(charges.map(({ budget, key, scale }) => [budget.name, key, scale])).toEqual([
      ["one facility", "Demo hospital", 400],
    ]);
  });
});

describe("rules", () => {
  it("block what no visitor sends, whoever sends it", () => {
    const pingback = facts({
      headers: {
        ...facts().headers,
        userAgent: "WordPress/5.1; https://site1.example; verifying pingback from 198.18.250.9",
      },
    });
    expect(verdictOf(pingback, identity())).toMatchObject({ verdict: { kind: "block" }, reason: "reflected pingback" });
  });
  it("do not trip over absent headers", () => {
    const bare = facts({ headers: { userAgent: "", accept: "", contentType: "", origin: "", referer: "" } });
    expect(kindOf(bare, identity())).toBe("allow");
  });
});

describe("a limit stands for the whole address", () => {
  const program = facts({ asker: "program", format: "problem" });
  const until = (subject: Facts, who: Identity) => verdictOf(subject, who, "normal", spent).standsUntil;
  it("when its budget is the address's, whatever is asked", () =>
    expect(until(program, identity())).toBe(1_000_000 + 12_300));
  it("not when it is somebody's own", () => expect(until(facts({ asker: "program" }), doctor)).toBeNull());
  it("not when it is about some routes only", () => {
    const full: CounterView = { waitSeconds: ({ budget }) => (budget.routes === null ? 0 : 5) };
    const decision = verdictOf(facts({ pathname: "/login", asker: "program" }), identity(), "normal", full);
    expect(decision.verdict.kind).toBe("limit");
    expect(decision.standsUntil).toBeNull();
  });
  it("not for other people's Workers, who share one address", () =>
    expect(until({ ...program, network: { ...program.network, worker: "other.example" } }, identity())).toBeNull());
  it("not for whoever can work instead", () => expect(until(facts(), identity())).toBeNull());
});

describe("a preflight of somebody unknown", () => {
  const preflight = facts({
    pathname: "/app/prescriptions",
    method: "OPTIONS",
    asker: "preflight",
    site: "cross-site",
  });
  const site = policy.siteOf.get(preflight.host);
  const classFrom = (origin: string, from: Facts["site"] = "cross-site", who = identity()) => {
    if (!site) throw new Error("no such site");
    const asked = { ...preflight, site: from, headers: { ...preflight.headers, origin } };
    const readable = { ...site, readableBy: new Set(["https://app.example.lv"]) };
    return decide(asked, who, readable, policy, room, inPosture("elevated"), 1_000_000);
  };

  it("passes where others are asked, and is the last to find room", () =>
    expect(classFrom("https://elsewhere.example")).toMatchObject({ verdict: { kind: "allow" }, serviceClass: 3 }));
  it("keeps the class of what it is for where the rules let those scripts in, or somebody registered works there", () => {
    expect(classFrom("https://app.example.lv").serviceClass).toBeLessThan(3);
    expect(classFrom("https://www.example.lv", "same-site").serviceClass).toBeLessThan(3);
    const hospital = identity({ facility: { name: "a hospital", seats: 100 } });
    expect(classFrom("https://elsewhere.example", "cross-site", hospital).serviceClass).toBeLessThan(3);
  });
});

it("people who were seen make room up to a thousand, and no more", () => {
  const scales = (people: number) => {
    const { charges } = verdictOf(facts(), identity(), "normal", { ...room, peopleAt: () => people });
    return charges.map(({ scale }) => scale);
  };
  expect(scales(500)).not.toEqual(scales(1_000));
  expect(scales(1_002)).toEqual(scales(3_000));
});

/** Who is asked: the table of every asker, method and route. */

import { describe, expect, it } from "vitest";
import { canTakeChallenge } from "../../src/policy/can-take-challenge.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide, routeOf } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import type { CounterView, VerdictKind } from "../../src/policy/verdict.ts";
import type { Asker, Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { facts, identity } from "./subjects.ts";

const policy = compile(rules);
const [site] = policy.sites;
if (!site) throw new Error("the shipped rules protect nothing");
const room: CounterView = { waitSeconds: () => 0 };
const spent: CounterView = { waitSeconds: () => 9 };

type Line = readonly [asker: Asker, site: Facts["site"], can: boolean, underAttack: VerdictKind];
const ASKERS: readonly Line[] = [
  ["navigation", "none", true, "challenge"],
  ["navigation", "cross-site", true, "challenge"],
  ["frame", "same-origin", true, "challenge"],
  ["frame", "cross-site", true, "challenge"],
  ["script", "same-origin", true, "challenge"],
  ["script", "unknown", true, "challenge"],
  ["script", "same-site", false, "closed"],
  ["script", "cross-site", false, "closed"],
  ["subresource", "same-origin", false, "closed"],
  ["prefetch", "same-origin", false, "closed"],
  ["websocket", "unknown", false, "closed"],
  ["program", "unknown", false, "closed"],
  ["preflight", "cross-site", false, "allow"],
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
const table = ASKERS.flatMap((line) => METHODS.map((method) => [...line, method] as const));

const verdict = (asked: Facts, counters = room) =>
  decide(asked, identity(), site, policy, counters, inPosture("elevated"), 1_000_000).verdict.kind;

describe("whoever proved nothing while the site is under attack", () => {
  it.each(table)("%s (%s) on an ordinary route: can %s, gets %s, with %s", (asker, from, can, kind, method) => {
    const asked = facts({ pathname: "/app/patients", asker, site: from, method });
    expect(canTakeChallenge(asked, routeOf(site, asked))).toBe(can);
    expect(verdict(asked)).toBe(kind);
    // Beyond its address's budget a challenge is the way out for whoever can take one, for nobody else.
    expect(verdict(asked, spent)).toBe(can ? "challenge" : "limit");
  });

  it.each(table)(
    "%s (%s) on a machine's route: never a challenge, whatever it looks like (%s %s %s)",
    (asker, from, _can, _kind, method) => {
      const asked = facts({ pathname: "/soap/prescription", asker, site: from, method });
      expect(canTakeChallenge(asked, routeOf(site, asked))).toBe(false);
      expect(verdict(asked)).toBe(asker === "preflight" ? "allow" : "closed");
      expect(verdict(asked, spent)).toBe("limit");
    },
  );

  it.each(ASKERS)("%s (%s) at the return from sign-in is never asked; browsers that go there pass", (asker, from) => {
    const headers = { ...facts().headers, contentType: "application/x-www-form-urlencoded" };
    const asked = facts({ pathname: "/saml/acs", method: "POST", asker, site: from, headers });
    expect(canTakeChallenge(asked, routeOf(site, asked))).toBe(false);
    const passes = asker === "navigation" || asker === "frame" || asker === "preflight";
    expect(verdict(asked)).toBe(passes ? "allow" : "closed");
  });
});

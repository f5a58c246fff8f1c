import { describe, expect, it } from "vitest";
import type { Visit } from "../../src/identity/visit.ts";
import { compile } from "../../src/policy/compile.ts";
import { REASONS } from "../../src/policy/reasons.ts";
import type { Charge, CounterView } from "../../src/policy/verdict.ts";
import { priceOfWait } from "../../src/policy/wait-to-sign-in.ts";
import rules from "../../src/rules.ts";
import { facts, identity } from "./subjects.ts";

const NOW = 1_800_000_000_000;
const [site] = compile(rules).sites;
const routeNamed = (name: string) => {
  const route = site?.routes.find((route) => route.name === name);
  if (!route) throw new Error(`no route ${name}`);
  return route;
};
const START = { route: routeNamed("sign-in"), reason: "normal" };
const RETURN = { route: routeNamed("return from sign-in"), reason: "normal" };
const form = facts({
  method: "POST",
  pathname: "/login/password",
  site: "same-origin",
  hasBody: true,
  headers: { ...facts().headers, contentType: "application/x-www-form-urlencoded" },
});
const visit: Visit = { id: "v1", issuedAtMs: NOW - 60_000, atHome: true };
const UNSPENT: CounterView = { waitSeconds: () => 0 };
const namesOf = (charges: readonly Charge[] | null) => charges?.map(({ budget }) => budget.name) ?? null;

describe("who hands in the form that starts her sign-in may wait", () => {
  it.each([
    ["with a clearance, which pays for the request in any case", identity({ lane: "cleared", clearance: "c1" }), []],
    [
      "with a visit ticket, of which it spends",
      identity({ visit }),
      ["one visit ticket", "visit tickets of one prefix"],
    ],
    ["from a device that we know", identity({ knownDevice: true, device: "d1" }), ["sign-ins from one known device"]],
  ])("%s", (_, who, price) => expect(namesOf(priceOfWait(form, who, START, UNSPENT, NOW))).toEqual(price));

  it("with a ticket that let her pass already: it is not spent twice", () => {
    const decision = { ...START, reason: REASONS.visitTicket };
    expect(priceOfWait(form, identity({ visit }), decision, UNSPENT, NOW)).toEqual([]);
  });

  it.each([
    ["with nothing verified", form, identity()],
    ["from a registered facility's address alone", form, identity({ facility: { name: "hospital", seats: 400 } })],
    ["who only looks at the page", facts({ pathname: "/login" }), identity({ knownDevice: true, device: "d1" })],
    [
      "whom another site sends",
      { ...form, site: "cross-site" as const },
      identity({ lane: "cleared", clearance: "c1" }),
    ],
    ["who brings a sign-in transaction to it", form, identity({ transaction: "t1" })],
  ])("but not one %s", (_, what, who) => expect(priceOfWait(what, who, START, UNSPENT, NOW)).toBeNull());

  it("but not at other routes", () => {
    const who = identity({ lane: "cleared", clearance: "c1", visit, device: "d1" });
    const decision = { route: routeNamed("everything else"), reason: "normal" };
    expect(priceOfWait(form, who, decision, UNSPENT, NOW)).toBeNull();
  });

  it("as often as the ticket is good for, or the device's budget; then like others", () => {
    const spent: CounterView = { waitSeconds: () => 1 };
    expect(priceOfWait(form, identity({ visit, knownDevice: true, device: "d1" }), START, spent, NOW)).toBeNull();
    const ticketSpent: CounterView = { waitSeconds: ({ key }) => (key === visit.id ? 1 : 0) };
    const both = identity({ visit, knownDevice: true, device: "d1" });
    expect(namesOf(priceOfWait(form, both, START, ticketSpent, NOW))).toEqual(["sign-ins from one known device"]);
  });
});

it("who returns may wait with the transaction of a beginning that we saw, and with nothing else", () => {
  const others = identity({ lane: "cleared", clearance: "c1", visit, knownDevice: true, device: "d1" });
  expect(priceOfWait(form, identity({ transaction: "t1" }), RETURN, UNSPENT, NOW)).toEqual([]);
  expect(priceOfWait(form, others, RETURN, UNSPENT, NOW)).toBeNull();
});

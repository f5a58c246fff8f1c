import { beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "../../src/identity/identity.ts";
import {
  mayBringTicket,
  readVisit,
  ticketCookie,
  ticketFor,
  VISIT_COOKIE,
  WORTH_FOR_MS,
} from "../../src/identity/visit.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import type { Charge, CounterView, Posture } from "../../src/policy/verdict.ts";
import { parseAddress } from "../../src/request/address.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import type { Facts } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import type { Sealer } from "../../src/seal.ts";
import { NOW_MS, newSealer } from "../challenge/lab.ts";
import { facts, identity } from "../policy/subjects.ts";

const HOUR_MS = 3_600_000;
const policy = compile(rules);
const ELSEWHERE = parseAddress("203.0.113.77");

let sealer: Sealer;
let ids = 0;
beforeAll(async () => {
  sealer = await newSealer();
});

/** Counts as the tally does, exactly. */
function counters(): CounterView & { apply(charges: readonly Charge[], now: number): void } {
  const tats = new Map<string, number>();
  const keyOf = ({ budget, key }: Charge) => `${budget.name}|${key}`;
  const next = (charge: Charge, now: number) =>
    Math.max(tats.get(keyOf(charge)) ?? 0, now) + (charge.budget.emissionMs * charge.cost) / charge.scale;
  return {
    waitSeconds: (charge, now) => Math.max(0, next(charge, now) - now - charge.budget.toleranceMs) / 1000,
    apply: (charges, now) => {
      for (const charge of charges) tats.set(keyOf(charge), next(charge, now));
    },
  };
}

async function issue(page: Facts = facts(), now = NOW_MS, view = counters()): Promise<string | null> {
  const spend = (charge: Charge) => {
    if (view.waitSeconds(charge, now) > 0) return false;
    view.apply([charge], now);
    return true;
  };
  const id = () => (++ids).toString(16).padStart(32, "0");
  const cookie = await ticketCookie(sealer, page, null, await readVisit(sealer, page, now), spend, now, id);
  return cookie && (new RegExp(`^${VISIT_COOKIE}=([^;]+);`).exec(cookie)?.[1] ?? null);
}

/** Her form, handed in with a ticket. */
function form(ticket: string, different: Partial<Facts> = {}): Facts {
  return facts({
    method: "POST",
    pathname: "/app/prescriptions",
    site: "same-origin",
    hasBody: true,
    bodyBytes: 100,
    headers: { ...facts().headers, contentType: "application/x-www-form-urlencoded" },
    cookies: { ...NO_COOKIES, visit: ticket },
    ...different,
  });
}

async function hand(subject: Facts, view = counters(), posture: Posture = "elevated", now = NOW_MS + 1) {
  const site = policy.sites[0];
  if (!site) throw new Error("there is a site");
  const who: Identity = identity({ visit: await readVisit(sealer, subject, now) });
  const decision = decide(subject, who, site, policy, view, inPosture(posture), now);
  view.apply(decision.charges, now);
  return decision;
}

describe("a ticket", () => {
  it("lets a form in that was opened in calm, and is charged to ticket, prefix and address", async () => {
    const { verdict, reason, charges } = await hand(form((await issue()) ?? ""));
    expect([verdict.kind, reason]).toEqual(["allow", "visit ticket"]);
    expect(charges.map(({ budget }) => budget.name)).toEqual([
      "one address",
      "one visit ticket",
      "visit tickets of one prefix",
    ]);
  });

  it("is worth four POSTs, one from elsewhere, and another each hour", async () => {
    const kinds = async (different: Partial<Facts>, times: number, view = counters()) => {
      const ticket = (await issue()) ?? "";
      const verdicts: string[] = [];
      for (let i = 0; i < times; i++) verdicts.push((await hand(form(ticket, different), view)).verdict.kind);
      return { ticket, verdicts, view };
    };
    const { ticket, verdicts, view } = await kinds({}, 6);
    expect(verdicts).toEqual(["allow", "allow", "allow", "allow", "challenge", "challenge"]);
    expect((await hand(form(ticket), view, "elevated", NOW_MS + HOUR_MS + 1)).verdict.kind).toBe("allow");
    expect((await kinds({ address: ELSEWHERE }, 3)).verdicts).toEqual(["allow", "challenge", "challenge"]);
  });

  it("is spent only where it makes the difference", async () => {
    const { charges } = await hand(form((await issue()) ?? ""), counters(), "normal");
    expect(charges.map(({ budget }) => budget.name)).toEqual(["one address"]);
  });

  it.each<[string, Partial<Facts>]>([
    ["a page", { method: "GET", hasBody: false, bodyBytes: null }],
    ["what a script posts", { asker: "script" }],
    ["what another site posts", { site: "cross-site" }],
    ["what a sibling host posts", { site: "same-site" }],
    ["what no browser says where it comes from", { site: "unknown" }],
    ["JSON", { headers: { ...facts().headers, contentType: "application/json" } }],
  ])("is worth nothing for %s", async (_, different) => {
    expect((await hand(form((await issue()) ?? "", different))).verdict.kind).toBe("challenge");
  });

  it("does not open what is closed, nor what a rule challenges", async () => {
    const ticket = (await issue()) ?? "";
    expect((await hand(form(ticket), counters(), "static-only")).verdict.kind).toBe("closed");
    const search = form(ticket, { path: facts({ pathname: "/search" }).path });
    expect((await hand(search, counters(), "clinicians-first")).verdict.kind).toBe("closed");
    const challenging = { ...policy, rules: [{ name: "r", then: "challenge" as const, matches: () => true }] };
    const who = identity({ visit: await readVisit(sealer, form(ticket), NOW_MS + 1) });
    const [site] = policy.sites;
    if (!site) throw new Error("there is a site");
    expect(
      decide(form(ticket), who, site, challenging, counters(), inPosture("elevated"), NOW_MS + 1).verdict.kind,
    ).toBe("challenge");
  });

  it("is worth nothing after four hours, for another host, forged, or from the future", async () => {
    const ticket = (await issue()) ?? "";
    const kind = async (given: string, now: number, different: Partial<Facts> = {}) =>
      (await hand(form(given, different), counters(), "elevated", now)).verdict.kind;
    expect(await kind(ticket, NOW_MS + WORTH_FOR_MS - 1)).toBe("allow");
    expect(await kind(ticket, NOW_MS + WORTH_FOR_MS + 1)).toBe("challenge");
    expect(await kind(ticket, NOW_MS - 2 * 60_000)).toBe("challenge");
    expect(await kind(`${ticket.slice(0, -1)}${ticket.endsWith("A") ? "B" : "A"}`, NOW_MS + 1)).toBe("challenge");
    expect(await readVisit(sealer, form(ticket, { host: "nvd.example.lv" }), NOW_MS + 1)).toBeNull();
  });
});

describe("tickets hoarded in calm", () => {
  it("are at most thirty for one address at once, and one a minute", async () => {
    const view = counters();
    let got = 0;
    for (let i = 0; i < 200; i++) if (await issue(facts(), NOW_MS, view)) got++;
    expect(got).toBe(30);
    for (let i = 0; i < 60; i++) if (await issue(facts(), NOW_MS + HOUR_MS, view)) got++;
    expect(got).toBe(60);
  });

  it("let one prefix post sixty forms at once and thirty a minute, however many there are", async () => {
    const view = counters();
    let passed = 0;
    for (let i = 0; i < 300; i++) {
      // Each from an address of its own, so that only the prefix holds them.
      const address = parseAddress(`198.51.100.${i % 250}`);
      const ticket = (await issue(facts({ address }), NOW_MS)) ?? "";
      if ((await hand(form(ticket, { address }), view)).verdict.kind === "allow") passed++;
    }
    expect(passed).toBe(60);
  });
});

describe("its cookie", () => {
  const held = (ticket: string) => facts({ cookies: { ...NO_COOKIES, visit: ticket } });

  it("is not set anew in its first half, and then keeps its id: what is spent stays spent", async () => {
    const ticket = (await issue()) ?? "";
    expect(await issue(held(ticket), NOW_MS + WORTH_FOR_MS / 2 - 1)).toBeNull();
    const renewed = (await issue(held(ticket), NOW_MS + WORTH_FOR_MS / 2)) ?? "";
    expect((await readVisit(sealer, held(renewed), NOW_MS + WORTH_FOR_MS))?.id).toBe(
      (await readVisit(sealer, held(ticket), NOW_MS))?.id,
    );
  });

  const html = { "Content-Type": "text/html; charset=utf-8" };
  it.each<[string, boolean, Partial<Facts>, ResponseInit]>([
    ["a page", true, {}, { headers: html }],
    ["a private page", true, {}, { headers: { ...html, "Cache-Control": "private, no-store" } }],
    ["a page for everybody", false, {}, { headers: { ...html, "Cache-Control": "public, max-age=60" } }],
    ["a page that a shared cache may keep", false, {}, { headers: { ...html, "Cache-Control": "s-maxage=60" } }],
    ["JSON", false, {}, { headers: { "Content-Type": "application/json" } }],
    ["an error", false, {}, { status: 404, headers: html }],
    ["the result of a form", false, { method: "POST" }, { headers: html }],
    ["what a script asked for", false, { asker: "script" }, { headers: html }],
  ])("comes with %s: %s", (_, comes, different, init) => {
    expect(mayBringTicket(facts(different), new Response("", init))).toBe(comes);
  });
});

it("is nobody's when there is none", () => {
  expect(ticketFor(form(""), identity(), counters(), NOW_MS)).toBeNull();
});

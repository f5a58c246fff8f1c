/**
 * The decision: a pure function of plain data. No I/O, no clock, no randomness, so that the same request can be decided
 * again tomorrow with the same outcome, explained, simulated and tested.
 */
import type { Identity } from "../identity/identity.ts";
import { ticketFor } from "../identity/visit.ts";
import type { Facts } from "../request/facts.ts";
import { canTakeChallenge } from "./can-take-challenge.ts";
import type { Situation } from "./modes.ts";
import type { Budget, CompiledRoute, Policy, Site, Subject } from "./policy.ts";
import { REASONS, reasonForOff } from "./reasons.ts";
import { scaleOf } from "./room.ts";
import { CLASS_OF_SERVICE, type ClassOfService, POSTURE_ACTIONS } from "./tables.ts";
import { spentUnserved } from "./unserved.ts";
import type { Charge, CounterView, Decision, Posture, Verdict } from "./verdict.ts";

/** Seconds that clients wait before they look again when the posture, not a budget, turned them away. */
const POSTURE_RETRY_S = 30;
/** That of what strangers do where nothing depends on it (CLASS_OF_SERVICE). */
const LAST_CLASS: ClassOfService = 3;

/** Whoever meets something that is switched off is not told to wait longer than this, seconds. */
const OFF_RETRY_MAX_S = 600;

/** @param now milliseconds since 1970 */
export function decide(
  facts: Facts,
  identity: Identity,
  site: Site,
  policy: Policy,
  counters: CounterView,
  situation: Situation,
  now: number,
): Decision {
  const { posture, switchedOff, onset, bans } = situation;
  const route = routeOf(site, facts);
  const subject: Subject = { facts, lane: identity.lane, route };
  const charges = chargesFor(policy, subject, identity, counters, now);
  const { matched, observed } = firstRule(policy, subject);
  const decision = (
    verdict: Verdict,
    reason: string,
    charged: readonly Charge[] = [],
    until: number | null = null,
  ): Decision => ({
    verdict,
    reason,
    route,
    serviceClass: isAnybodysPreflight(facts, identity, site) ? LAST_CLASS : serviceClassOf(identity, route, onset),
    charges: verdict.kind === "allow" ? charged : spentUnserved(charged),
    standsUntil: until,
    observed,
  });

  if (matched?.then === "block") return decision({ kind: "block" }, matched.name);
  if (mayBeBanned(identity) && bans.includes(facts, now)) return decision({ kind: "block" }, REASONS.banned);
  const off = switchedOff.get(route.name);
  // Switched off under other rules, it may have become something that people cannot do without.
  if (off && off.until > now && route.importance === "sheddable") {
    const retryAfterS = Math.min(OFF_RETRY_MAX_S, Math.max(POSTURE_RETRY_S, Math.ceil((off.until - now) / 1000)));
    return decision({ kind: "closed", retryAfterS, off: { notice: off.notice } }, reasonForOff(route.name));
  }
  const exceeded = firstExceeded(charges, counters, now);
  if (exceeded) {
    const { charge, waitS } = exceeded;
    const { budget } = charge;
    // A person who has spent her own budget is held to it, but never locked out: she may sign in, as anybody may.
    if (budget.per === "principal" && isPartOfSignIn(route) && identity.lane !== "machine")
      return decide(facts, asStranger(identity), site, policy, counters, situation, now);
    const verdict = beyond(budget, waitS, facts, route);
    const standing = verdict.kind === "limit" && standsForAddress(budget, facts, identity);
    return decision(verdict, budget.name, [], standing ? now + waitS * 1000 : null);
  }
  if (matched?.then === "limit")
    return decision({ kind: "limit", retryAfterS: POSTURE_RETRY_S, budget: null }, matched.name);

  const spared = matched?.then === "allow" || sparedTheChallenge(identity, subject);
  if (matched?.then === "challenge" && identity.lane === "unknown" && !spared)
    return decision(ask(facts, route), matched.name, charges);
  const verdict = underPosture(posture, subject, spared);
  // A ticket spares what the posture asks, never what a rule does; it is spent only where it makes the difference.
  const ticket = verdict.kind === "challenge" ? ticketFor(facts, identity, counters, now) : null;
  return ticket
    ? decision(underPosture(posture, subject, true), REASONS.visitTicket, [...charges, ...ticket])
    : decision(verdict, matched?.name ?? posture, charges);
}

/** Proven identity beats address. A clearance can be bought, and a botnet in a banned network would buy it. */
function mayBeBanned({ principal, knownDevice, facility }: Identity): boolean {
  return principal === null && !knownDevice && facility === null;
}

/** What becomes of a request for which a budget has no room. */
export function beyond(
  budget: Budget,
  waitS: number,
  facts: Facts,
  route: CompiledRoute,
): Extract<Verdict, { kind: "challenge" | "limit" }> {
  if (budget.then === "challenge" && canTakeChallenge(facts, route)) return { kind: "challenge" };
  return { kind: "limit", retryAfterS: Math.ceil(waitS), budget };
}

/**
 * A preflight passes where everybody else is asked, so it must not compete with those who answered: the last to find room,
 * unless it says that it comes for scripts which the rules let in. That can be made up, and wins no more than its address has.
 */
function isAnybodysPreflight(facts: Facts, { lane, facility }: Identity, { readableBy }: Site): boolean {
  const known = lane !== "unknown" || facility !== null || facts.site === "same-site";
  return facts.asker === "preflight" && !known && !readableBy.has(facts.headers.origin);
}

/** A session bought in the middle of an attack must not stand beside the doctors who were there before: one class lower. */
function serviceClassOf({ lane, proof, principal }: Identity, route: CompiledRoute, onset: number | null) {
  const serviceClass = CLASS_OF_SERVICE[lane][route.importance];
  const earnedDuring = principal !== null && proof !== null && onset !== null && proof.since >= onset;
  return earnedDuring && serviceClass < 3 ? ((serviceClass + 1) as ClassOfService) : serviceClass;
}

/** Whoever has a pass, whatever she spent, still has a device that we know. */
function asStranger(identity: Identity): Identity {
  return { ...identity, lane: "unknown", principal: null, knownDevice: true };
}

/** The first route whose path and method match; compile() made sure that the last one always does. */
export function routeOf(site: Site, facts: Facts): CompiledRoute {
  for (const route of site.routes)
    if ((route.methods === null || route.methods.has(facts.method)) && route.matchesPath(facts.path.canonical))
      return facts.path.plain ? route : withoutPrivileges(route);
  throw new Error(`site ${site.name} has no last route`);
}

/** An unusual spelling of a path still meets every restriction of its route but enjoys none of its privileges. */
function withoutPrivileges(route: CompiledRoute): CompiledRoute {
  return { ...route, challenge: "when-needed", signIn: null, vouches: false, cache: null };
}

function firstRule(policy: Policy, subject: Subject) {
  const observed: string[] = [];
  for (const rule of policy.rules) {
    if (!rule.matches(subject)) continue;
    if (rule.then !== "observe") return { matched: rule, observed };
    observed.push(rule.name);
  }
  return { matched: null, observed };
}

/** Everything this request spends: her own budget, or the one of her address or facility if she proved nothing. */
export function chargesFor(
  policy: Policy,
  subject: Subject,
  identity: Identity,
  counters: Pick<CounterView, "peopleAt"> = {},
  now = 0,
): readonly Charge[] {
  const charges: Charge[] = [];
  for (const budget of policy.budgets) {
    if (budget.lanes !== null && !budget.lanes.has(identity.lane)) continue;
    if (budget.routes !== null && !budget.routes.has(subject.route.name)) continue;
    if (budget.transaction && (budget.transaction === "with") !== (identity.transaction !== null)) continue;
    const counted = keyFor(budget, subject, identity);
    if (counted === null) continue;
    const cost = budget.counts === "cost" ? subject.route.cost : 1;
    if (cost === 0) continue;
    const scale = scaleOf(budget, identity, cost, () => counters.peopleAt?.(counted, now) ?? 0);
    charges.push({ budget, key: budget.eachRoute ? `${counted}|${subject.route.name}` : counted, cost, scale });
  }
  return charges;
}

/**
 * The key under which a budget counts this client, or null when it does not concern her. Only verified ids are keys: a
 * forged cookie leaves its bearer with her address. Inside a registered facility the facility's budget replaces the address's.
 */
function keyFor(budget: Budget, { facts, route }: Subject, identity: Identity): string | null {
  const transaction = route.signIn === "return" ? identity.transaction : null;
  const proven = identity.principal ?? identity.clearance ?? transaction;
  switch (budget.per) {
    case "principal":
      return identity.principal;
    case "clearance":
      return identity.principal === null ? identity.clearance : null;
    case "transaction":
      return transaction;
    case "address":
      if (proven !== null || identity.facility !== null) return null;
      return facts.network.worker === "" ? facts.address.key : `worker ${facts.network.worker}`;
    case "prefix":
      return facts.address.prefix;
    case "network":
      // Strangers of the same operator must not use up what somebody we know signs in with.
      if (isKnownDevice(identity) || identity.facility !== null) return null;
      return facts.network.asn === 0 ? null : `AS${facts.network.asn}`;
    case "facility":
      return proven === null && identity.facility !== null ? identity.facility.name : null;
  }
}

/** Not whoever has spent a budget of her own: she is a stranger with a device that we know (`asStranger`). */
function isKnownDevice({ knownDevice, evidence }: Identity): boolean {
  return knownDevice && (evidence === "known-device" || evidence === "clearance");
}

function firstExceeded(
  charges: readonly Charge[],
  counters: CounterView,
  now: number,
): { charge: Charge; waitS: number } | null {
  for (const charge of charges) {
    const waitS = counters.waitSeconds(charge, now);
    if (waitS > 0) return { charge, waitS };
  }
  return null;
}

/** Of whoever presents nothing, these are the same whatever she asks for. */
const ADDRESS_KEYS: ReadonlySet<Budget["per"]> = new Set(["address", "prefix", "network", "facility"]);

/** Other people's Workers share one address, so what is decided about one of them stands for nobody else. */
function standsForAddress(budget: Budget, facts: Facts, { lane }: Identity): boolean {
  const whateverIsAsked = budget.routes === null && budget.counts === "requests";
  const followsFromAddress =
    ADDRESS_KEYS.has(budget.per) && budget.transaction !== "with" && facts.network.worker === "";
  return whateverIsAsked && followsFromAddress && lane === "unknown";
}

function sparedTheChallenge({ facility, knownDevice, transaction }: Identity, { facts, route }: Subject): boolean {
  if (facility !== null || route.cache !== null) return true;
  // Identity providers send people back in their browsers: a program that brings nothing of ours comes from nowhere.
  if (route.signIn === "return")
    return transaction !== null || knownDevice || facts.asker === "navigation" || facts.asker === "frame";
  return knownDevice ? isPartOfSignIn(route) : route.vouches && route.challenge === "never";
}

/** Where signing in begins need not be where it ends: often the one redirects, and only the other vouches. */
function isPartOfSignIn({ signIn, vouches }: CompiledRoute): boolean {
  return signIn !== null || vouches;
}

/**
 * Where a browser would be asked to work, whoever cannot be asked is told to come back later. Only a preflight goes on: it
 * has no cookies by which anybody could be known, and what it is for is asked next.
 */
function ask(facts: Facts, route: CompiledRoute): Verdict {
  if (facts.asker === "preflight") return { kind: "allow" };
  return canTakeChallenge(facts, route) ? { kind: "challenge" } : { kind: "closed", retryAfterS: POSTURE_RETRY_S };
}

function underPosture(posture: Posture, { facts, lane, route }: Subject, spared: boolean): Verdict {
  const action = POSTURE_ACTIONS[posture][lane];
  const closed: Verdict = { kind: "closed", retryAfterS: POSTURE_RETRY_S };
  switch (action) {
    case "allow":
    case "if-room": // admission knows whether there is room
      return { kind: "allow" };
    case "ask":
      return spared ? { kind: "allow" } : ask(facts, route);
    case "ask-and-shed":
      if (route.importance === "sheddable") return closed;
      return spared ? { kind: "allow" } : ask(facts, route);
    case "critical-only":
      return route.importance === "critical" ? { kind: "allow" } : closed;
    case "static":
      return closed;
  }
}

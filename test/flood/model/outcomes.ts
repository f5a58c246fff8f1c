/**
 * What the real `decide` says, asked once. It is pure, so for one kind of request its verdict depends only on the posture
 * and on which of the request's charges, if any, is the first over its budget: a handful of answers stand for all.
 */

import type { Identity } from "../../../src/identity/identity.ts";
import { cacheKey } from "../../../src/origin/cache.ts";
import { facilityOf } from "../../../src/policy/compile.ts";
import { chargesFor, decide, routeOf } from "../../../src/policy/decide.ts";
import { inPosture } from "../../../src/policy/modes.ts";
import type { CompiledRoute, Policy, Site } from "../../../src/policy/policy.ts";
import type { ClassOfService } from "../../../src/policy/tables.ts";
import { type Charge, type Decision, POSTURES, type Posture, type VerdictKind } from "../../../src/policy/verdict.ts";
import { parseAddress } from "../../../src/request/address.ts";
import type { Facts } from "../../../src/request/facts.ts";
import { identify, isFault } from "../../../src/request/identify.ts";
import { findCost } from "../../portal/costs.ts";
import { asNumberOf, type Client } from "../places.ts";

/** A request as it is sent. What is random in a real flood is one value here: rules see patterns only. */
export interface Sent {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** As they stand on the wire: "Name: value". */
  readonly lines: readonly string[];
}

/** What is to become of a request of some kind under some posture with some budget exceeded. */
export interface Outcome {
  readonly kind: VerdictKind;
  readonly reason: string;
  readonly route: CompiledRoute;
  readonly serviceClass: ClassOfService;
}

export interface RequestClass {
  readonly facts: Facts;
  readonly identity: Identity;
  readonly site: Site;
  /** By posture; the first holds when no budget is exceeded, the next when the first charge is the one, and so on. */
  readonly outcomes: Readonly<Record<Posture, readonly Outcome[]>>;
  /** Under which name the edge keeps the answer, null when it may not. */
  readonly keptAs: string | null;
  readonly keptMs: number;
  /** What the portal takes it to cost: its own figure, which is not always that of the rules. */
  readonly units: number;
  /** Whether the portal answers with an error of its own: a fault of SOAP 1.1 is an HTTP 500, whoever's fault it is. */
  readonly isFaulty: boolean;
}

export const STRANGER: Identity = {
  lane: "unknown",
  principal: null,
  clearance: null,
  clearanceShare: 1,
  renewal: null,
  visit: null,
  transaction: null,
  knownDevice: false,
  device: null,
  facility: null,
  lapsed: null,
  evidence: "none",
  proof: null,
  refusal: null,
};

/** Facts as the real `identify` reads them from a request. @throws when it is refused before it is decided */
export function factsOf({ method, host, path, lines }: Sent, client: Omit<Client, "protocol">): Facts {
  const headers = new Headers({ "CF-Connecting-IP": client.address });
  for (const line of lines) headers.append(...splitLine(line));
  const facts = identify({
    method,
    url: `https://${host}${path}`,
    headers,
    body: method === "POST" ? {} : null,
    cf: { asn: asNumberOf(client), country: client.country, colo: "FRA" },
  });
  if (isFault(facts)) throw new Error(`${method} ${path} is refused before it is decided: ${facts.code}`);
  return facts;
}

/** What the demo portal takes a request to cost, by its own table. */
export function unitsOf({ method, path, lines }: Sent): number {
  const headers = new Headers();
  for (const line of lines) if (/^(soapaction|content-type):/i.test(line)) headers.set(...splitLine(line));
  return findCost({ method, headers }, path.split("?", 1)[0] ?? path)?.units ?? 0;
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

export function siteOf(policy: Policy, facts: Facts): Site {
  const site = policy.siteOf.get(facts.host);
  if (!site) throw new Error(`the rules know no site ${facts.host}`);
  return site;
}

/** The identity of somebody at this address, whose facility, if any, the rules know. */
export function located(identity: Identity, policy: Policy, address: Facts["address"], now: number): Identity {
  const facility = facilityOf(policy, address, now);
  return { ...identity, facility: facility && { name: facility.name, seats: facility.seats } };
}

export function classify(policy: Policy, sent: Sent, facts: Facts, identity: Identity, now: number): RequestClass {
  const site = siteOf(policy, facts);
  const route = routeOf(site, facts);
  const charges = chargesFor(policy, { facts, lane: identity.lane, route }, identity).length;
  const outcomes = Object.fromEntries(
    POSTURES.map((posture) => [
      posture,
      Array.from({ length: charges + 1 }, (_, exceeded) => {
        let asked = 0;
        const counters = { waitSeconds: () => (++asked === exceeded ? 1 : 0) };
        return outcomeOf(decide(facts, identity, site, policy, counters, inPosture(posture), now));
      }),
    ]),
  ) as unknown as RequestClass["outcomes"];
  return {
    facts,
    identity,
    site,
    outcomes,
    keptAs: cacheKey(facts, route, false)?.url ?? null,
    keptMs: (route.cache?.seconds ?? 0) * 1000,
    units: unitsOf(sent),
    // What a flood sends there is never a message that the portal can work on.
    isFaulty: facts.path.canonical.startsWith("/soap/"),
  };
}

/** Facts of a request that another client sends. @param address the client's own unless she changes hers */
export function sentBy(client: Client, facts: Facts, address = client.address): Facts {
  return { ...facts, address: parseAddress(address), network: { ...facts.network, asn: asNumberOf(client) } };
}

/** The charges of one source: those of its class under its own address, network and clearance. */
export function chargesOf(
  policy: Policy,
  { facts, identity, site }: RequestClass,
  client: Client,
  clearance: string | null,
  address = client.address,
): readonly Charge[] {
  const mine = sentBy(client, facts, address);
  return chargesFor(
    policy,
    { facts: mine, lane: identity.lane, route: routeOf(site, facts) },
    { ...identity, clearance },
  );
}

function outcomeOf({ verdict, reason, route, serviceClass }: Decision): Outcome {
  return { kind: verdict.kind, reason, route, serviceClass };
}

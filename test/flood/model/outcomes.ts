/**
 * What the real `decide` says, asked once. It is pure, so for one kind of request its verdict depends only on the posture
 * and on which of the request's charges, if any, is the first over its budget: a handful of answers stand for all.
 */
import type { Identity } from "../../../src/identity/identity.ts";
import { cacheKey } from "../../../src/origin/cache.ts";
import { facilityOf } from "../../../src/policy/compile.ts";
import { chargesFor, decide, routeOf } from "../../../src/policy/decide.ts";
import type { Policy, Site } from "../../../src/policy/policy.ts";
import type { ClassOfService } from "../../../src/policy/tables.ts";
import { type Charge, type Decision, POSTURES, type Posture, type VerdictKind } from "../../../src/policy/verdict.ts";
import { parseAddress } from "../../../src/request/address.ts";
import type { Facts } from "../../../src/request/facts.ts";
import { identify, isFault } from "../../../src/request/identify.ts";
import type { MixedRequest, SourceNetwork } from "./scenario.ts";

const HOST = "portal.example.lv";

const PRESENTED: Readonly<Record<MixedRequest["kind"], Readonly<Record<string, string>>>> = {
  program: { Accept: "*/*", "User-Agent": "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)" },
  "browser-like": {
    Accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    "User-Agent": "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0 Safari/537.36",
    "Upgrade-Insecure-Requests": "1",
  },
  browser: {
    Accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    "User-Agent":
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Site": "same-origin",
  },
};

/** What is to become of a request of some kind under some posture with some budget exceeded. */
export interface Outcome {
  readonly kind: VerdictKind;
  readonly reason: string;
  readonly cost: number;
  readonly serviceClass: ClassOfService;
}

export interface RequestClass {
  readonly facts: Facts;
  readonly identity: Identity;
  /** By posture; the first holds when no budget is exceeded, the next when the first charge is the one, and so on. */
  readonly outcomes: Readonly<Record<Posture, readonly Outcome[]>>;
  /** Under which name the edge keeps the answer, null when it may not. */
  readonly keptAs: string | null;
  readonly keptMs: number;
}

export const STRANGER: Identity = {
  lane: "unknown",
  principal: null,
  clearance: null,
  clearanceShare: 1,
  renewal: null,
  visit: null,
  knownDevice: false,
  facility: null,
  evidence: "none",
  proof: null,
  refusal: null,
};

/** Facts as the real `identify` reads them from a request. */
export function factsOf(asked: MixedRequest, network: Omit<SourceNetwork, "share">, address: string): Facts {
  const facts = identify({
    method: asked.method,
    url: `https://${HOST}${asked.path}`,
    headers: new Headers({ ...PRESENTED[asked.kind], ...asked.headers, "CF-Connecting-IP": address }),
    body: asked.method === "POST" ? {} : null,
    cf: { asn: network.asn, country: network.country, colo: "FRA" },
  });
  if (isFault(facts)) throw new Error(`${asked.method} ${asked.path} is refused before it is decided: ${facts.code}`);
  return facts;
}

export function siteOf(policy: Policy, facts: Facts): Site {
  const site = policy.siteOf.get(facts.host);
  if (!site) throw new Error(`the rules know no site ${facts.host}`);
  return site;
}

/** The identity of somebody at this address, whose facility, if any, the rules know. */
export function located(identity: Identity, policy: Policy, facts: Facts, now: number): Identity {
  const facility = facilityOf(policy, facts.address, now);
  return { ...identity, facility: facility && { name: facility.name, seats: facility.seats } };
}

export function classify(policy: Policy, facts: Facts, identity: Identity, now: number): RequestClass {
  const site = siteOf(policy, facts);
  const route = routeOf(site, facts);
  const charges = chargesFor(policy, { facts, lane: identity.lane, route }, identity).length;
  const outcomes = Object.fromEntries(
    POSTURES.map((posture) => [
      posture,
      Array.from({ length: charges + 1 }, (_, exceeded) => {
        let asked = 0;
        const counters = { waitSeconds: () => (++asked === exceeded ? 1 : 0) };
        return outcomeOf(decide(facts, identity, site, policy, counters, posture, now));
      }),
    ]),
  ) as unknown as RequestClass["outcomes"];
  return {
    facts,
    identity,
    outcomes,
    keptAs: cacheKey(facts, route, false)?.url ?? null,
    keptMs: (route.cache?.seconds ?? 0) * 1000,
  };
}

/** The charges of one source: those of its class under its own address and clearance. */
export function chargesOf(
  policy: Policy,
  { facts, identity }: RequestClass,
  address: string,
  clearance: string | null,
): readonly Charge[] {
  const mine = { ...facts, address: parseAddress(address) };
  const route = routeOf(siteOf(policy, facts), facts);
  return chargesFor(policy, { facts: mine, lane: identity.lane, route }, { ...identity, clearance });
}

function outcomeOf({ verdict, reason, route, serviceClass }: Decision): Outcome {
  return { kind: verdict.kind, reason, cost: route.cost, serviceClass };
}

/**
 * The language of `src/rules.ts`: what staff may write. Everything is data; there are no regular expressions, so no rule
 * can be slow, and no condition can throw. `compile` (compile.ts) checks it and makes the `Policy` that `decide` reads.
 */
import type { Lane } from "../identity/identity.ts";
import type { ProofRules } from "../identity/kinds.ts";
import type { Asker } from "../request/facts.ts";
import type { Notice } from "./modes.ts";
import type { Importance } from "./tables.ts";
import type { Posture } from "./verdict.ts";

/** One value or any of several. */
export type OneOf<T> = T | readonly T[];

export interface Rules {
  readonly sites: readonly SiteRules[];
  readonly budgets: readonly BudgetRules[];
  /** Tried in order; the first that matches decides, except `observe`, which only takes note. */
  readonly rules: readonly Rule[];
  readonly facilities: readonly FacilityRules[];
  /** How people and systems may prove who they are, beside the passes that the origin vouches for. */
  readonly proofs?: ProofRules;
}

export interface SiteRules {
  /** For people; shown in explanations. */
  readonly name: string;
  /** Hostnames that this site answers to, without port. */
  readonly hosts: readonly string[];
  /** Where requests go. Left out: variable ORIGIN, else service binding ORIGIN_SERVICE, else the zone's own origin. */
  readonly origin?: { readonly url: string } | { readonly binding: string };
  /** What the origin bears, in cost units per second. Measure it; start low. */
  readonly capacityPerSecond: number;
  /**
   * Other origins whose scripts may read what the shield itself answers, such as "https://app.example.lv": they learn why they
   * were turned away and when to come back. What the portal answers is the portal's own affair. Default none.
   */
  readonly readableBy?: readonly string[];
  /**
   * A posture that holds until a time, whatever the automatic one says. Only for what is known beforehand: in an emergency an
   * operator's call is faster (see README), and it comes first.
   */
  readonly posture?: { readonly is: Posture } & ForATime;
  /** What people read on closed pages beside what the shield says itself, and when you wrote it. Plain text. */
  readonly notice?: Notice & { readonly updated: string };
  /** Tried in order; the first whose path and method match is the route. The last one must match everything. */
  readonly routes: readonly RouteRules[];
}

export interface RouteRules {
  /** For people and for rules that name a route. */
  readonly name: string;
  /** Path patterns; `*` stands for any characters, also none. Case does not matter. */
  readonly path: OneOf<string>;
  readonly methods?: OneOf<string>;
  readonly importance: Importance;
  /** What one request costs the origin; 1 is an ordinary page. Default 1. */
  readonly cost?: number;
  /** Which kind of client uses it. `machine`: no challenge page is ever shown here. Default `people`. */
  readonly usedBy?: "people" | "machine";
  /**
   * `never` for routes that people reach by a cross-site POST, such as the return from sign-in or the launch from a
   * hospital's own system: what another site posts is never carried through a challenge. Default `when-needed`.
   */
  readonly challenge?: "when-needed" | "never";
  /**
   * How people sign in. `start`: where it begins, on this host; the answer opens a transaction of ten minutes in her browser.
   * `return`: where the identity provider sends her back with a cross-site POST (SAML, OIDC form_post), which is never
   * challenged. Both want budgets of their own.
   */
  readonly signIn?: "start" | "return";
  /** Whether Shield-Vouch is heard in answers from here. */
  readonly vouches?: boolean;
  /** For static files: seconds a public answer may be kept at the edge, and the query names that matter. Never challenged. */
  readonly cache?: { readonly seconds: number; readonly query: readonly string[] };
  /** Switched off for a time, for everybody; only what is `sheddable`. People read the notice. */
  readonly off?: ForATime & { readonly notice: Notice };
  /** Seconds to wait for the first byte of the answer. Default 30. */
  readonly timeoutSeconds?: number;
}

/** Nothing that is decided by hand holds for ever. */
export interface ForATime {
  /** Time with its offset, like "2026-12-01T18:00+02:00". */
  readonly until: string;
  /** For colleagues: why. */
  readonly because: string;
}

export interface BudgetRules {
  readonly name: string;
  /**
   * Whose spending is counted: of a proven person or system (`principal`), of a solved challenge (`clearance`), of a
   * sign-in that was begun (`transaction`), of an IPv4
   * address or IPv6 /64 by whoever proved nothing (`address`), of the /24 or /48 around it, by everybody (`prefix`), of a whole
   * network operator by its AS number, but for known devices and registered facilities (`network`), of a registered facility, times its seats (`facility`).
   *
   * Room grows where proven people are seen: each beyond the second adds a tenth to the budget of their address and a
   * twentieth to that of their prefix, and is forgotten within half an hour.
   */
  readonly per: "principal" | "clearance" | "transaction" | "address" | "prefix" | "network" | "facility";
  /** Only for these lanes; default all. */
  readonly lanes?: OneOf<Lane>;
  /** Only on the routes of these names; default all. */
  readonly routes?: OneOf<string>;
  /** `true`: each of these routes has a budget of its own, of this size. Default: one for all of them together. */
  readonly eachRoute?: boolean;
  /**
   * On returns from sign-in: only of those who bring the transaction that was opened when they began, or only of those who do
   * not, as when the identity provider itself began. Default both.
   */
  readonly transaction?: "with" | "without";
  /** Cost units a minute that may be spent for ever, and how many at once. */
  readonly perMinute: number;
  readonly burst: number;
  /** `requests`: each counts 1. `cost`: each counts its route's cost. Default `requests`. */
  readonly counts?: "requests" | "cost";
  /**
   * For the few places where seconds count, such as the start of sign-in: never more than the budget, from however many
   * edges. Whoever is let in waits for one call to a counter now and then, at most a quarter of a second. Counts requests.
   */
  readonly strict?: boolean;
  /** What happens beyond. `challenge` falls back to `limit` for whoever cannot be shown one. */
  readonly then: "limit" | "challenge";
}

/** All that is written must hold (AND); a list holds when any of its values does (OR). */
export interface Condition {
  readonly host?: OneOf<string>;
  readonly path?: OneOf<string>;
  readonly route?: OneOf<string>;
  readonly method?: OneOf<string>;
  readonly lane?: OneOf<Lane>;
  readonly asker?: OneOf<Asker>;
  readonly country?: OneOf<string>;
  readonly asn?: OneOf<number>;
  /** Networks such as "203.0.113.0/24". */
  readonly network?: OneOf<string>;
  /** Patterns with `*` on the header's value, any case; an absent header is the empty text. */
  readonly userAgent?: OneOf<string>;
  readonly accept?: OneOf<string>;
  readonly contentType?: OneOf<string>;
  readonly referer?: OneOf<string>;
  readonly query?: OneOf<string>;
  readonly not?: Condition;
}

export interface Rule {
  readonly name: string;
  readonly when: Condition;
  /** `allow` spares the challenge, not the budgets. `observe` only counts. */
  readonly then: "allow" | "challenge" | "limit" | "block" | "observe";
  /** For colleagues: why it is here. */
  readonly because?: string;
}

export interface FacilityRules {
  readonly name: string;
  readonly networks: readonly string[];
  /** People who may work there at one time: each adds 30 requests a minute to the facility's budget. */
  readonly seats: number;
  /** The last day on which it counts, like "2027-06-30"; after it (UTC) the entry counts for nothing. */
  readonly expires: string;
}

/** Gives `rules.ts` its types and nothing else. */
export function defineRules(rules: Rules): Rules {
  return rules;
}

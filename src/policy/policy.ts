/** The compiled rules: what `decide` reads. Made once per isolate by `compile`. */
import type { Lane } from "../identity/identity.ts";
import type { ProofPolicies } from "../identity/kinds.ts";
import type { Network } from "../request/address.ts";
import type { Facts } from "../request/facts.ts";
import type { BudgetRules, Rule, SiteRules } from "./language.ts";
import type { Mode, Notice } from "./modes.ts";
import type { ClassOfService, Importance } from "./tables.ts";

export type { ClassOfService };

export interface Policy {
  readonly sites: readonly Site[];
  readonly siteOf: ReadonlyMap<string, Site>;
  readonly budgets: readonly Budget[];
  readonly rules: readonly CompiledRule[];
  readonly facilities: readonly Facility[];
  readonly proofs: ProofPolicies;
}

export interface Site {
  readonly index: number;
  readonly name: string;
  readonly origin: SiteRules["origin"];
  readonly capacityPerSecond: number;
  /** Origins, as the Origin header writes them, whose scripts may read our own answers. */
  readonly readableBy: ReadonlySet<string>;
  readonly routes: readonly CompiledRoute[];
  /** A path at which people can start to sign in; null where the rules name none in full. */
  readonly signInAt: string | null;
  /** Manual modes of the rule file: a posture, routes switched off. */
  readonly modes: readonly Mode[];
  /** What people are told on closed pages, as of `updatedAt` (ms since 1970). */
  readonly notice: (Notice & { readonly updatedAt: number }) | null;
}

export interface CompiledRoute {
  readonly name: string;
  readonly matchesPath: (canonicalPath: string) => boolean;
  readonly methods: ReadonlySet<string> | null;
  readonly importance: Importance;
  readonly cost: number;
  readonly usedBy: "people" | "machine";
  readonly challenge: "when-needed" | "never";
  readonly signIn: "start" | "return" | null;
  readonly vouches: boolean;
  readonly cache: { readonly seconds: number; readonly query: ReadonlySet<string> } | null;
  readonly timeoutMs: number;
}

export interface Budget {
  readonly name: string;
  readonly per: BudgetRules["per"];
  /** Counted apart for each route; left out, for all of them together. */
  readonly eachRoute?: boolean;
  readonly lanes: ReadonlySet<Lane> | null;
  readonly routes: ReadonlySet<string> | null;
  /** Only of whoever brings a sign-in transaction, or only of whoever does not. Default both. */
  readonly transaction?: "with" | "without";
  readonly perMinute: number;
  readonly burst: number;
  /** Milliseconds of the budget's time that one unit spends: 60,000 ÷ perMinute. */
  readonly emissionMs: number;
  /** How far the budget may be ahead of time, in ms: burst × emissionMs. */
  readonly toleranceMs: number;
  readonly counts: "requests" | "cost";
  readonly strict: boolean;
  readonly then: "limit" | "challenge";
}

export interface CompiledRule {
  readonly name: string;
  readonly then: Rule["then"];
  readonly matches: (subject: Subject) => boolean;
}

/** What a rule's condition may look at. */
export interface Subject {
  readonly facts: Facts;
  readonly lane: Lane;
  readonly route: CompiledRoute;
}

export interface Facility {
  readonly name: string;
  readonly networks: readonly Network[];
  readonly seats: number;
  /** Milliseconds since 1970 after which it counts for nothing. */
  readonly expiresAt: number;
}

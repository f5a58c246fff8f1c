/** What is to become of a request. Closed unions: whoever handles a verdict handles all of them. */

import type { Turn } from "../waiting/line.ts";
import type { Notice } from "./modes.ts";
import type { Budget, ClassOfService, CompiledRoute } from "./policy.ts";

export const POSTURES = ["normal", "elevated", "clinicians-first", "static-only"] as const;
export type Posture = (typeof POSTURES)[number];

export type Verdict =
  | { readonly kind: "allow" }
  | { readonly kind: "challenge" }
  | { readonly kind: "limit"; readonly retryAfterS: number; readonly budget: Budget | null }
  | { readonly kind: "block" }
  /** `turn`: of whoever stands in line for it. */
  | { readonly kind: "wait"; readonly retryAfterS: number; readonly turn?: Turn }
  /** `off`: staff switched off just this, and what they tell people. */
  | { readonly kind: "closed"; readonly retryAfterS: number; readonly off?: { readonly notice: Notice | null } };

export type VerdictKind = Verdict["kind"];

/** One spend from one client's budget, in cost units. The caller applies it; `decide` changes nothing. */
export interface Charge {
  readonly budget: Budget;
  readonly key: string;
  readonly cost: number;
  /** How many times the budget's rate and burst this key has (facility seats); 1 for most. */
  readonly scale: number;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Name of the rule, budget or posture that decided: what `explain` and the support code lead to. */
  readonly reason: string;
  readonly route: CompiledRoute;
  readonly serviceClass: ClassOfService;
  /** To be applied by the caller: what it spends by this verdict (unserved.ts). */
  readonly charges: readonly Charge[];
  /**
   * Until when a `limit` stands for the whole address, ms since 1970: the same awaits whatever is asked from there without
   * proof by a client that can take no challenge. Null when it is about this request only.
   */
  readonly standsUntil: number | null;
  /** Names of the rules in `observe` that matched. */
  readonly observed: readonly string[];
}

/** What `decide` may ask of the counters. Pure look-ups: nothing is spent. */
export interface CounterView {
  /** Seconds until this spend fits into the budget; 0 when it fits now. */
  waitSeconds(charge: Charge, now: number): number;
  /** Proven people seen lately behind an address or in a prefix (its key); left out, nobody was. */
  peopleAt?(key: string, now: number): number;
}

/**
 * Over-admission, judged from outside: for each source of a flood, what was let through beyond what its budget holds. Beside
 * the many tallies of the shield stands one exact counter that knows of every request at once.
 *
 * The same in both clocks. Refusals for other reasons (a posture, a full origin) count in favour of the shield, so it is
 * what an attacker gained from tallies that know little of each other, no more.
 */
import { type Spend, spent, waitMs } from "../../src/counters/gcra.ts";
import { facilityOf } from "../../src/policy/compile.ts";
import type { Budget, Policy } from "../../src/policy/policy.ts";
import { parseAddress } from "../../src/request/address.ts";
import type { Source } from "./crew-plan.ts";
import type { Crew } from "./lab-scenario.ts";
import type { OverAdmission } from "./result.ts";

/** A source is well over its budget when it asked for so many times as much as the budget held. */
const WELL_OVER = 1.2;

/** A budget as one counter keeps it. */
class Account {
  readonly #spend: Spend;
  #tat = 0;
  asked = 0;
  admitted = 0;
  budget = 0;
  beyond = 0;

  constructor(spend: Spend) {
    this.#spend = spend;
  }

  /** @param now ms, above 0: GCRA takes 0 for never */
  ask(now: number, times: number): void {
    this.asked += times;
    for (let n = 0; n < times && waitMs(this.#tat, this.#spend, now) === 0; n++) {
      this.#tat = spent(this.#tat, this.#spend.incrementMs, now);
      this.budget++;
    }
  }

  admit(): void {
    this.admitted++;
    this.beyond = Math.max(this.beyond, this.admitted - this.budget);
  }
}

export class BudgetWatch {
  readonly #policy: Policy;
  readonly #startMs: number;
  readonly #byKey = new Map<string, Account>();
  readonly #bySource = new Map<Source, Account | null>();

  /** @param startMs when the run began, ms since 1970: facilities expire */
  constructor(policy: Policy, startMs: number) {
    this.#policy = policy;
    this.#startMs = startMs;
  }

  /** The counter of a source, null where it is not known from outside: one that rotates its address or buys clearances. */
  accountOf(source: Source, crew: Crew): Account | null {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const account = this.#find(source, crew);
    this.#bySource.set(source, account);
    return account;
  }

  ask(source: Source, crew: Crew, nowMs: number, times = 1): void {
    this.accountOf(source, crew)?.ask(this.#startMs + nowMs, times);
  }

  admit(source: Source, crew: Crew): void {
    this.accountOf(source, crew)?.admit();
  }

  /** Null when no source was well over its budget: then there is nothing to admit too much of. */
  measure(): OverAdmission | null {
    const over = [...this.#byKey.values()].filter(({ asked, budget }) => asked >= WELL_OVER * budget);
    if (over.length === 0) return null;
    const sum = (of: (account: Account) => number) => over.reduce((total, account) => total + of(account), 0);
    return {
      keys: over.length,
      asked: sum(({ asked }) => asked),
      budget: sum(({ budget }) => budget),
      admitted: sum(({ admitted }) => admitted),
      beyondBudget: sum(({ beyond }) => beyond),
      worstKey: Math.max(...over.map(({ beyond }) => beyond)),
    };
  }

  #find({ client, rotates }: Source, { signsInAs, solves }: Crew): Account | null {
    if (rotates || solves !== "never") return null;
    const address = parseAddress(client.address);
    const facility = facilityOf(this.#policy, address, this.#startMs);
    const [key, per, scale] =
      signsInAs !== undefined
        ? [signsInAs, "principal", 1]
        : facility !== null
          ? [facility.name, "facility", facility.seats]
          : [address.key, "address", 1];
    const lane = signsInAs === undefined ? "unknown" : "clinician";
    const isMeant = (budget: Budget) =>
      budget.per === per && budget.routes === null && budget.counts !== "cost" && (budget.lanes?.has(lane) ?? true);
    const budget = this.#policy.budgets.find(isMeant);
    if (!budget) return null;
    const name = `${per} ${key}`;
    const known = this.#byKey.get(name);
    if (known) return known;
    const account = new Account({ incrementMs: budget.emissionMs / Number(scale), toleranceMs: budget.toleranceMs });
    this.#byKey.set(name, account);
    return account;
  }
}

/**
 * What one isolate knows of its clients: it answers `decide` at once and from memory.
 *
 * Over-admission. A key's spending is told from a tenth of its burst on, and what all others spent comes back with the
 * next exchange. While the news is under way each isolate that sees the client goes by what it knows, so beyond the budget
 * there pass at most (isolates that see it − 1) × what one isolate admits until then: burst + rate × news delay.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge, CounterView } from "../policy/verdict.ts";
import type { Spend } from "./gcra.ts";
import { Ledger, type Spendings } from "./ledger.ts";
import { type KeyHash, type SipKey, sipHash } from "./siphash.ts";

/** 2^18 entries × 25 bytes: 6.6 MB, whatever the number of clients. */
const ENTRIES = 2 ** 18;
/** One exchange tells of at most so many keys (96 kB on the wire); under more the busiest come again at once. */
const KEYS_PER_EXCHANGE = 4096;
const TELL_FROM_SHARE_OF_BURST = 0.1;

export class Tally implements CounterView {
  readonly #ledger: Ledger;
  readonly #key: SipKey;

  /** @param key the hash key, the same in every isolate, so that shards can add up what isolates tell */
  constructor(key: SipKey, entries: number = ENTRIES) {
    this.#key = key;
    this.#ledger = new Ledger(entries, KEYS_PER_EXCHANGE);
  }

  waitSeconds(charge: Charge, now: number): number {
    return this.#ledger.waitMs(this.#hash(charge), spendOf(charge), now) / 1000;
  }

  apply(charges: readonly Charge[], now: number): void {
    for (const charge of charges) {
      const { incrementMs, toleranceMs } = spendOf(charge);
      this.#ledger.spend(this.#hash(charge), incrementMs, toleranceMs * TELL_FROM_SHARE_OF_BURST, now);
    }
  }

  collect(): Spendings {
    return this.#ledger.collect();
  }

  settle(keys: Uint32Array, tats: Float64Array): void {
    this.#ledger.settle(keys, tats);
  }

  restore(spendings: Spendings): void {
    this.#ledger.restore(spendings);
  }

  #hash({ budget, key }: Charge): KeyHash {
    return sipHash(this.#key, keyText(budget, key));
  }
}

function keyText(budget: Budget, key: string): string {
  return `${budget.name}|${key}`;
}

function spendOf({ budget, cost, scale }: Charge): Spend {
  return { incrementMs: (budget.emissionMs * cost) / scale, toleranceMs: budget.toleranceMs };
}

/**
 * What one isolate knows of its clients: it answers `decide` at once and from memory.
 *
 * A key's spending is told with the next exchange, and what all others spent comes back with it. While the news is under
 * way each isolate that sees the client goes by what it knows: bound.ts says how much can pass beyond the budget.
 */
import type { Budget } from "../policy/policy.ts";
import type { Charge, CounterView } from "../policy/verdict.ts";
import type { ClientAddress } from "../request/address.ts";
import { type KeyHash, type SipKey, sipHash } from "../siphash.ts";
import { Company } from "./company.ts";
import type { Spend } from "./gcra.ts";
import { BYTES_PER_ENTRY, Ledger, type Spendings } from "./ledger.ts";

const ENTRIES = 2 ** 18;
/** One exchange tells of at most so many keys (64 kB up, 32 kB down); what finds no place waits for the key's next spend. */
const KEYS_PER_EXCHANGE = 4096;
/** 2^18 entries × 34 bytes and the queue: 8.9 MB, whatever the number of clients. */
export const TALLY_BYTES = ENTRIES * BYTES_PER_ENTRY + 4 * KEYS_PER_EXCHANGE;
/** When more keys want to be told than half of that, only who spent so much of her burst is. */
const TELL_FROM_SHARE_OF_BURST = 0.1;
/** A request is hardly ever charged to more budgets. */
const CHARGES_AT_ONCE = 4;

export class Tally implements CounterView {
  readonly #ledger: Ledger;
  readonly #key: SipKey;
  readonly #company = new Company();
  /** Those asked about last, with their hashes: what was asked about is spent next. */
  readonly #lately: { charge: Charge; hash: KeyHash }[] = [];
  #turn = 0;

  /** @param key the hash key, the same in every isolate, so that shards can add up what isolates tell */
  constructor(key: SipKey, entries: number = ENTRIES) {
    this.#key = key;
    this.#ledger = new Ledger(entries, KEYS_PER_EXCHANGE);
  }

  /** A proven person was seen at this address. */
  notePerson(principal: string, address: Pick<ClientAddress, "key" | "prefix">, now: number): void {
    this.#company.note(address.key, principal, now);
    this.#company.note(address.prefix, principal, now);
  }

  peopleAt(key: string, now: number): number {
    return this.#company.at(key, now);
  }

  waitSeconds(charge: Charge, now: number): number {
    return this.#ledger.waitMs(this.#hash(charge), spendOf(charge), now) / 1000;
  }

  apply(charges: readonly Charge[], now: number): void {
    const covering = charges.find(coversAddress);
    const coarser = covering && this.#hash(covering);
    for (const charge of charges) {
      const { incrementMs, toleranceMs } = spendOf(charge);
      this.#ledger.spend(
        this.#hash(charge),
        incrementMs,
        toleranceMs * TELL_FROM_SHARE_OF_BURST,
        now,
        Math.max(0, toleranceMs - incrementMs),
        charge.budget.per === "address" ? coarser : undefined,
      );
    }
  }

  /** Nothing came of what was spent so. */
  giveBack(charges: readonly Charge[]): void {
    for (const charge of charges) this.#ledger.giveBack(this.#hash(charge), spendOf(charge).incrementMs);
  }

  /** @param now left out, even spending that is long recovered is told in full */
  collect(now = 0): Spendings {
    return this.#ledger.collect(now);
  }

  /** Denied keys that had to be forgotten since the last call: the site summary's `full`. */
  takeForgotten(): number {
    return this.#ledger.takeForgotten();
  }

  /** @param now left out, nobody is asked after again */
  settle({ keys, spentMs }: Spendings, tats: Float64Array, now?: number): void {
    this.#ledger.settle(keys, tats, now === undefined ? undefined : { spentMs, now });
  }

  /** Whether the next exchange has something to tell, or to ask about a key that is near its end. */
  get isWaiting(): boolean {
    return this.#ledger.isWaiting;
  }

  restore(spendings: Spendings): void {
    this.#ledger.restore(spendings);
  }

  #hash(charge: Charge): KeyHash {
    for (const known of this.#lately) if (known.charge === charge) return known.hash;
    const hash = sipHash(this.#key, keyText(charge.budget, charge.key));
    this.#lately[this.#turn] = { charge, hash };
    this.#turn = (this.#turn + 1) % CHARGES_AT_ONCE;
    return hash;
  }
}

/**
 * A budget of the prefix for all that is asked there: once it is spent, no address within gets anything, so what that one
 * spent may be forgotten. A registered facility has no budget of its address, and so is never covered.
 */
function coversAddress({ budget }: Charge): boolean {
  return budget.per === "prefix" && budget.routes === null && budget.counts === "requests";
}

function keyText(budget: Budget, key: string): string {
  return `${budget.name}|${key}`;
}

function spendOf({ budget, cost, scale }: Charge): Spend {
  return { incrementMs: (budget.emissionMs * cost) / scale, toleranceMs: budget.toleranceMs };
}

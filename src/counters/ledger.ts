/**
 * The ledger: what each key has spent, in bounded memory. An isolate keeps one as its tally, a shard keeps one as its
 * counters; the same protocol leads from the one to the other: `collect` what was spent since the last time, `settle`
 * with what the other side knows.
 *
 * A table of sets of eight entries in typed arrays, found by the key's 64-bit keyed hash. An operation looks at one set
 * and nothing else, whatever the size; nobody without the key can aim at a set. A full set forgets who is cheapest to
 * forget: the one with the least spending ahead of the clock, measured by its own budget. One that is denied is forgotten
 * only when all of its set are: first one that a coarser denial covers, as its prefix is denied as well. Where there is none,
 * that is counted: then the table is too small for what goes on, and somebody must know.
 */

import type { KeyHash } from "../siphash.ts";
import { type Spend, spent, waitMs } from "./gcra.ts";

const WAYS = 8;
/** hi, lo, those of the coarser key, unreported, deniedFrom: 4 bytes each; tat: 8; queued, asks: 1 each. */
export const BYTES_PER_ENTRY = 34;
const UNKNOWN = -1;
const NONE: KeyHash = { hi: 0, lo: 0 };
/** Exchanges after a spend until all that was spent elsewhere at the same time has come together at its owner. */
const ASKS = 3;
/**
 * Of who spends little here nobody knows what she spends elsewhere, and the answer to her report is only what her home shard
 * heard before. So she is asked after once more, with an exchange that goes anyway, when the owner's word has come there. Those
 * questions take so much of the queue at the most.
 */
const PASSING_QUESTIONS_SHARE = 0.25;
/** What stands in the queue: nothing of this slot, what must be told or asked, or a question that goes with an exchange only. */
const NOT_QUEUED = 0;
const QUEUED = 1;
const QUEUED_IN_PASSING = 2;
/** Only gives spending of unknown budgets an order between 0 and 1. */
const UNKNOWN_BUDGET_MS = 60_000;
/**
 * Spending that old, ms, is told in full although its budget may have recovered meanwhile: about the time between two
 * exchanges. Of older spending that could not be told, only what is still owed is: else a whole outage's worth of harmless
 * requests would come down on a client in one moment.
 */
export const FRESH_MS = 2000;

/** What was spent by whom since the last time: hashes as [hi, lo, hi, lo, …] and ms of TAT, one for each key. */
export interface Spendings {
  readonly keys: Uint32Array;
  readonly spentMs: Float64Array;
}

export class Ledger {
  readonly #hi: Uint32Array;
  readonly #lo: Uint32Array;
  /** The coarser key that covers this one; 0 and 0 when none does. */
  readonly #coarserHi: Uint32Array;
  readonly #coarserLo: Uint32Array;
  readonly #tat: Float64Array;
  /** Spent but not yet collected, ms. */
  readonly #unreported: Float32Array;
  /** How far the TAT may be ahead of the clock before a spend of the latest size is denied, ms. */
  readonly #deniedFrom: Float32Array;
  readonly #queued: Uint8Array;
  /** How often it is still to be asked after. */
  readonly #asks: Uint8Array;
  /** Slots whose unreported spending is worth telling; bounded, the overflow waits for its next spend. */
  readonly #queue: Int32Array;
  #queueLength = 0;
  /** Of them, questions in passing. */
  #inPassing = 0;
  #forgotten = 0;
  readonly #setMask: number;

  /**
   * @param entries capacity, rounded up to a power of two; memory is entries × BYTES_PER_ENTRY
   * @param queueLength how many keys one `collect` can tell of at the most
   */
  constructor(entries: number, queueLength: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(entries, WAYS)));
    this.#hi = new Uint32Array(size);
    this.#lo = new Uint32Array(size);
    this.#coarserHi = new Uint32Array(size);
    this.#coarserLo = new Uint32Array(size);
    this.#tat = new Float64Array(size);
    this.#unreported = new Float32Array(size);
    this.#deniedFrom = new Float32Array(size);
    this.#queued = new Uint8Array(size);
    this.#asks = new Uint8Array(size);
    this.#queue = new Int32Array(queueLength);
    this.#setMask = size / WAYS - 1;
  }

  /** Milliseconds until this spend fits into the key's budget; 0 when it fits now. Changes nothing. */
  waitMs(key: KeyHash, spend: Spend, now: number): number {
    const slot = this.#find(key.hi, key.lo);
    return waitMs(slot < 0 ? 0 : this.#at(slot), spend, now);
  }

  /**
   * Spends without asking: whoever asks calls `waitMs` first.
   * @param tellFromMs once the queue is half full, only keys with so much unreported spending are added to it
   * @param deniedFromMs how far ahead of the clock this key is denied; left out where its budget is not known
   * @param coarser whose denial denies this key as well
   * @returns the new TAT
   */
  spend(
    key: KeyHash,
    incrementMs: number,
    tellFromMs: number,
    now: number,
    deniedFromMs = UNKNOWN,
    coarser: KeyHash = NONE,
  ): number {
    const slot = this.#claim(key.hi, key.lo, now);
    this.#coarserHi[slot] = coarser.hi;
    this.#coarserLo[slot] = coarser.lo;
    const tat = spent(this.#at(slot), incrementMs, now);
    const unreported = (this.#unreported[slot] ?? 0) + incrementMs;
    this.#tat[slot] = tat;
    this.#unreported[slot] = unreported;
    this.#deniedFrom[slot] = deniedFromMs;
    this.#enqueue(slot, tellFromMs);
    return tat;
  }

  /** Takes back spending of which nothing came. Where it was told already, that is told too. */
  giveBack(key: KeyHash, ms: number): void {
    const slot = this.#find(key.hi, key.lo);
    if (slot < 0) return;
    this.#tat[slot] = this.#at(slot) - ms;
    this.#unreported[slot] = (this.#unreported[slot] ?? 0) - ms;
    this.#enqueue(slot, 0);
  }

  /**
   * Takes what was queued. It counts as told: where it surely did not arrive, give it back with `restore`.
   * @param now left out, even the oldest spending is told in full
   */
  collect(now = 0): Spendings {
    const keys = new Uint32Array(2 * this.#queueLength);
    const spentMs = new Float64Array(this.#queueLength);
    for (let i = 0; i < this.#queueLength; i++) {
      const slot = this.#queue[i] ?? 0;
      keys[2 * i] = this.#hi[slot] ?? 0;
      keys[2 * i + 1] = this.#lo[slot] ?? 0;
      spentMs[i] = Math.min(this.#unreported[slot] ?? 0, Math.max(0, this.#at(slot) - now) + FRESH_MS);
      this.#unreported[slot] = 0;
      this.#queued[slot] = NOT_QUEUED;
    }
    this.#queueLength = 0;
    this.#inPassing = 0;
    return { keys, spentMs };
  }

  /** How many denied keys had to be forgotten since the last call: above 0, the table is full. */
  takeForgotten(): number {
    const forgotten = this.#forgotten;
    this.#forgotten = 0;
    return forgotten;
  }

  /**
   * Takes over what the other side knows of these keys, plus what was spent here since `collect`.
   * @param askAgain what was told of them: who spent, or of whom there was news, and is more than half way to a denial, is
   * asked after again with the next exchanges. A denied key spends nothing and would never hear what others spent. Who spent and
   * seems to have plenty is asked after once.
   */
  settle(
    keys: Uint32Array,
    tats: Float64Array,
    askAgain?: { readonly spentMs: Float64Array; readonly now: number },
  ): void {
    for (let i = 0; i < tats.length; i++) {
      const slot = this.#find(keys[2 * i] ?? 0, keys[2 * i + 1] ?? 0);
      if (slot < 0) continue;
      const before = this.#at(slot);
      const tat = Math.max(before, (tats[i] ?? 0) + (this.#unreported[slot] ?? 0));
      this.#tat[slot] = tat;
      if (!askAgain) continue;
      const spent = (askAgain.spentMs[i] ?? 0) > 0;
      if (tat - askAgain.now <= (this.#deniedFrom[slot] ?? 0) / 2) {
        if (spent) this.#askInPassing(slot);
        continue;
      }
      const asks = spent || tat > before ? ASKS : (this.#asks[slot] ?? 0);
      if (asks === 0) continue;
      this.#asks[slot] = asks - 1;
      this.#enqueue(slot, 0);
    }
  }

  /** Puts back what could not be told; it goes out with the key's next spend. */
  restore(spendings: Spendings): void {
    for (let i = 0; i < spendings.spentMs.length; i++) {
      const slot = this.#find(spendings.keys[2 * i] ?? 0, spendings.keys[2 * i + 1] ?? 0);
      if (slot >= 0) this.#unreported[slot] = (this.#unreported[slot] ?? 0) + (spendings.spentMs[i] ?? 0);
    }
  }

  /** Whether the next `collect` has something to tell, or to ask not only in passing. */
  get isWaiting(): boolean {
    return this.#queueLength > this.#inPassing;
  }

  /** TAT of a key, 0 when nothing is known of it. */
  tat(hi: number, lo: number): number {
    const slot = this.#find(hi, lo);
    return slot < 0 ? 0 : this.#at(slot);
  }

  #at(slot: number): number {
    return this.#tat[slot] ?? 0;
  }

  #find(hi: number, lo: number): number {
    const first = (lo & this.#setMask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) if (this.#lo[slot] === lo && this.#hi[slot] === hi) return slot;
    return -1;
  }

  /** Up to half the queue is for everybody, the rest for who spent so much. */
  #enqueue(slot: number, fromMs: number): void {
    const capacity = this.#queue.length;
    if (this.#queued[slot] === QUEUED_IN_PASSING) {
      this.#queued[slot] = QUEUED;
      this.#inPassing--;
    }
    if (this.#queued[slot] || fromMs === Number.POSITIVE_INFINITY || this.#queueLength >= capacity) return;
    if (this.#queueLength >= capacity / 2 && !((this.#unreported[slot] ?? 0) >= fromMs)) return;
    this.#queued[slot] = QUEUED;
    this.#queue[this.#queueLength++] = slot;
  }

  #askInPassing(slot: number): void {
    if (this.#queued[slot] || this.#queueLength >= this.#queue.length * PASSING_QUESTIONS_SHARE) return;
    this.#queued[slot] = QUEUED_IN_PASSING;
    this.#queue[this.#queueLength++] = slot;
    this.#inPassing++;
  }

  #claim(hi: number, lo: number, now: number): number {
    const found = this.#find(hi, lo);
    if (found >= 0) return found;
    const first = (lo & this.#setMask) * WAYS;
    let cheapest = first;
    let lowest = Number.POSITIVE_INFINITY;
    for (let slot = first; slot < first + WAYS; slot++) {
      const value = this.#valueOf(slot, now);
      if (value < lowest) {
        lowest = value;
        cheapest = slot;
      }
    }
    if (lowest > 1) {
      const covered = this.#coveredIn(first, now);
      if (covered < 0) this.#forgotten++;
      else cheapest = covered;
    }
    this.#hi[cheapest] = hi;
    this.#lo[cheapest] = lo;
    this.#tat[cheapest] = 0;
    this.#unreported[cheapest] = 0;
    this.#asks[cheapest] = 0;
    // A queued entry that is forgotten leaves its place in the queue to the newcomer, which tells its own spending then.
    return cheapest;
  }

  /** Where, in a set of denied keys, is one whose coarser key is denied too; -1 when none is. */
  #coveredIn(first: number, now: number): number {
    for (let slot = first; slot < first + WAYS; slot++) {
      const coarser = this.#find(this.#coarserHi[slot] ?? 0, this.#coarserLo[slot] ?? 0);
      if (coarser >= 0 && coarser !== slot && this.#valueOf(coarser, now) > 1) return slot;
    }
    return -1;
  }

  /**
   * What an entry is worth keeping: up to 0 its budget has recovered, up to 1 it is the spent part of it, above 1 it is
   * denied and this is the time (ms) for which it will be. Where the budget is not known, the spending ahead, below 1.
   */
  #valueOf(slot: number, now: number): number {
    const ahead = this.#at(slot) - now;
    const deniedFrom = this.#deniedFrom[slot] ?? 0;
    if (ahead <= 0) return ahead;
    if (deniedFrom === UNKNOWN) return ahead / (ahead + UNKNOWN_BUDGET_MS);
    return ahead <= deniedFrom ? ahead / deniedFrom : 1 + ahead - deniedFrom;
  }
}

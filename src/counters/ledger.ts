/**
 * The ledger: what each key has spent, in bounded memory. An isolate keeps one as its tally, a shard keeps one as its
 * counters; the same protocol leads from the one to the other: `collect` what was spent since the last time, `settle`
 * with what the other side knows.
 *
 * A table of sets of eight entries in typed arrays, found by the key's 64-bit keyed hash. An operation looks at one set
 * and nothing else, whatever the size; nobody without the key can aim at a set. A full set forgets the entry with the
 * lowest TAT, which is the one cheapest to forget: it has the least spending ahead of the clock.
 */
import { type Spend, spent, waitMs } from "./gcra.ts";
import type { KeyHash } from "./siphash.ts";

const WAYS = 8;
/** hi, lo: 4 bytes each; tat, unreported: 8 bytes each; queued: 1. */
export const BYTES_PER_ENTRY = 25;

/** What was spent by whom since the last time: hashes as [hi, lo, hi, lo, …] and ms of TAT, one for each key. */
export interface Spendings {
  readonly keys: Uint32Array;
  readonly spentMs: Float64Array;
}

export class Ledger {
  readonly #hi: Uint32Array;
  readonly #lo: Uint32Array;
  readonly #tat: Float64Array;
  /** Spent but not yet collected, ms. */
  readonly #unreported: Float64Array;
  readonly #queued: Uint8Array;
  /** Slots whose unreported spending is worth telling; bounded, the overflow waits for its next spend. */
  readonly #queue: Int32Array;
  #queueLength = 0;
  readonly #setMask: number;

  /**
   * @param entries capacity, rounded up to a power of two; memory is entries × BYTES_PER_ENTRY
   * @param queueLength how many keys one `collect` can tell of at the most
   */
  constructor(entries: number, queueLength: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(entries, WAYS)));
    this.#hi = new Uint32Array(size);
    this.#lo = new Uint32Array(size);
    this.#tat = new Float64Array(size);
    this.#unreported = new Float64Array(size);
    this.#queued = new Uint8Array(size);
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
   * @param tellFromMs unreported spending from which the key is queued for `collect`
   * @returns the new TAT
   */
  spend(key: KeyHash, incrementMs: number, tellFromMs: number, now: number): number {
    const slot = this.#claim(key.hi, key.lo);
    const before = this.#at(slot);
    // A budget that has fully recovered owes nothing: what was not told of it needs no telling any more.
    const unreported = (before <= now && !this.#queued[slot] ? 0 : (this.#unreported[slot] ?? 0)) + incrementMs;
    const tat = spent(before, incrementMs, now);
    this.#tat[slot] = tat;
    this.#unreported[slot] = unreported;
    if (unreported >= tellFromMs && !this.#queued[slot] && this.#queueLength < this.#queue.length) {
      this.#queued[slot] = 1;
      this.#queue[this.#queueLength++] = slot;
    }
    return tat;
  }

  /** Takes what was queued. What it tells counts as told: after a failed exchange give it back with `restore`. */
  collect(): Spendings {
    const keys = new Uint32Array(2 * this.#queueLength);
    const spentMs = new Float64Array(this.#queueLength);
    for (let i = 0; i < this.#queueLength; i++) {
      const slot = this.#queue[i] ?? 0;
      keys[2 * i] = this.#hi[slot] ?? 0;
      keys[2 * i + 1] = this.#lo[slot] ?? 0;
      spentMs[i] = this.#unreported[slot] ?? 0;
      this.#unreported[slot] = 0;
      this.#queued[slot] = 0;
    }
    this.#queueLength = 0;
    return { keys, spentMs };
  }

  /** Takes over what the other side knows of these keys, plus what was spent here since `collect`. */
  settle(keys: Uint32Array, tats: Float64Array): void {
    for (let i = 0; i < tats.length; i++) {
      const slot = this.#find(keys[2 * i] ?? 0, keys[2 * i + 1] ?? 0);
      if (slot < 0) continue;
      this.#tat[slot] = Math.max(this.#at(slot), (tats[i] ?? 0) + (this.#unreported[slot] ?? 0));
    }
  }

  /** Puts back what could not be told; it goes out with the key's next spend. */
  restore(spendings: Spendings): void {
    for (let i = 0; i < spendings.spentMs.length; i++) {
      const slot = this.#find(spendings.keys[2 * i] ?? 0, spendings.keys[2 * i + 1] ?? 0);
      if (slot >= 0) this.#unreported[slot] = (this.#unreported[slot] ?? 0) + (spendings.spentMs[i] ?? 0);
    }
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

  #claim(hi: number, lo: number): number {
    const found = this.#find(hi, lo);
    if (found >= 0) return found;
    const first = (lo & this.#setMask) * WAYS;
    let cheapest = first;
    for (let slot = first + 1; slot < first + WAYS; slot++) if (this.#at(slot) < this.#at(cheapest)) cheapest = slot;
    this.#hi[cheapest] = hi;
    this.#lo[cheapest] = lo;
    this.#tat[cheapest] = 0;
    this.#unreported[cheapest] = 0;
    // A queued entry that is forgotten leaves its place in the queue to the newcomer, which tells its own spending then.
    return cheapest;
  }
}

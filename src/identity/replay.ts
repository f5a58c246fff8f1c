/**
 * Which one-time values an isolate has seen, in bounded memory: two sets of 53-bit keyed hashes, the older of which is
 * forgotten when the younger has been filled for `keptMs`, or is full. Only values that a signature vouched for come here.
 */
import { type SipKey, sipHash } from "../siphash.ts";

/** 65,536 values, some 3 MB: an isolate that sees 100 signed requests a second for ten minutes. */
const VALUES_PER_SET = 32_768;

export class ReplayMemory {
  readonly #key: SipKey;
  readonly #keptMs: number;
  readonly #most: number;
  #young = new Set<number>();
  #old = new Set<number>();
  #since = 0;

  /** @param keptMs how long a value is remembered at the least, unless too many come */
  constructor(key: SipKey, keptMs: number, most = VALUES_PER_SET) {
    this.#key = key;
    this.#keptMs = keptMs;
    this.#most = most;
  }

  /** Whether it comes for the first time. Remembers it. */
  isNew(value: string, now: number): boolean {
    if (now - this.#since > this.#keptMs || this.#young.size >= this.#most) {
      this.#old = now - this.#since > 2 * this.#keptMs ? new Set() : this.#young;
      this.#young = new Set();
      this.#since = now;
    }
    const { hi, lo } = sipHash(this.#key, value);
    const hash = hi * 2 ** 21 + (lo >>> 11);
    if (this.#young.has(hash) || this.#old.has(hash)) return false;
    this.#young.add(hash);
    return true;
  }
}

/** Seeded randomness, so that a run can be repeated and a scenario argued about. Never for secrets. */

/** xorshift128 (Marsaglia, 2003): period 2^128 − 1, four words of state. */
export class Random {
  readonly #state: Uint32Array;

  /** @param seed any integer; each gives a sequence of its own */
  constructor(seed: number) {
    this.#state = new Uint32Array(4);
    // splitmix32 spreads the seed over the state: neighbouring seeds must not give neighbouring sequences.
    let z = seed | 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) | 0;
      let mixed = z ^ (z >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      this.#state[i] = mixed ^ (mixed >>> 15);
    }
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** A generator of its own for one actor, so that how fast others go does not change what she does. */
  fork(): Random {
    return new Random(this.#next());
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** Uniform integer in [from, to]. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** @throws on an empty list */
  pick<T>(list: readonly T[]): T {
    const item = list[this.integer(0, list.length - 1)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** One of the items, in proportion to its `share`. */
  pickByShare<T extends { readonly share: number }>(list: readonly T[]): T {
    const all = list.reduce((sum, { share }) => sum + share, 0);
    let left = this.fraction() * all;
    for (const item of list) {
      left -= item.share;
      if (left < 0) return item;
    }
    return this.pick(list);
  }

  /** Log-normal around 1 (its median). */
  lognormal(sigma: number): number {
    // Box and Muller; 1 − u keeps the logarithm finite.
    const normal = Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
    return Math.exp(sigma * normal);
  }

  #next(): number {
    const s = this.#state;
    let t = s[3] ?? 0;
    const first = s[0] ?? 0;
    s[3] = s[2] ?? 0;
    s[2] = s[1] ?? 0;
    s[1] = first;
    t ^= t << 11;
    t ^= t >>> 8;
    s[0] = t ^ first ^ (first >>> 19);
    return s[0] ?? 0;
  }
}

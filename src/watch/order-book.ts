/**
 * What operators ordered and everybody must know: whom they called back, whom they banned. Rows, so that it survives a
 * restart of the watch; each order has an end, after which it is neither told nor kept. Pure but for the rows; time is passed in.
 */

export interface Order {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** For colleagues: why, and who did it. */
  readonly reason: string;
  readonly by: string;
}

export interface Revocation extends Order {
  readonly principal: string;
}

/** `who`: as policy/bans.ts writes it. */
export interface BanOrder extends Order {
  readonly who: string;
}

export interface OrderRows<Ordered extends Order> {
  read(): readonly Ordered[];
  write(order: Ordered): void;
  remove(key: string): void;
  removeEnded(now: number): void;
}

export const revokedOf = ({ principal, until }: Revocation) => ({ principal, until });
export const bannedOf = ({ who, until }: BanOrder) => ({ who, until });

export class OrderBook<Ordered extends Order> {
  readonly #rows: OrderRows<Ordered>;
  readonly #keyOf: (order: Ordered) => string;
  readonly #most: number;
  readonly #orders = new Map<string, Ordered>();
  /** Time of the last change, made unique; a restart counts as one, since nobody remembers those before. */
  #version: number;

  /**
   * @param keyOf whom an order is about: another about the same replaces it
   * @param most orders that hold at one time
   * @param now when the watch started, ms since 1970
   */
  constructor(rows: OrderRows<Ordered>, keyOf: (order: Ordered) => string, most: number, now: number) {
    this.#rows = rows;
    this.#keyOf = keyOf;
    this.#most = most;
    this.#version = now;
    for (const order of rows.read()) this.#orders.set(keyOf(order), order);
  }

  /** @returns false when there are too many already */
  add(order: Ordered, now: number): boolean {
    this.forgetEnded(now);
    const key = this.#keyOf(order);
    if (this.#orders.size >= this.#most && !this.#orders.has(key)) return false;
    this.#rows.write(order);
    this.#orders.set(key, order);
    this.#version = Math.max(now, this.#version + 1);
    return true;
  }

  lift(key: string, now: number): void {
    this.#rows.remove(key);
    this.#orders.delete(key);
    this.#version = Math.max(now, this.#version + 1);
  }

  /** All that hold, with reasons, for operators. */
  all(now: number): readonly Ordered[] {
    return [...this.#orders.values()].filter(({ until }) => until > now);
  }

  /** The same for everybody. @param tell what of an order they must know: reasons stay here */
  list<Entry>(tell: (order: Ordered) => Entry, now: number): { version: number; entries: readonly Entry[] } {
    return { version: this.#version, entries: this.all(now).map(tell) };
  }

  forgetEnded(now: number): void {
    this.#rows.removeEnded(now);
    for (const [key, { until }] of this.#orders) if (until <= now) this.#orders.delete(key);
  }
}

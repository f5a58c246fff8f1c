/** A bounded memory: keeps the last so many things, and of those only as many as fit into so much space. */
export class Shelf<T> {
  readonly #items: { readonly item: T; readonly size: number }[] = [];
  readonly #maxItems: number;
  readonly #maxSize: number;
  #size = 0;
  #first = 0;
  /** How many were ever put here. */
  total = 0;

  /** @param maxSize in characters or bytes, whatever `put` counts in. */
  constructor(maxItems: number, maxSize: number) {
    this.#maxItems = maxItems;
    this.#maxSize = maxSize;
  }

  put(item: T, size: number): void {
    this.#items.push({ item, size });
    this.#size += size;
    this.total += 1;
    while (this.#items.length - this.#first > this.#maxItems || this.#size > this.#maxSize) {
      this.#size -= this.#items[this.#first]?.size ?? 0;
      this.#first += 1;
    }
    // Moving the whole array for each item would make a flood of items cost their square.
    if (this.#first > 1000) {
      this.#items.splice(0, this.#first);
      this.#first = 0;
    }
  }

  all(): T[] {
    return this.#items.slice(this.#first).map(({ item }) => item);
  }

  /** The last `count`, newest first. */
  last(count: number): T[] {
    return this.all().slice(-count).reverse();
  }

  find(matches: (item: T) => boolean): T | undefined {
    for (let at = this.#items.length - 1; at >= this.#first; at--) {
      const entry = this.#items[at];
      if (entry && matches(entry.item)) return entry.item;
    }
    return undefined;
  }
}

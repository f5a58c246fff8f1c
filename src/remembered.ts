/** A bounded map that forgets what came first. */
export class Remembered<T, Name = string> {
  readonly #entries = new Map<Name, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(name: Name): T | undefined {
    return this.#entries.get(name);
  }

  set(name: Name, value: T): void {
    if (!this.#entries.has(name) && this.#entries.size >= this.#most) {
      const [first] = this.#entries.keys();
      if (first !== undefined) this.#entries.delete(first);
    }
    this.#entries.set(name, value);
  }
}

/**
 * The virtual clock: work that is due at a millisecond, in the order in which it was asked for. Code under test that
 * awaits runs on it as it is: `wait` gives a promise that the clock keeps, and `settled` lets everything that became
 * possible by it happen before time goes on.
 */

/** Monday 2026-03-02 09:30 in Riga, ms since 1970: GCRA takes 0 for "never", so time must not begin there. */
export const EPOCH_MS = Date.UTC(2026, 2, 2, 7, 30);

export class VirtualClock {
  #now = EPOCH_MS;
  readonly #due = new Map<number, (() => void)[]>();
  #stirred = false;

  get now(): number {
    return this.#now;
  }

  /** Runs `work` after so many ms, rounded up to whole ones as Date.now() shows no others; never in this very millisecond. */
  after(ms: number, work: () => void): void {
    const at = this.#now + Math.max(1, Math.ceil(ms));
    const others = this.#due.get(at);
    if (others) others.push(work);
    else this.#due.set(at, [work]);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** To be called by whoever settles a promise outside the clock's own work. */
  stir(): void {
    this.#stirred = true;
  }

  /** Goes on by one millisecond and does what is due. Returns whether promises may have been settled. */
  tick(): boolean {
    this.#now++;
    const due = this.#due.get(this.#now);
    const stirred = this.#stirred || due !== undefined;
    this.#stirred = false;
    if (due) {
      this.#due.delete(this.#now);
      for (const work of due) work();
    }
    return stirred;
  }

  /** All reactions to settled promises have run: the microtask queue is empty when a macrotask begins. */
  settled(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

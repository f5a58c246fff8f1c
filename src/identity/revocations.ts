/**
 * Whom an operator called back, as one isolate knows it: principals, whatever proved them. The list comes down with the
 * exchange's orders, whole and only when it has changed. Bounded, as the watch keeps no more rows.
 */

/** More than these are not called back one by one: `passesValidFrom` in the rules ends all passes at once. */
export const REVOCATIONS_MAX = 512;

/** On the wire between the watch, shards and isolates. */
export interface RevocationList {
  /** Grows with each change; 0 is the empty list that everybody begins with. */
  readonly version: number;
  readonly entries: readonly { readonly principal: string /** ms since 1970 */; readonly until: number }[];
}

export class Revocations {
  #until: ReadonlyMap<string, number> = new Map();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  /** Whom we know stays called back until then, also when no more news comes. */
  has(principal: string, now: number): boolean {
    return now < (this.#until.get(principal) ?? 0);
  }

  /** Older news, still on its way, is not taken for new. */
  learn({ version, entries }: RevocationList): void {
    if (version <= this.#version) return;
    this.#until = new Map(entries.slice(0, REVOCATIONS_MAX).map(({ principal, until }) => [principal, until]));
    this.#version = version;
  }
}

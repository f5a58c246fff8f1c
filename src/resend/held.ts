/** How many bytes of forms one isolate holds at once. An isolate has 128 MB for everything. */

/** Eight of the largest. While one is sealed it lies in memory twice: as it came, and encrypted. */
export const HELD_MAX_BYTES = 16 * 1_048_576;
/** Those that come back were promised to be kept: they may use more. */
export const RETURNED_MAX_BYTES = 24 * 1_048_576;
/** Counted for so long at the most, ms: a place that nobody gives back must not be lost for ever. */
const HELD_FOR_MS = 120_000;

export class Held {
  readonly #holdings = new Set<{ readonly bytes: number; readonly untilMs: number }>();

  /** @returns what gives the room back, once; null when there is none */
  take(bytes: number, limit: number, nowMs: number): (() => void) | null {
    let held = 0;
    for (const holding of this.#holdings)
      if (nowMs < holding.untilMs) held += holding.bytes;
      else this.#holdings.delete(holding);
    if (held + bytes > limit) return null;
    const mine = { bytes, untilMs: nowMs + HELD_FOR_MS };
    this.#holdings.add(mine);
    return () => void this.#holdings.delete(mine);
  }
}

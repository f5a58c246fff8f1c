/** How many bytes of forms one isolate holds at once. An isolate has 128 MB for everything. */

import type { Identity } from "../identity/identity.ts";

/** Eight of the largest. While one is sealed it lies in memory twice: as it came, and encrypted. */
const HELD_MAX_BYTES = 16 * 1_048_576;
/** Those that come back were promised to be kept: they may use more. */
const RETURNED_MAX_BYTES = 24 * 1_048_576;
/** Anybody can say that she posts a form, and send it slowly: for those who are known there is room beyond that. */
const KNOWN_MORE_BYTES = 8 * 1_048_576;
/** What even an empty form costs: its page, its streams. Bounds how many there are, too. */
const LEAST_BYTES = 16_384;
/** Counted for so long at the most, ms: a place that nobody gives back must not be lost for ever. */
const HELD_FOR_MS = 120_000;

/** Up to how many bytes the forms of all may come when hers is added. */
export function roomFor(
  { lane, facility, knownDevice }: Pick<Identity, "lane" | "facility" | "knownDevice">,
  returned: boolean,
): number {
  const most = returned ? RETURNED_MAX_BYTES : HELD_MAX_BYTES;
  const known = facility !== null || knownDevice || (lane !== "unknown" && lane !== "cleared");
  return known ? most + KNOWN_MORE_BYTES : most;
}

export class Held {
  readonly #holdings = new Set<{ readonly bytes: number; readonly untilMs: number }>();

  /**
   * @param limit see `roomFor`
   * @returns what gives the room back, once; null when there is none
   */
  take(bytes: number, limit: number, nowMs: number): (() => void) | null {
    let held = 0;
    for (const holding of this.#holdings)
      if (nowMs < holding.untilMs) held += holding.bytes;
      else this.#holdings.delete(holding);
    const mine = { bytes: Math.max(bytes, LEAST_BYTES), untilMs: nowMs + HELD_FOR_MS };
    if (held + mine.bytes > limit) return null;
    this.#holdings.add(mine);
    return () => void this.#holdings.delete(mine);
  }
}

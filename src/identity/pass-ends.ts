/**
 * Passes that ended before their time, as their bearer signed out. Her cookie goes with the origin's answer; a copy that
 * somebody took of it must go as well, in every isolate. What ends is all that a session's passes were up to a moment: if
 * the origin vouches for the same session again, that pass is later and good.
 *
 * Accepted trade-off: only the last 32,768 sign-outs are known. Where 65,000 people sign out in a day that is each of them
 * for twelve hours, as long as a pass is the full lane; what is forgotten after that is a known device at the most, and saves
 * its thief one puzzle at the sign-in page.
 */
import { Remembered } from "../remembered.ts";

/** 16 bytes each on the wire and in shards, some 60 in an isolate: 2 MB there. */
export const PASS_ENDS_MAX = 32_768;
/** One message brings so many, 131 kB: an isolate that has just started knows all of them after four exchanges. */
export const PASS_ENDS_PER_MESSAGE = 8_192;

/** On the wire between the watch, shards and isolates: the next ones after those that are known, in order. */
export interface PassEnds {
  /** See `idOf`. */
  readonly ids: Float64Array;
  /** When each ended, ms since 1970: later than the one before, so it is its number as well. */
  readonly at: Float64Array;
}

/** 52 bits of a principal, which is a keyed hash: nobody can aim at another's. */
export function idOf(principal: string): number {
  return Number.parseInt(principal.slice(0, 13), 16);
}

/** What the watch and shards keep to tell others of. */
export class PassEndLog {
  readonly #ids: number[] = [];
  readonly #at: number[] = [];

  /** When the last one that is known ended; 0 while none is. */
  get knownUntil(): number {
    return this.#at.at(-1) ?? 0;
  }

  /** When the first one that is still known ended. */
  get knownFrom(): number {
    return this.#at[0] ?? 0;
  }

  /** What was heard before changes nothing. */
  learn({ ids, at }: PassEnds): void {
    for (const [i, when] of at.entries()) {
      if (when <= this.knownUntil) continue;
      this.#ids.push(ids[i] ?? Number.NaN);
      this.#at.push(when);
    }
    const tooMany = this.#at.length - PASS_ENDS_MAX;
    if (tooMany > 0) for (const list of [this.#ids, this.#at]) list.splice(0, tooMany);
  }

  /** News for whoever knows those up to then; null when there are none. */
  after(knownUntil: number): PassEnds | null {
    let from = this.#at.length;
    while (from > 0 && (this.#at[from - 1] ?? 0) > knownUntil) from--;
    if (from === this.#at.length) return null;
    const to = from + PASS_ENDS_PER_MESSAGE;
    return { ids: Float64Array.from(this.#ids.slice(from, to)), at: Float64Array.from(this.#at.slice(from, to)) };
  }
}

/** What one isolate knows, and asks with every pass. */
export class EndedPasses {
  readonly #endedAt = new Remembered<number, number>(PASS_ENDS_MAX);
  #knownUntil = 0;

  get knownUntil(): number {
    return this.#knownUntil;
  }

  /** @param issuedAt of the pass, ms since 1970 */
  has(principal: string, issuedAt: number): boolean {
    return issuedAt <= (this.#endedAt.get(idOf(principal)) ?? Number.NEGATIVE_INFINITY);
  }

  /** Seen here; the others hear of it from the watch. */
  note(principal: string, now: number): void {
    this.#set(idOf(principal), now);
  }

  learn({ ids, at }: PassEnds): void {
    for (const [i, when] of at.entries()) this.#set(ids[i] ?? Number.NaN, when);
    this.#knownUntil = Math.max(this.#knownUntil, at.at(-1) ?? 0);
  }

  #set(id: number, at: number): void {
    this.#endedAt.set(id, Math.max(at, this.#endedAt.get(id) ?? 0));
  }
}

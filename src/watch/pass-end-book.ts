/**
 * Whose passes ended before their time: the watch's book of sign-outs. Rows, so that they survive a restart; each is kept for
 * as long as a pass can live, unless too many come after it. Pure but for the rows; time is passed in.
 */
import { KNOWN_DEVICE_S } from "../identity/pass.ts";
import { idOf, PassEndLog, type PassEnds } from "../identity/pass-ends.ts";

export interface PassEndRows {
  /** In the order of time. */
  read(): PassEnds;
  write(id: number, at: number): void;
  removeBefore(at: number): void;
}

export class PassEndBook {
  readonly #rows: PassEndRows;
  readonly #log = new PassEndLog();

  constructor(rows: PassEndRows) {
    this.#rows = rows;
    this.#log.learn(rows.read());
  }

  /** Unique times, so that each sign-out has its place in the order, whatever the clock does. */
  end(principal: string, now: number): void {
    const at = Math.max(Math.floor(now), this.#log.knownUntil + 1);
    const id = idOf(principal);
    this.#rows.write(id, at);
    this.#log.learn({ ids: Float64Array.of(id), at: Float64Array.of(at) });
  }

  newsFor(knownUntil: number): PassEnds | null {
    return this.#log.after(knownUntil);
  }

  /** Deletes rows of passes that are over by themselves, and of those that are one too many. */
  purge(now: number): void {
    this.#rows.removeBefore(Math.max(now - KNOWN_DEVICE_S * 1000, this.#log.knownFrom));
  }
}

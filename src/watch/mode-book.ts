/**
 * The manual modes that operators set, for all sites. Rows, so that they survive a restart of the watch; what has ended is
 * no longer told and soon deleted. Pure but for the rows; time is passed in.
 */
import { keyOf, type ManualModes, type Mode } from "../policy/modes.ts";

/** Over all sites: a call too many is a mistake, and all of them travel with every exchange. */
export const MODES_MAX = 64;

export interface ModeRow {
  readonly site: string;
  readonly key: string;
  /** A Mode as JSON. */
  readonly mode: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface ModeRows {
  read(): readonly ModeRow[];
  write(row: ModeRow): void;
  remove(site: string, key: string): void;
  removeEnded(now: number): void;
}

export class ModeBook {
  readonly #rows: ModeRows;
  readonly #modes = new Map<string, Map<string, Mode>>();

  /** Time of the last change, made unique; a restart counts as one, since nobody remembers those before. */
  #revision: number;

  /** @param now when the watch started, ms since 1970 */
  constructor(rows: ModeRows, now: number) {
    this.#rows = rows;
    this.#revision = now;
    for (const { site, key, mode } of rows.read()) this.#of(site).set(key, JSON.parse(mode) as Mode);
  }

  /** @returns false when there are too many already */
  set(site: string, mode: Mode, now: number): boolean {
    this.forgetEnded(now);
    const key = keyOf(mode);
    const count = [...this.#modes.values()].reduce((sum, { size }) => sum + size, 0);
    if (count >= MODES_MAX && !this.#modes.get(site)?.has(key)) return false;
    this.#revision = Math.max(now, this.#revision + 1);
    this.#rows.write({ site, key, mode: JSON.stringify(mode), until: mode.until });
    this.#of(site).set(key, mode);
    return true;
  }

  end(site: string, key: string, now: number): void {
    this.#revision = Math.max(now, this.#revision + 1);
    this.#rows.remove(site, key);
    this.#modes.get(site)?.delete(key);
  }

  of(site: string, now: number): ManualModes {
    const modes = [...(this.#modes.get(site)?.values() ?? [])].filter(({ until }) => until > now);
    return { revision: this.#revision, modes };
  }

  forgetEnded(now: number): void {
    this.#rows.removeEnded(now);
    for (const modes of this.#modes.values()) for (const [key, { until }] of modes) if (until <= now) modes.delete(key);
  }

  #of(site: string): Map<string, Mode> {
    let modes = this.#modes.get(site);
    if (!modes) {
      modes = new Map();
      this.#modes.set(site, modes);
    }
    return modes;
  }
}

/**
 * Whom operators called back. Rows, so that they survive a restart of the watch; each has an end, after which it is neither
 * told nor kept. Pure but for the rows; time is passed in.
 */
import { REVOCATIONS_MAX, type RevocationList } from "../identity/revocations.ts";

export interface Revocation {
  readonly principal: string;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** For colleagues: why, and who did it. */
  readonly reason: string;
  readonly by: string;
}

export interface RevocationRows {
  read(): readonly Revocation[];
  write(row: Revocation): void;
  remove(principal: string): void;
  removeEnded(now: number): void;
}

export class RevocationBook {
  readonly #rows: RevocationRows;
  readonly #revocations = new Map<string, Revocation>();
  /** Time of the last change, made unique; a restart counts as one, since nobody remembers those before. */
  #version: number;

  /** @param now when the watch started, ms since 1970 */
  constructor(rows: RevocationRows, now: number) {
    this.#rows = rows;
    this.#version = now;
    for (const row of rows.read()) this.#revocations.set(row.principal, row);
  }

  /** @returns false when there are too many already */
  add(revocation: Revocation, now: number): boolean {
    this.forgetEnded(now);
    const { principal } = revocation;
    if (this.#revocations.size >= REVOCATIONS_MAX && !this.#revocations.has(principal)) return false;
    this.#rows.write(revocation);
    this.#revocations.set(principal, revocation);
    this.#version = Math.max(now, this.#version + 1);
    return true;
  }

  lift(principal: string, now: number): void {
    this.#rows.remove(principal);
    this.#revocations.delete(principal);
    this.#version = Math.max(now, this.#version + 1);
  }

  /** All that hold, with reasons, for operators. */
  all(now: number): readonly Revocation[] {
    return [...this.#revocations.values()].filter(({ until }) => until > now);
  }

  list(now: number): RevocationList {
    return { version: this.#version, entries: this.all(now).map(({ principal, until }) => ({ principal, until })) };
  }

  /** The list for whoever knows an older one; null for whoever knows this. */
  newsFor(version: number, now: number): RevocationList | null {
    return version < this.#version ? this.list(now) : null;
  }

  forgetEnded(now: number): void {
    this.#rows.removeEnded(now);
    for (const [principal, { until }] of this.#revocations) if (until <= now) this.#revocations.delete(principal);
  }
}

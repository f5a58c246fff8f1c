/** What became of the requests of one group of people or systems. */

/** After so many seconds of flood a defence must stand; before, it is forming. */
export const FORMING_S = 30;

export class GroupTally {
  requests = 0;
  succeeded = 0;
  challenged = 0;
  blocked = 0;
  firstRequests = 0;
  firstSucceeded = 0;
  laterRequests = 0;
  laterSucceeded = 0;
  /** What the shield made those who succeeded wait for room, ms. */
  readonly #waited: number[] = [];
  readonly okBySecond: Uint32Array;
  readonly failedBySecond: Uint32Array;
  readonly #startMs: number;
  readonly #floodAtS: number;

  constructor(startMs: number, floodAtS: number, seconds: number) {
    this.#startMs = startMs;
    this.#floodAtS = floodAtS;
    this.okBySecond = new Uint32Array(seconds + 1);
    this.failedBySecond = new Uint32Array(seconds + 1);
  }

  /** @param askedAt when the request was made, ms; it counts there, not where it ended */
  note(askedAt: number, ok: boolean, waitedMs: number): void {
    const seconds = (askedAt - this.#startMs) / 1000;
    const second = Math.floor(seconds);
    this.requests++;
    const bins = ok ? this.okBySecond : this.failedBySecond;
    bins[second] = (bins[second] ?? 0) + 1;
    if (ok) {
      this.succeeded++;
      this.#waited.push(waitedMs);
    }
    if (seconds < this.#floodAtS) return;
    if (seconds < this.#floodAtS + FORMING_S) {
      this.firstRequests++;
      if (ok) this.firstSucceeded++;
    } else {
      this.laterRequests++;
      if (ok) this.laterSucceeded++;
    }
  }

  waitedMs(share: number): number | null {
    const sorted = this.#waited.sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

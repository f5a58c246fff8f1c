/** Origins that bear what they are told to bear and break down each in its own way, in steps of 10 ms. */
import { Residence } from "../../src/origin/residence.ts";
import { Capacity } from "../portal/capacity.ts";

const STEP_MS = 10;
const BASE_MS = 30;
/** When whoever asked gives up. */
const PATIENCE_MS = 10_000;

export interface Fate {
  readonly served: boolean;
  readonly delayMs: number;
}

export interface SimulatedOrigin {
  /** One unit of work comes. */
  offer(now: number, inFlight: number): Fate;
  /** Bears so many units a second from now on. */
  bear(unitsPerSecond: number): void;
}

export const ORIGINS: Readonly<Record<string, (unitsPerSecond: number) => SimulatedOrigin>> = {
  /** Answers take longer near what it bears; beyond it nearly all fail, until what has piled up is worked off. */
  "collapses under load": (unitsPerSecond) => {
    const capacity = new Capacity(unitsPerSecond);
    return {
      offer: (now, inFlight) => capacity.offer(1, now, inFlight),
      bear: (units) => {
        capacity.unitsPerSecond = units;
      },
    };
  },
  /** Refuses at once what is too much, and is as quick as ever with the rest: nothing tells how near the end is. */
  "refuses what is too much": (unitsPerSecond) => {
    let [tokens, filledAt, rate] = [0, 0, unitsPerSecond];
    return {
      offer: (now) => {
        tokens = Math.min(rate / 4, tokens + ((now - filledAt) * rate) / 1000);
        filledAt = now;
        if (tokens < 1) return { served: false, delayMs: BASE_MS };
        tokens--;
        return { served: true, delayMs: BASE_MS };
      },
      bear: (units) => {
        rate = units;
      },
    };
  },
  /** Works everything off in turn; who waits too long has left. */
  queues: (unitsPerSecond) => {
    let [freeAt, rate] = [0, unitsPerSecond];
    return {
      offer: (now) => {
        const waitMs = Math.max(0, freeAt - now);
        if (waitMs > PATIENCE_MS) return { served: false, delayMs: PATIENCE_MS };
        freeAt = Math.max(now, freeAt) + 1000 / rate;
        return { served: true, delayMs: waitMs + BASE_MS };
      },
      bear: (units) => {
        rate = units;
      },
    };
  },
};

export interface Second {
  readonly asked: number;
  readonly forwarded: number;
  readonly failed: number;
  readonly residenceMs: number;
  readonly left: number;
}

/** Sends so many a second and counts what comes back, as isolates do. */
export class Traffic {
  #now: number;
  #inFlight = 0;
  #due = 0;
  readonly #residence = new Residence(() => this.#now);
  /** What ends in which step. */
  readonly #ends = new Map<number, { readonly served: boolean; readonly leave: () => void }[]>();
  readonly #random: () => number;

  constructor(startMs: number, random: () => number) {
    this.#now = startMs;
    this.#random = random;
  }

  /** @param perSecond on average: they come at random */
  send(origin: SimulatedOrigin, perSecond: number): Second {
    let [asked, forwarded, failed] = [0, 0, 0];
    for (let step = 0; step < 1000 / STEP_MS; step++) {
      this.#now += STEP_MS;
      for (const { served, leave } of this.#ends.get(this.#now) ?? []) {
        leave();
        this.#inFlight--;
        forwarded++;
        if (!served) failed++;
      }
      this.#ends.delete(this.#now);
      this.#due += (perSecond * STEP_MS) / 1000;
      for (; this.#due > 0; this.#due += Math.log(1 - this.#random())) {
        const { served, delayMs } = origin.offer(this.#now, this.#inFlight);
        const at = this.#now + Math.max(STEP_MS, Math.round(delayMs / STEP_MS) * STEP_MS);
        const ending = this.#ends.get(at) ?? [];
        ending.push({ served, leave: this.#residence.enter() });
        this.#ends.set(at, ending);
        this.#inFlight++;
        asked++;
      }
    }
    const { ms, left } = this.#residence.collect();
    return { asked, forwarded, failed, residenceMs: ms, left };
  }
}

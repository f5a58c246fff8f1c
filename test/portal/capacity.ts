/**
 * How much the portal bears: a model of a small origin under load, with the time passed in.
 *
 * Load is what was offered in the last second as a share of the capacity. Strain is the load that the machines behave as
 * having: it rises with the load at once and falls only as fast as spare capacity drains the backlog. Up to a strain of 1
 * everybody is served; beyond it latency doubles with each tenth and goodput collapses, so a flood that nobody stops
 * takes the service from everyone, and one that stops leaves it some seconds later.
 *
 * Accepted: no queue is simulated request by request. Who is served follows a low-discrepancy sequence, so that a test
 * sees the same day twice.
 */

/** The window that load is measured over, in slots. */
const SLOT_MS = 100;
/** One second and the slot that is just leaving it. */
const SLOTS = 11;
/** Beyond this the machines are as dead as they get; it bounds the recovery. */
const MAX_STRAIN = 2.5;
/** How much strain a wholly idle second takes away, and what even a busy one does. */
const RELIEF_PER_SECOND = 0.4;
const MIN_RELIEF_PER_SECOND = 0.02;
/** Goodput as a share of the capacity at a given strain; straight lines between. */
const GOODPUT: readonly (readonly [strain: number, share: number])[] = [
  [1, 1],
  [1.5, 0.2],
  [2, 0.02],
  [MAX_STRAIN, 0.002],
];
/** Latency of an idle portal, and what each unit of work adds. */
const BASE_MS = 15;
const BASE_MS_PER_UNIT = 5;
/** What the slowest twentieth waits on top at a strain of 1. */
const QUEUE_AT_CAPACITY_MS = 220;
/** The web server gives up on its backend after this time. */
const MAX_DELAY_MS = 30_000;
/** Requests the web server holds at once; those beyond are refused at the door. */
export const MAX_IN_FLIGHT = 1000;
/** How long the series remembers. */
const SERIES_SECONDS = 300;

/** Steps of two low-discrepancy sequences: fractions of their multiples fill the unit interval evenly. */
const SERVED_STEP = 0.6180339887498949;
const DELAY_STEP = 0.7548776662466927;

/** What becomes of a request: whether it is served, and after what delay it gets its answer. */
export interface Fate {
  readonly served: boolean;
  readonly delayMs: number;
}

export interface SeriesRow {
  /** Unix time in seconds. */
  readonly second: number;
  offeredUnits: number;
  servedUnits: number;
  /** Requests, not units. */
  failed: number;
}

export class Capacity {
  /** Cost units per second; 0 is without limit. May change: a machine dies, and comes back. */
  unitsPerSecond: number;
  readonly #slots = new Float64Array(SLOTS);
  #slot = 0;
  #strain = 0;
  #strainAt = 0;
  #sequence = 0;
  readonly #series = new Map<number, SeriesRow>();

  constructor(unitsPerSecond: number) {
    this.unitsPerSecond = unitsPerSecond;
  }

  /** Takes a request's units into account and tells its fate. Work of no units is static: the backend never sees it. */
  offer(units: number, now: number, inFlight: number): Fate {
    this.#row(now).offeredUnits += units;
    if (this.unitsPerSecond <= 0) return { served: true, delayMs: 0 };
    const load = this.#take(units, now);
    const strain = this.#strainAfter(load, now);
    this.#sequence += 1;
    if (units === 0) return { served: true, delayMs: BASE_MS };
    const delayMs = delayAt(strain, units, fraction(this.#sequence * DELAY_STEP));
    const served = inFlight < MAX_IN_FLIGHT && fraction(this.#sequence * SERVED_STEP) < servedShare(strain, load);
    // Those who wait in vain hold half of the places at most, or they would block the portal long after a flood.
    return served || inFlight < MAX_IN_FLIGHT / 2 ? { served, delayMs } : { served, delayMs: BASE_MS };
  }

  /** Notes how a request ended, in the second it did. */
  settle(units: number, served: boolean, now: number): void {
    if (served) this.#row(now).servedUnits += units;
    else this.#row(now).failed += 1;
  }

  /** Load and strain as shares of the capacity. */
  measure(now: number): { load: number; strain: number } {
    if (this.unitsPerSecond <= 0) return { load: 0, strain: 0 };
    const load = this.#take(0, now);
    return { load, strain: this.#strainAfter(load, now) };
  }

  /** The last 300 seconds in which anything happened, oldest first. */
  series(now: number): SeriesRow[] {
    const from = Math.floor(now / 1000) - SERIES_SECONDS;
    return [...this.#series.values()].filter(({ second }) => second > from).map((row) => ({ ...row }));
  }

  #take(units: number, now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    for (let at = Math.max(this.#slot + 1, slot - SLOTS + 1); at <= slot; at++) this.#slots[at % SLOTS] = 0;
    this.#slot = Math.max(this.#slot, slot);
    const index = this.#slot % SLOTS;
    this.#slots[index] = (this.#slots[index] ?? 0) + units;
    const leaving = this.#slots[(this.#slot + 1) % SLOTS] ?? 0;
    const sum = this.#slots.reduce((total, each) => total + each, 0);
    return (sum - leaving * fraction(now / SLOT_MS)) / this.unitsPerSecond;
  }

  #strainAfter(load: number, now: number): number {
    const seconds = Math.max(0, now - this.#strainAt) / 1000;
    this.#strainAt = Math.max(this.#strainAt, now);
    // Below capacity there is no backlog: strain is the load, and follows it down at once.
    const relief = Math.max(MIN_RELIEF_PER_SECOND, (1 - load) * RELIEF_PER_SECOND) * seconds;
    const left = this.#strain > 1 ? this.#strain - relief : 0;
    this.#strain = Math.min(MAX_STRAIN, Math.max(load, left));
    return this.#strain;
  }

  #row(now: number): SeriesRow {
    const second = Math.floor(now / 1000);
    const known = this.#series.get(second);
    if (known) return known;
    const row: SeriesRow = { second, offeredUnits: 0, servedUnits: 0, failed: 0 };
    this.#series.set(second, row);
    for (const old of this.#series.keys()) {
      if (this.#series.size <= SERIES_SECONDS) break;
      this.#series.delete(old);
    }
    return row;
  }
}

/** What share of the capacity comes out as finished work at this strain. */
export function goodput(strain: number): number {
  let [fromStrain, fromShare] = GOODPUT[0] ?? [1, 1];
  if (strain <= fromStrain) return 1;
  for (const [toStrain, toShare] of GOODPUT) {
    if (strain < toStrain) return fromShare + ((toShare - fromShare) * (strain - fromStrain)) / (toStrain - fromStrain);
    [fromStrain, fromShare] = [toStrain, toShare];
  }
  return fromShare;
}

/** @param place 0 to 1: how unlucky this request is among its like. */
export function delayAt(strain: number, units: number, place: number): number {
  const queue = QUEUE_AT_CAPACITY_MS * Math.min(strain, 1) ** 5 * 2 ** (Math.max(0, strain - 1) * 10);
  const unlucky = (place / 0.95) ** 2;
  return Math.min(MAX_DELAY_MS, Math.round(BASE_MS + BASE_MS_PER_UNIT * units + queue * unlucky));
}

function servedShare(strain: number, load: number): number {
  return strain <= 1 ? 1 : Math.min(1, goodput(strain) / Math.max(load, 1e-9));
}

function fraction(value: number): number {
  return value - Math.floor(value);
}

/**
 * Admission to the origin in one isolate: spends what was leased to it, by class of service.
 *
 * Each class has a bucket filled at its leased rate. Who finds his own empty may take from those of lower classes, and from
 * those of higher ones while they are nearly full: the less important he is, the fuller. So a share is guaranteed, an unused
 * one is not lost, and whoever is more important comes first.
 *
 * An isolate that has just started may pass a few proven requests; strangers wait a moment for its first lease. When a lease
 * runs out three quarters of it hold for a while, since whoever gave it counted with that. One that nobody asked anything for longer
 * is as new. Only an isolate that was asked and has heard of nobody helps itself, with little at first and more while the
 * origin answers well (as TCP starts: RFC 5681).
 */
import { FLOOR_FOR_MS, FLOOR_SHARE, type Lease } from "../counters/lease-book.ts";
import { NO_RATES, type Rates, ratesFrom, scaledBy } from "../counters/rates.ts";
import { CLASSES, type ClassOfService } from "../policy/tables.ts";
import { SCARCE_BELOW } from "./fairness.ts";

/** Buckets hold this many seconds of their rate: proven people and residents' critical requests come in bursts, and few. */
const DEPTH_SECONDS: Rates = [2, 2, 0.25, 0.25];
/** So much at least, cost units: a rate of one request a minute must still let that one through. */
const DEPTH_MIN: Rates = [12, 8, 1, 1];
/**
 * What each class leaves in the bucket of a higher one, as a share of its depth. By taking from it nobody makes it scarce, or
 * doctors would wait for one another, full two seconds, beside room that strangers take as fast as it fills.
 */
const LEAVES: Rates = [0, SCARCE_BELOW, 0.35, 0.5];
/**
 * While what was overdrawn is paid off, so much of a bucket is kept for those who leave little to others (fairness.ts): less
 * than other classes leave. With nothing kept, everybody would wait until she may overdraw herself.
 */
const KEPT_IN_DEBT = 0.1;
/** What whoever had much leaves to those of her class who had little. */
const LEFT_TO_OTHERS = 0.5;
/** What P0 and P1 may take before the first lease, cost units in all: paid out of the watch's reserve. */
export const FIRST_UNITS = 10;
/** An isolate without a lease for so long after its first request has nobody to wait for. */
export const FIRST_LEASE_WITHIN_MS = 1500;
/** An isolate on its own: share of the site's capacity at first, how often that doubles, and where it ends. */
const ALONE_SHARE = 0.01;
const ALONE_PROVEN_SHARE = 0.15;
const ALONE_DOUBLES_EVERY_MS = 1000;
const ALONE_SHARE_MAX = 0.4;
const ALONE_BY_CLASS: readonly [Rates, Rates] = [
  [0.55, 0.45, 0, 0],
  [0, 0, 0.6, 0.4],
];
/** Answers that say "overloaded" or never come: the share of the last ones, smoothed, from which on the isolate brakes. */
const TROUBLE_FOLLOWS = 0.1;
const TROUBLE_FROM = 0.25;
const BRAKE_EVERY_MS = 500;
/**
 * What one braking leaves and the least that is ever left; strangers pay first. What is left grows so many times a second: as
 * the watch gives less by then, a brake that lingers would keep the origin idle.
 */
const BRAKE_LEAVES: Rates = [0.8, 0.8, 0.25, 0.25];
const BRAKE_LEAST: Rates = [0.5, 0.5, 1 / 64, 1 / 64];
const BRAKE_RELEASES = 2;

type Four = [number, number, number, number];

export class Admission {
  readonly #capacityPerSecond: number;
  #leased: Rates = NO_RATES;
  #number = 0;
  #leaseUntil = 0;
  /** When this isolate first asked for room; 0 before. */
  #bornAt = 0;
  #first = FIRST_UNITS;
  #filledAt = 0;
  /** What fills the buckets now, brake included. */
  #rates: Rates = NO_RATES;
  readonly #buckets: Four = [0, 0, 0, 0];
  /** What was overdrawn and is not paid off yet. */
  readonly #debts: Four = [0, 0, 0, 0];
  readonly #brake: Four = [1, 1, 1, 1];
  #trouble = 0;
  #brakedAt = 0;

  constructor(capacityPerSecond: number) {
    this.#capacityPerSecond = capacityPerSecond;
  }

  /**
   * Takes over a lease. Null: there is none to give; the last one runs out.
   *
   * @param askedAt when it was asked for, ms: it counts from then
   */
  lease(lease: Lease | null, askedAt: number): void {
    if (lease === null) return;
    const isFirst = this.#number === 0;
    this.#leased = ratesFrom(lease.perSecond);
    this.#number = lease.number;
    this.#leaseUntil = askedAt + lease.forMs;
    // Proven people find their buckets full; strangers' fill from nothing, or thousands of new isolates would come at once.
    if (isFirst) for (const c of [0, 1] as const) this.#buckets[c] = this.#leased[c] * DEPTH_SECONDS[c];
  }

  /** The grant that holds, 0 for none yet, and what it gave, told in full until its floor is over (see `Claim`). */
  claim(now: number): { readonly number: number; readonly held: Rates; readonly lapsed: boolean } {
    const over = this.#number !== 0 && now > this.#leaseUntil + FLOOR_FOR_MS;
    return { number: this.#number, held: over ? NO_RATES : this.#leased, lapsed: now > this.#leaseUntil };
  }

  /** What this isolate may use now, units a second by class. */
  usable(now: number): Rates {
    return this.#unbraked(now);
  }

  /** Whether waiting a moment is worth while, as the first lease is on its way. */
  awaitsFirstLease(now: number): boolean {
    return this.#number === 0 && this.isNew(now);
  }

  /** Whether the first leases may still come: the very first may not hold what was asked for only while it was on its way. */
  isNew(now: number): boolean {
    return this.#bornAt === 0 || now - this.#bornAt < FIRST_LEASE_WITHIN_MS;
  }

  /**
   * Whether the origin has room for a request of this class; if so its units are taken. Costs of 0 always have.
   * @param leaves what is left to others in each bucket, as a share of its depth
   */
  take(serviceClass: ClassOfService, units: number, now: number, leaves = 0): boolean {
    if (units <= 0) return true;
    if (now !== this.#filledAt) this.#fill(now);
    if (this.#spend(serviceClass, units, leaves)) return true;
    for (let lower = 3; lower > serviceClass; lower--)
      if (this.#spend(lower as ClassOfService, units, leaves)) return true;
    for (let higher = serviceClass - 1; higher >= 0; higher--)
      if (this.#spend(higher as ClassOfService, units, Math.max(leaves, LEAVES[serviceClass]))) return true;
    if (serviceClass > 1 || this.#number !== 0 || this.#first < units) return false;
    this.#first -= units;
    return true;
  }

  /** The same for whoever had much already: of her own class's bucket only, and half of that is left to others. */
  takeLeftOver(serviceClass: ClassOfService, units: number, now: number): boolean {
    if (units <= 0) return true;
    if (now !== this.#filledAt) this.#fill(now);
    return this.#spend(serviceClass, units, LEFT_TO_OTHERS);
  }

  /** Takes in spite of everything: the last resort for a doctor's critical request. Paid off by those after it. */
  overdraw(serviceClass: ClassOfService, units: number): void {
    const most = depthOf(this.#rates, serviceClass) + units;
    this.#debts[serviceClass] = Math.min(most, this.#debts[serviceClass] + units);
    this.#payOff(serviceClass);
  }

  /** Little of its bucket is left to a class: whoever took much lately should let others go first. */
  isScarce(serviceClass: ClassOfService): boolean {
    return this.#buckets[serviceClass] < SCARCE_BELOW * depthOf(this.#rates, serviceClass);
  }

  /**
   * What was sent before the last braking tells nothing of what is sent since: one jam is braked for once (RFC 6582, "recover").
   *
   * @param overloaded whether the origin answered that it cannot, or not at all
   * @param askedAt when it was asked, ms
   */
  noteAnswer(overloaded: boolean, askedAt: number, now: number): void {
    if (askedAt <= this.#brakedAt) return;
    this.#trouble += ((overloaded ? 1 : 0) - this.#trouble) * TROUBLE_FOLLOWS;
    if (!overloaded || this.#trouble < TROUBLE_FROM || now - this.#brakedAt < BRAKE_EVERY_MS) return;
    this.#brakedAt = now;
    for (const c of CLASSES) {
      this.#brake[c] = Math.max(BRAKE_LEAST[c], this.#brake[c] * BRAKE_LEAVES[c]);
      this.#buckets[c] = Math.min(this.#buckets[c], this.#buckets[c] * BRAKE_LEAVES[c]);
    }
  }

  /**
   * A request dearer than its bucket's depth is let in on a full bucket and paid off by going below zero.
   * @param leaves what must be left in it afterwards, as a share of its depth
   */
  #spend(serviceClass: ClassOfService, units: number, leaves: number): boolean {
    const held = this.#buckets[serviceClass];
    const depth = depthOf(this.#rates, serviceClass);
    if (held <= 0 || held < Math.min(depth, units + leaves * depth)) return false;
    this.#buckets[serviceClass] = held - units;
    return true;
  }

  #fill(now: number): void {
    if (this.#number !== 0 && now > Math.max(this.#filledAt, this.#leaseUntil) + FLOOR_FOR_MS) this.#forget();
    if (this.#bornAt === 0) this.#bornAt = now;
    const seconds = this.#filledAt === 0 ? 0 : Math.max(0, Math.min(1, (now - this.#filledAt) / 1000));
    this.#filledAt = now;
    const rates = this.#unbraked(now);
    const brake = this.#brake;
    this.#rates = [rates[0] * brake[0], rates[1] * brake[1], rates[2] * brake[2], rates[3] * brake[3]];
    for (const c of CLASSES) {
      if (brake[c] < 1) brake[c] = Math.min(1, brake[c] * BRAKE_RELEASES ** seconds);
      this.#buckets[c] = Math.min(depthOf(this.#rates, c), this.#buckets[c] + this.#rates[c] * seconds);
      if (this.#debts[c] > 0) this.#payOff(c);
    }
  }

  #payOff(serviceClass: ClassOfService): void {
    const kept = KEPT_IN_DEBT * depthOf(this.#rates, serviceClass);
    const paid = Math.min(this.#debts[serviceClass], Math.max(0, this.#buckets[serviceClass] - kept));
    this.#buckets[serviceClass] -= paid;
    this.#debts[serviceClass] -= paid;
  }

  #forget(): void {
    this.#bornAt = 0;
    this.#number = 0;
    this.#first = FIRST_UNITS;
    this.#filledAt = 0;
    this.#buckets.fill(0);
    this.#debts.fill(0);
  }

  #unbraked(now: number): Rates {
    if (this.#number !== 0) {
      if (now <= this.#leaseUntil) return this.#leased;
      if (now <= this.#leaseUntil + FLOOR_FOR_MS) return scaledBy(this.#leased, FLOOR_SHARE);
      return this.#alone(now - this.#leaseUntil - FLOOR_FOR_MS);
    }
    return this.#bornAt === 0 || this.awaitsFirstLease(now)
      ? NO_RATES
      : this.#alone(now - this.#bornAt - FIRST_LEASE_WITHIN_MS);
  }

  #alone(forMs: number): Rates {
    const share = Math.min(ALONE_SHARE_MAX, ALONE_SHARE * 2 ** Math.min(10, forMs / ALONE_DOUBLES_EVERY_MS));
    const proven = Math.max(ALONE_PROVEN_SHARE, share) * this.#capacityPerSecond;
    const strangers = share * this.#capacityPerSecond;
    const [provenBy, strangersBy] = ALONE_BY_CLASS;
    return [provenBy[0] * proven, provenBy[1] * proven, strangersBy[2] * strangers, strangersBy[3] * strangers];
  }
}

function depthOf(rates: Rates, serviceClass: ClassOfService): number {
  const rate = rates[serviceClass];
  return rate > 0 ? Math.max(DEPTH_MIN[serviceClass], rate * DEPTH_SECONDS[serviceClass]) : 0;
}

/**
 * Admission to the origin in one isolate: spends what the watch leased to it, by class of service.
 *
 * Each class has a bucket filled with its reserved share. What a full bucket cannot hold goes into a common one from which
 * every class may take, the lower ones only while it is nearly full. So a share is guaranteed, an unused one is not lost,
 * and whoever is more important comes first.
 */
import { CLASS_SHARES, CLASSES, type ClassOfService } from "../policy/tables.ts";

/** Buckets hold this much of their rate, so in any second the origin gets at most a quarter more than the lease. */
const BURST_SECONDS = 0.25;
/** Before the first lease comes an isolate takes this share of the site's capacity; it lasts for one exchange. */
const FIRST_SHARE = 0.5;
/** A lease without news for so long counts no more; the floor holds then. */
const LEASE_FOR_MS = 10_000;
/** Share of the capacity that an isolate without a lease may take. */
const FLOOR_SHARE = 0.1;
/** How full the common bucket must be for each class to take from it. */
const COMMON_FROM: readonly [number, number, number, number] = [0, 0.25, 0.5, 0.75];

export class Admission {
  readonly #capacityPerSecond: number;
  #unitsPerSecond: number;
  #leasedAt = 0;
  #filledAt = 0;
  readonly #buckets: [number, number, number, number];
  #common: number;

  constructor(capacityPerSecond: number) {
    this.#capacityPerSecond = capacityPerSecond;
    this.#unitsPerSecond = capacityPerSecond * FIRST_SHARE;
    this.#buckets = [this.#depth(0), this.#depth(1), this.#depth(2), this.#depth(3)];
    this.#common = this.#unitsPerSecond * BURST_SECONDS;
  }

  /** Takes over a lease from the watch. */
  lease(unitsPerSecond: number, now: number): void {
    this.#unitsPerSecond = unitsPerSecond;
    this.#leasedAt = now;
  }

  /** Whether the origin has room for a request of this class; if so its units are taken. Costs of 0 always have. */
  take(serviceClass: ClassOfService, units: number, now: number): boolean {
    if (units <= 0) return true;
    this.#fill(now);
    // A request dearer than its bucket's depth is let in on a full bucket and paid off by going below zero.
    const own = this.#buckets[serviceClass];
    if (own >= Math.min(units, this.#depth(serviceClass))) {
      this.#buckets[serviceClass] = own - units;
      return true;
    }
    const depth = this.#unitsPerSecond * BURST_SECONDS;
    if (this.#common >= Math.max(Math.min(units, depth), depth * COMMON_FROM[serviceClass])) {
      this.#common -= units;
      return true;
    }
    return false;
  }

  /** Takes in spite of everything: the last resort for a doctor's critical request. Paid off by those after it. */
  overdraw(serviceClass: ClassOfService, units: number): void {
    this.#buckets[serviceClass] = Math.max(this.#buckets[serviceClass] - units, -this.#unitsPerSecond);
  }

  #depth(serviceClass: ClassOfService): number {
    return this.#unitsPerSecond * CLASS_SHARES[serviceClass] * BURST_SECONDS;
  }

  #fill(now: number): void {
    if (this.#leasedAt !== 0 && now - this.#leasedAt > LEASE_FOR_MS)
      this.#unitsPerSecond = this.#capacityPerSecond * FLOOR_SHARE;
    if (this.#filledAt === 0) this.#filledAt = now;
    const seconds = Math.max(0, Math.min(1, (now - this.#filledAt) / 1000));
    this.#filledAt = now;
    let overflow = 0;
    for (const serviceClass of CLASSES) {
      const depth = this.#depth(serviceClass);
      const filled = this.#buckets[serviceClass] + this.#unitsPerSecond * CLASS_SHARES[serviceClass] * seconds;
      this.#buckets[serviceClass] = Math.min(depth, filled);
      overflow += Math.max(0, filled - depth);
    }
    this.#common = Math.min(this.#unitsPerSecond * BURST_SECONDS, this.#common + overflow);
  }
}

/**
 * Stand-ins for what only modules that the type-checker of the tests cannot load hold: `Desk` (src/isolate.ts) and
 * `SHARD_COUNT` (src/counters/shards.ts), whose files name types of workerd. Line by line the same. To be deleted, file
 * and all, as soon as each stands in a file of its own; `stand-ins.test.ts` notices when they drift apart.
 */
import type { SiteOrders, SiteSummary } from "../../../src/counters/protocol.ts";
import { Admission } from "../../../src/origin/admission.ts";
import type { Site } from "../../../src/policy/policy.ts";
import type { ClassOfService } from "../../../src/policy/tables.ts";
import type { Posture } from "../../../src/policy/verdict.ts";

/** src/counters/shards.ts */
export const SHARD_COUNT = 16;

/** src/isolate.ts, `Desk`, and of `Isolate` what obeys. */
export class DeskCore {
  readonly site: Site;
  readonly admission: Admission;
  posture: Posture = "normal";
  #wanted: [number, number, number, number] = [0, 0, 0, 0];
  #turnedAway = 0;
  #forwarded = 0;
  #failed = 0;
  #since = 0;

  constructor(site: Site) {
    this.site = site;
    this.admission = new Admission(site.capacityPerSecond);
  }

  noteWanted(serviceClass: ClassOfService, units: number): void {
    this.#wanted[serviceClass] += units;
  }

  noteTurnedAway(units: number): void {
    this.#turnedAway += units;
  }

  noteForwarded(failed: boolean): void {
    this.#forwarded++;
    if (failed) this.#failed++;
  }

  summarize(now: number): SiteSummary {
    const summary: SiteSummary = {
      site: this.site.name,
      capacityPerSecond: this.site.capacityPerSecond,
      overMs: this.#since === 0 ? 0 : now - this.#since,
      wanted: this.#wanted,
      turnedAway: this.#turnedAway,
      forwarded: this.#forwarded,
      failed: this.#failed,
    };
    this.#wanted = [0, 0, 0, 0];
    this.#turnedAway = 0;
    this.#forwarded = 0;
    this.#failed = 0;
    this.#since = now;
    return summary;
  }

  obey(orders: readonly SiteOrders[], now: number): void {
    for (const order of orders)
      if (order.site === this.site.name) {
        this.posture = order.posture;
        this.admission.lease(order.unitsPerSecond, now);
      }
  }
}

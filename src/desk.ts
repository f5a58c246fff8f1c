/** The desk: one site as one isolate sees it. Plain bounded data; time is passed in. */
import type { SiteOrders, SiteSummary } from "./counters/protocol.ts";
import { Admission } from "./origin/admission.ts";
import type { Site } from "./policy/policy.ts";
import type { ClassOfService } from "./policy/tables.ts";
import type { Posture } from "./policy/verdict.ts";

const ORDERS_HOLD_MS = 60_000;

/** What it may send to the origin, and what it has seen since the last exchange. */
export class Desk {
  readonly site: Site;
  readonly admission: Admission;
  #posture: Posture = "normal";
  #orderedAt = 0;
  inFlight = 0;
  #wanted: [number, number, number, number] = [0, 0, 0, 0];
  #turnedAway = 0;
  #forwarded = 0;
  #failed = 0;
  #since = 0;

  constructor(site: Site) {
    this.site = site;
    this.admission = new Admission(site.capacityPerSecond);
  }

  /** What the watch ordered last. Without news for a minute it no longer holds: nobody is asked because of an old flood. */
  posture(now: number): Posture {
    return now - this.#orderedAt > ORDERS_HOLD_MS ? "normal" : this.#posture;
  }

  obey(order: SiteOrders, now: number): void {
    this.#posture = order.posture;
    this.#orderedAt = now;
    this.admission.lease(order.unitsPerSecond, now);
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

  /** The figures since the last call; starts anew. */
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
}

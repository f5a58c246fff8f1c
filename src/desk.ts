/** The desk: one site as one isolate sees it. Plain bounded data; time is passed in. */
import type { SiteOrders, SiteSummary } from "./counters/protocol.ts";
import { Admission } from "./origin/admission.ts";
import { POSTURE_WITHOUT_WATCH } from "./policy/failures.ts";
import {
  firstOfEach,
  type ManualModes,
  type Mode,
  NOTHING_OFF,
  type Notice,
  type SwitchedOff,
  type SwitchedOffRoutes,
} from "./policy/modes.ts";
import type { Site } from "./policy/policy.ts";
import type { ClassOfService } from "./policy/tables.ts";
import type { Posture } from "./policy/verdict.ts";
import { LineAtEdge } from "./waiting/lines.ts";

const ORDERS_HOLD_MS = 60_000;

/** What it may send to the origin, and what it has seen since the last exchange. */
export class Desk {
  readonly site: Site;
  readonly admission: Admission;
  #posture: Posture = "normal";
  #because = "";
  #postureSince: number | null = null;
  #orderedAt = 0;
  /** Manual modes, those of operators before those of the rules. Each says itself how long it holds, also without news. */
  #modes: readonly Mode[];
  #modesRevision = 0;
  #switchedOff: SwitchedOffRoutes;
  /** The lines of the waiting room. */
  readonly lines = new LineAtEdge();
  inFlight = 0;
  #wanted: [number, number, number, number] = [0, 0, 0, 0];
  #turnedAway = 0;
  #forwarded = 0;
  #failed = 0;
  #since = 0;

  constructor(site: Site) {
    this.site = site;
    this.admission = new Admission(site.capacityPerSecond);
    this.#modes = site.modes;
    this.#switchedOff = switchedOffBy(site.modes);
  }

  /** The manual mode where one holds, else the automatic one. */
  posture(now: number): Posture {
    return this.#manual(now)?.posture ?? this.automatic(now).posture;
  }

  /** What the watch ordered last. Without news for a minute it no longer holds: nobody is asked because of an old flood. */
  automatic(now: number): { readonly posture: Posture; readonly because: string } {
    if (now - this.#orderedAt > ORDERS_HOLD_MS)
      return { posture: POSTURE_WITHOUT_WATCH, because: "no news from the watch" };
    return { posture: this.#posture, because: this.#because };
  }

  /** When the posture left normal, ms since 1970; null while it is normal, or nobody knows. */
  onset(now: number): number | null {
    const manual = this.#manual(now);
    // What stands in the rules does not say since when: by it nobody may be taken for a latecomer.
    const set = manual && manual.posture !== "normal" && manual.since > 0 ? manual.since : null;
    if (manual?.posture === "normal" || (!manual && this.automatic(now).posture === "normal")) return null;
    return set === null || this.#postureSince === null
      ? (set ?? this.#postureSince)
      : Math.min(set, this.#postureSince);
  }

  /** The manual modes that hold. */
  modes(now: number): readonly Mode[] {
    return this.#modes.filter(({ until }) => until > now);
  }

  get switchedOff(): SwitchedOffRoutes {
    return this.#switchedOff;
  }

  /** What people are told on closed pages, and as of when, ms since 1970; null where staff wrote nothing. */
  notice(now: number): { readonly notice: Notice | null; readonly updatedAt: number | null } {
    const mode = this.#manual(now);
    const { notice } = this.site;
    return mode?.notice
      ? { notice: mode.notice, updatedAt: mode.since }
      : { notice, updatedAt: Math.max(notice?.updatedAt ?? 0, mode?.since ?? 0) || null };
  }

  /** Takes over what operators set. Shards hand on what they heard some time ago: what is older than we know is left. */
  setModes({ revision, modes }: ManualModes): void {
    if (revision <= this.#modesRevision) return;
    this.#modesRevision = revision;
    this.#modes = modes.length === 0 ? this.site.modes : firstOfEach(modes, this.site.modes);
    this.#switchedOff = switchedOffBy(this.#modes);
  }

  #manual(now: number): (Mode & { readonly kind: "posture" }) | null {
    for (const mode of this.#modes) if (mode.kind === "posture" && mode.until > now) return mode;
    return null;
  }

  obey(order: SiteOrders, now: number): void {
    this.#posture = order.posture;
    this.#because = order.because;
    this.#postureSince = order.since ?? null;
    if (order.manual) this.setModes(order.manual);
    this.lines.obey(order.lines, now);
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
      lines: this.lines.collect(now),
    };
    this.#wanted = [0, 0, 0, 0];
    this.#turnedAway = 0;
    this.#forwarded = 0;
    this.#failed = 0;
    this.#since = now;
    return summary;
  }
}

function switchedOffBy(modes: readonly Mode[]): SwitchedOffRoutes {
  if (modes.length === 0) return NOTHING_OFF;
  return new Map<string, SwitchedOff>(modes.flatMap((mode) => (mode.kind === "off" ? [[mode.route, mode]] : [])));
}

/** The desk: one site as one isolate sees it. Plain bounded data; time is passed in. */
import { FacilityUses } from "./counters/facility-use.ts";
import type { SiteOrders, SiteSummary } from "./counters/protocol.ts";
import type { Lane } from "./identity/identity.ts";
import { Admission } from "./origin/admission.ts";
import type { Gate } from "./origin/admit.ts";
import { Fairness } from "./origin/fairness.ts";
import type { InFlightCounter } from "./origin/in-flight.ts";
import { Residence } from "./origin/residence.ts";
import { Retries } from "./origin/retries.ts";
import { SignIns } from "./origin/sign-ins.ts";
import { POSTURE_WITHOUT_WATCH, WITHOUT_NEWS_MS } from "./policy/failures.ts";
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
import type { Asker } from "./request/facts.ts";
import { LineAtEdge } from "./waiting/lines.ts";

/** What brings a body takes as long as its sender likes, so it is not counted. */
const UPLOADS: InFlightCounter = { enter: () => () => undefined };

/** What it may send to the origin, and what it has seen since the last exchange. */
export class Desk implements Gate {
  readonly site: Site;
  readonly admission: Admission;
  readonly fairness = new Fairness();
  readonly retries = new Retries();
  readonly signIns = new SignIns();
  readonly facilities = new FacilityUses();
  waiting = 0;
  readonly queued: [number, number, number, number] = [0, 0, 0, 0];
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
  /** Requests at the origin whose time there says something about it, by class. */
  readonly #residences: readonly [Residence, Residence, Residence, Residence];
  #wanted: [number, number, number, number] = [0, 0, 0, 0];
  #turnedAway = 0;
  #postponed = 0;
  #forwarded = 0;
  #failed = 0;
  #asked = 0;
  #sent: [number, number, number, number] = [0, 0, 0, 0];
  #overdrawn = 0;
  #strangers = 0;
  #pages = 0;
  #parts = 0;
  #newcomers = 0;
  #since = 0;

  constructor(site: Site, now: () => number = Date.now) {
    this.site = site;
    this.admission = new Admission(site.capacityPerSecond);
    this.#residences = [new Residence(now), new Residence(now), new Residence(now), new Residence(now)];
    this.#modes = site.modes;
    this.#switchedOff = switchedOffBy(site.modes);
  }

  /** The manual mode where one holds, else the automatic one. */
  posture(now: number): Posture {
    return this.#manual(now)?.posture ?? this.automatic(now).posture;
  }

  /** What the watch ordered last. Without news for a minute it no longer holds: nobody is asked because of an old flood. */
  automatic(now: number): { readonly posture: Posture; readonly because: string } {
    if (now - this.#orderedAt > WITHOUT_NEWS_MS)
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
    this.#orderedAt = now - (order.toldMsAgo ?? 0);
    this.lines.obey(order.lines, this.#orderedAt);
    // Leases count from when they were asked for: the last summary.
    if (order.lease) this.admission.lease(order.lease, this.#since);
  }

  /** Where a request is counted while it is at the origin. @param tells whether its time there is the origin's doing */
  inFlight(serviceClass: ClassOfService, tells: boolean): InFlightCounter {
    return tells ? this.#residences[serviceClass] : UPLOADS;
  }

  /** Who asks: whether strangers come as a crowd of people does, or as a flood. */
  noteAsker(lane: Lane, asker: Asker, times = 1): void {
    if (lane !== "unknown" && lane !== "cleared") return;
    this.#strangers += times;
    if (asker === "navigation") this.#pages += times;
    else if (asker === "subresource" || asker === "script") this.#parts += times;
  }

  /** Somebody without a ticket was given a page that brings one. */
  noteNewcomer(lane: Lane): void {
    if (lane === "unknown" || lane === "cleared") this.#newcomers++;
  }

  noteSent(serviceClass: ClassOfService, units: number, overdrawn: boolean): void {
    this.#asked++;
    this.#sent[serviceClass] += units;
    if (overdrawn) this.#overdrawn += units;
  }

  noteWanted(serviceClass: ClassOfService, units: number): void {
    this.#wanted[serviceClass] += units;
  }

  noteTurnedAway(units: number): void {
    this.#turnedAway += units;
  }

  /** Wanted as well, but others come first: by somebody who stands in line, or who had much. */
  notePostponed(units: number): void {
    this.#postponed += units;
  }

  /**
   * @param overloaded whether the origin answered that it cannot, or not at all
   * @param askedAt when it was asked, ms since 1970
   */
  noteForwarded(overloaded: boolean, askedAt: number, now: number): void {
    this.#forwarded++;
    if (overloaded) this.#failed++;
    this.admission.noteAnswer(overloaded, askedAt, now);
  }

  /** The figures since the last call; starts anew. */
  summarize(now: number): SiteSummary {
    const residences = this.#residences.map((residence) => residence.collect());
    const summary: SiteSummary = {
      site: this.site.name,
      capacityPerSecond: this.site.capacityPerSecond,
      overMs: this.#since === 0 ? 0 : now - this.#since,
      wanted: this.#wanted,
      turnedAway: this.#turnedAway,
      postponed: this.#postponed,
      forwarded: this.#forwarded,
      failed: this.#failed,
      asked: this.#asked,
      lines: this.lines.collect(now),
      sent: this.#sent,
      overdrawn: this.#overdrawn,
      residenceMs: residences.map(({ ms }) => ms),
      left: residences.map(({ left }) => left),
      strangers: this.#strangers,
      pages: this.#pages,
      parts: this.#parts,
      facilities: this.facilities.collect(),
      newcomers: this.#newcomers,
      lease: this.admission.claim(now),
    };
    // Whoever waits still wants it. Who asks again only when she was answered would else seem to want what she was given.
    this.#wanted = [...this.queued];
    this.#turnedAway = 0;
    this.#postponed = 0;
    this.#forwarded = 0;
    this.#failed = 0;
    this.#asked = 0;
    this.#sent = [0, 0, 0, 0];
    this.#overdrawn = 0;
    this.#strangers = 0;
    this.#pages = 0;
    this.#parts = 0;
    this.#newcomers = 0;
    this.#since = now;
    return summary;
  }
}

function switchedOffBy(modes: readonly Mode[]): SwitchedOffRoutes {
  if (modes.length === 0) return NOTHING_OFF;
  return new Map<string, SwitchedOff>(modes.flatMap((mode) => (mode.kind === "off" ? [[mode.route, mode]] : [])));
}

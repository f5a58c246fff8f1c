/**
 * What went to an origin although there was no room: critical requests of proven clients who had waited two seconds. It is
 * meant, and it is beyond what the origin bears, so operators read of it, once a minute for each site, and see it at
 * /.shield/posture.
 */
import type { SiteSummary } from "../counters/protocol.ts";

const TELL_EVERY_MS = 60_000;
const SITES_MAX = 64;

/** A line for the log. */
export interface OvershootLine {
  readonly event: "origin-overdrawn";
  readonly site: string;
  /** Since the last line, cost units. */
  readonly units: number;
}

/** What operators see of one site. */
export interface OvershootView {
  readonly site: string;
  /** Cost units since the watch began. */
  readonly units: number;
  /** When the last of it was told of, ms since 1970. */
  readonly lastToldAt: number;
}

interface Known {
  units: number;
  /** When the last line was written. */
  toldAt: number;
  all: number;
  lastToldAt: number;
}

export class Overshoot {
  readonly #sites = new Map<string, Known>();

  note(summaries: readonly Pick<SiteSummary, "site" | "overdrawn">[], now: number): readonly OvershootLine[] {
    const lines: OvershootLine[] = [];
    for (const { site, overdrawn = 0 } of summaries) {
      const known = this.#sites.get(site) ?? { units: 0, toldAt: Number.NEGATIVE_INFINITY, all: 0, lastToldAt: 0 };
      if (overdrawn === 0 && known.units === 0) continue;
      if (!this.#sites.has(site) && this.#sites.size >= SITES_MAX) continue;
      this.#sites.set(site, known);
      known.units += overdrawn;
      known.all += overdrawn;
      if (overdrawn > 0) known.lastToldAt = now;
      if (now - known.toldAt < TELL_EVERY_MS) continue;
      lines.push({ event: "origin-overdrawn", site, units: Math.ceil(known.units) });
      Object.assign(known, { units: 0, toldAt: now });
    }
    return lines;
  }

  /** Of sites of which nothing was told there is none. */
  view(): readonly OvershootView[] {
    return [...this.#sites].map(([site, { all, lastToldAt }]) => ({ site, units: Math.ceil(all), lastToldAt }));
  }
}

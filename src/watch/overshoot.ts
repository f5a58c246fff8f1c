/**
 * What went to an origin although there was no room: critical requests of proven clients who had waited two seconds. It is
 * meant, and it is beyond what the origin bears, so operators read of it, once a minute for each site.
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

export class Overshoot {
  readonly #sites = new Map<string, { units: number; toldAt: number }>();

  note(summaries: readonly Pick<SiteSummary, "site" | "overdrawn">[], now: number): readonly OvershootLine[] {
    const lines: OvershootLine[] = [];
    for (const { site, overdrawn = 0 } of summaries) {
      const known = this.#sites.get(site) ?? { units: 0, toldAt: Number.NEGATIVE_INFINITY };
      if (overdrawn === 0 && known.units === 0) continue;
      if (!this.#sites.has(site) && this.#sites.size >= SITES_MAX) continue;
      this.#sites.set(site, known);
      known.units += overdrawn;
      if (now - known.toldAt < TELL_EVERY_MS) continue;
      lines.push({ event: "origin-overdrawn", site, units: Math.ceil(known.units) });
      Object.assign(known, { units: 0, toldAt: now });
    }
    return lines;
  }
}

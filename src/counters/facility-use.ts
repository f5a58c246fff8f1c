/**
 * How much comes from registered facilities without proof of its own: what their registration lets in. Told with each site's
 * summary, so that the watch sees when it is far more than usual (watch/facility-watch.ts).
 */
import type { Identity } from "../identity/identity.ts";

export interface FacilityUse {
  readonly facility: string;
  readonly seats: number;
  /** Requests since the last report. */
  readonly requests: number;
  /** Its registration has ended: who comes from there is a stranger. */
  readonly expired: boolean;
}

/** Whose network it is, and whose it was until the registration ended. */
export type Registered = Pick<Identity, "facility" | "lapsed">;

/** One site in one isolate. As many entries as the rules have facilities, at the most. */
export class FacilityUses {
  #uses = new Map<string, FacilityUse>();

  note({ facility, lapsed }: Registered): void {
    const who = facility ?? lapsed;
    if (who === null) return;
    const requests = (this.#uses.get(who.name)?.requests ?? 0) + 1;
    this.#uses.set(who.name, { facility: who.name, seats: who.seats, requests, expired: facility === null });
  }

  /** The figures since the last call; starts anew. */
  collect(): readonly FacilityUse[] {
    if (this.#uses.size === 0) return NO_USES;
    const uses = [...this.#uses.values()];
    this.#uses = new Map();
    return uses;
  }
}

const NO_USES: readonly FacilityUse[] = [];

export function addUses(
  a: readonly FacilityUse[] = NO_USES,
  b: readonly FacilityUse[] = NO_USES,
): readonly FacilityUse[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const sum = new Map(a.map((use) => [use.facility, use]));
  for (const use of b)
    sum.set(use.facility, { ...use, requests: use.requests + (sum.get(use.facility)?.requests ?? 0) });
  return [...sum.values()];
}

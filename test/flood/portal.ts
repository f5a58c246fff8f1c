/** The questions that the demo portal answers about itself: what it holds and how loaded it was. */

export interface LoadRow {
  /** Unix time, s. */
  readonly second: number;
  /** Cost units that came, and those that were served. */
  readonly offeredUnits: number;
  readonly servedUnits: number;
  /** Requests, not units. */
  readonly failed: number;
}

export interface PortalState {
  /** Unix time, ms: another one means that the portal was started anew and has forgotten what it held. */
  readonly openedAt: number;
  /** As the portal keeps them; every field of the form is in there. */
  readonly prescriptions: readonly Record<string, unknown>[];
  readonly load: {
    /** Units a second that the portal bears. */
    readonly capacityPerSecond: number;
    readonly series: readonly LoadRow[];
  };
}

/** How long one question may take, ms. */
const PATIENCE_MS = 5000;
const ASK_EVERY_MS = 500;

/** @throws when the portal does not answer */
export async function readState(portal: URL): Promise<PortalState> {
  const response = await fetch(new URL("/.portal/state", portal), { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`the portal answered ${response.status} about its state`);
  return (await response.json()) as PortalState;
}

/** Forgets all prescriptions, sessions and load. */
export async function resetPortal(portal: URL): Promise<void> {
  const response = await fetch(new URL("/.portal/reset", portal), {
    method: "POST",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new Error(`the portal answered ${response.status} to a reset`);
}

/** Lets the portal bear so many units a second from now on. @throws when it does not answer */
export async function setCapacity(portal: URL, perSecond: number): Promise<void> {
  const response = await fetch(new URL("/.portal/capacity", portal), {
    method: "POST",
    body: JSON.stringify({ perSecond }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new Error(`the portal answered ${response.status} about its capacity`);
}

/** True once an ordinary page of the portal comes quickly again; false when it did not within `patienceMs`. */
export async function recovered(portal: URL, patienceMs: number): Promise<boolean> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const ok = await fetch(portal, { signal: AbortSignal.timeout(1000) }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
    if (ok) return true;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return false;
}

/** How often a prescription with this mark is held. */
export function timesHeld({ prescriptions }: PortalState, mark: string): number {
  return prescriptions.filter((prescription) => JSON.stringify(prescription).includes(mark)).length;
}

export interface OriginLoad {
  readonly capacityPerSecond: number;
  readonly peakPerSecond: number;
  readonly meanPerSecond: number;
  /** Share of the seconds in which more came than the portal bears. */
  readonly overloadedShare: number;
}

/** @param from Unix times, s: the first second that counts, and the one after the last */
export function summarizeLoad({ load }: PortalState, from: number, to: number): OriginLoad {
  const bySecond = new Map(load.series.map((row) => [row.second, row.offeredUnits]));
  const units = Array.from({ length: Math.max(0, to - from) }, (_, i) => bySecond.get(from + i) ?? 0);
  const seconds = Math.max(1, units.length);
  return {
    capacityPerSecond: load.capacityPerSecond,
    peakPerSecond: Math.max(0, ...units),
    meanPerSecond: units.reduce((sum, each) => sum + each, 0) / seconds,
    overloadedShare: units.filter((each) => each > load.capacityPerSecond).length / seconds,
  };
}

/** A run in spans of time: a picture has room for some hundreds, a table for a dozen. Rates are means, strain is the worst. */
import { POSTURES } from "../../../src/policy/verdict.ts";
import type { FloodResult, SecondOfRun } from "../result.ts";

export interface Span {
  /** s from the start; `toS` is excluded. */
  readonly fromS: number;
  readonly toS: number;
  /** Mean requests per second. */
  readonly clinicians: number;
  readonly residents: number;
  readonly machines: number;
  readonly attackers: number;
  /** The same, of those that were served. */
  readonly served: { readonly clinicians: number; readonly residents: number; readonly machines: number };
  readonly peopleServed: number;
  readonly peopleFailed: number;
  readonly floodReachedOrigin: number;
  readonly floodStopped: ReadonlyMap<string, number>;
  /** Sent, but neither stopped nor at the portal within the same second: under way, given up or never answered. */
  readonly floodUnanswered: number;
  /** Share of clinicians' requests served, 0 to 1; null when they sent none. */
  readonly cliniciansServed: number | null;
  /** The worst second's, ms. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Cost units per second: the worst second, and the worst mean over the 10 s before. */
  readonly originUnits: number;
  readonly originUnits10s: number;
  /** The least that the origin bore; null where it always bore the same. */
  readonly originCapacity: number | null;
  /** The least that the watch allowed; null where that is not known. */
  readonly originAllowed: number | null;
  /** The strictest. */
  readonly posture: string | null;
}

/** What the mean load of the portal is taken over, s. */
const MEAN_OVER_S = 10;

export function spansOf({ series }: FloodResult, most: number): readonly Span[] {
  const means = meansOver10s(series);
  const length = Math.max(1, Math.ceil(series.length / most));
  return Array.from({ length: Math.ceil(series.length / length) }, (_, i) => {
    const from = i * length;
    return spanOf(series.slice(from, from + length), means.slice(from, from + length));
  });
}

function spanOf(seconds: readonly SecondOfRun[], means: readonly number[]): Span {
  const mean = (of: (second: SecondOfRun) => number) => seconds.reduce((sum, s) => sum + of(s), 0) / seconds.length;
  const kinds = new Set(seconds.flatMap(({ attackers }) => Object.keys(attackers.stopped)));
  const floodStopped = new Map([...kinds].map((kind) => [kind, mean((s) => s.attackers.stopped[kind] ?? 0)]));
  const served = {
    clinicians: mean((s) => s.clinicians.ok),
    residents: mean((s) => s.residents.ok),
    machines: mean((s) => s.machines.ok),
  };
  const clinicians = served.clinicians + mean((s) => s.clinicians.failed);
  const residents = served.residents + mean((s) => s.residents.failed);
  const machines = served.machines + mean((s) => s.machines.failed);
  const peopleServed = served.clinicians + served.residents + served.machines;
  const attackers = mean((s) => s.attackers.sent);
  const floodReachedOrigin = mean((s) => s.attackers.reachedOrigin);
  const settled = [...floodStopped.values()].reduce((sum, value) => sum + value, floodReachedOrigin);
  return {
    fromS: seconds[0]?.second ?? 0,
    toS: (seconds.at(-1)?.second ?? 0) + 1,
    clinicians,
    residents,
    machines,
    attackers,
    served,
    peopleServed,
    peopleFailed: mean((s) => s.clinicians.failed + s.residents.failed + s.machines.failed),
    floodReachedOrigin,
    floodStopped,
    floodUnanswered: Math.max(0, attackers - settled),
    cliniciansServed: clinicians > 0 ? served.clinicians / clinicians : null,
    p50Ms: worst(seconds.map((s) => s.clinicians.p50Ms)),
    p95Ms: worst(seconds.map((s) => s.clinicians.p95Ms)),
    originUnits: Math.max(...seconds.map((s) => s.originUnits)),
    originUnits10s: Math.max(...means),
    originCapacity: least(seconds.map((s) => s.originCapacity)),
    originAllowed: least(seconds.map((s) => s.originAllowed)),
    posture: strictest(seconds.map((s) => s.posture)),
  };
}

function meansOver10s(series: readonly SecondOfRun[]): readonly number[] {
  let sum = 0;
  return series.map(({ originUnits }, i) => {
    sum += originUnits - (series[i - MEAN_OVER_S]?.originUnits ?? 0);
    return sum / Math.min(i + 1, MEAN_OVER_S);
  });
}

function least(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

function worst(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** A posture that the shield does not know yet counts as the strictest. */
function strictest(postures: readonly (string | null)[]): string | null {
  const names: readonly string[] = POSTURES;
  const rank = (posture: string) => {
    const known = names.indexOf(posture);
    return known === -1 ? POSTURES.length : known;
  };
  return postures
    .filter((posture) => posture !== null)
    .reduce<string | null>((most, posture) => (most === null || rank(posture) > rank(most) ? posture : most), null);
}

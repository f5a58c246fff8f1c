/** From what a run counted to its result. */
import { TALLY_BYTES } from "../../../src/counters/tally.ts";
import { CLINIC_GROUPS, type Clinic } from "./clinic.ts";
import type { Flood } from "./flood.ts";
import { type GroupTally, share } from "./groups.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { KeyAudit, KeyReport } from "./key-audit.ts";
import type { Objects } from "./objects.ts";
import type { ModelOrigin } from "./origin.ts";
import type { ModelFigures, ModelGroup, ModelResult } from "./result.ts";
import type { ModelScenario } from "./scenario.ts";

const PER_1000_FROM_RPS = 5000;
/** The origin bears its load when no second of the next five asks for more than this share of its capacity. */
const CALM_SHARE = 1;
const CALM_FOR_S = 5;

/** When the posture rose, ms from the start of the flood. */
export interface Elevation {
  watchMs: number | null;
  halfMs: number | null;
  nearlyAllMs: number | null;
}

export interface Run {
  readonly scenario: ModelScenario;
  readonly seed: number;
  readonly scale: number;
  readonly batch: number;
  readonly compare: boolean;
  readonly flood: Flood;
  readonly clinic: Clinic | null;
  readonly isolates: readonly ModelIsolate[];
  readonly audit: KeyAudit;
  readonly objects: Objects;
  readonly origin: ModelOrigin;
  readonly elevation: Elevation;
  readonly endMs: number;
  readonly endedAtS: number;
  readonly ledgerBytes: number;
  readonly wallS: number;
}

export function summarizeRun(run: Run): ModelResult {
  const { scenario, flood, origin, objects, elevation, clinic } = run;
  const { calmS, floodS, afterS } = scenario;
  const durationS = calmS + floodS + afterS;
  const attackRps = flood.requests / Math.max(1, Math.min(floodS, run.endedAtS - calmS));
  const units = [...origin.units].slice(calmS, Math.min(calmS + floodS, run.endedAtS));
  const attacking = !scenario.people;
  const awake = run.isolates.filter(({ wokenAt }) => wokenAt > 0);
  const isolateSeconds = awake.reduce((sum, { wokenAt }) => sum + (run.endMs - wokenAt) / 1000, 0);
  const stopped = Object.fromEntries(Object.entries(flood.stopped).filter(([kind]) => kind !== "allow"));
  const groups = (of: "clinicians" | "machines" | "residents"): ModelGroup => ({
    ...groupResult(clinic?.groups[of]),
    byLane: Object.fromEntries(
      CLINIC_GROUPS.filter((group) => group.of === of).map(({ name }) => [name, groupResult(clinic?.byLane.get(name))]),
    ),
  });
  return {
    scenario: scenario.name,
    seed: run.seed,
    scale: run.scale,
    clock: "model",
    shield: true,
    isolates: scenario.isolates,
    durationS: run.endedAtS,
    attackS: [calmS, calmS + floodS],
    sound: run.endedAtS === durationS,
    remark: run.endedAtS === durationS ? "" : `ended early, after ${run.endedAtS} of ${durationS} s`,
    clinicians: groups("clinicians"),
    residents: groups("residents"),
    machines: { ...groups("machines"), htmlOrRedirects: null },
    attackers: {
      requests: attacking ? flood.requests : 0,
      reachedOrigin: attacking ? flood.reached : 0,
      stopped: attacking ? complement(share(flood.laterReached, flood.laterRequests)) : null,
      stoppedFirst30s: attacking
        ? complement(share(flood.reached - flood.laterReached, flood.requests - flood.laterRequests))
        : null,
      solved: attacking ? flood.solved : 0,
      byAnswer: attacking ? stopped : {},
    },
    origin: {
      capacityRps: origin.capacityPerSecond,
      peak1sRps: peakOver(units, 1),
      peak10sRps: peakOver(units, 10),
      meanRps: mean(units),
      baselineRps: calmS > 0 ? mean([...origin.units].slice(0, calmS)) : null,
    },
    times: {
      detectedAfterMs: elevation.watchMs,
      mitigatedAfterMs: mitigatedAfterMs(units, origin.capacityPerSecond),
      recoveredAfterMs: null,
    },
    durableObjects: {
      calls: objects.calls,
      callsPerIsolateSecond: objects.calls / isolateSeconds,
      callsPer1000AttackRequests:
        attacking && attackRps >= PER_1000_FROM_RPS ? (1000 * objects.calls) / flood.requests : null,
      peakCallsPerShardPerSecond: peakOfShards(objects),
    },
    postsLost: null,
    verdict: null,
    rules: [...flood.reasons]
      .sort((a, b) => b[1] - a[1])
      .map(([name, matched]) => ({ name, matched, ofWhichClinicians: null })),
    series: seriesOf(run),
    model: figures(run, awake.length, isolateSeconds, units),
  };
}

function figures(run: Run, awake: number, isolateSeconds: number, units: readonly number[]): ModelFigures {
  const { scenario, objects, flood, elevation } = run;
  const keys = run.audit.overBudget(run.endMs);
  const known = keys.flatMap(({ newsMs }) => (newsMs === null ? [] : [newsMs / 1000])).sort((a, b) => a - b);
  const shares = keys.map(shareOfBound);
  const calls = objects.shards.map((shard) => shard.calls);
  const allCalls = calls.reduce((sum, each) => sum + each, 0);
  return {
    locations: scenario.locations,
    sources: scenario.sources,
    isolatesAwake: awake,
    batch: run.batch,
    overAdmission: {
      keys: keys.length,
      worst: keys[0] ?? null,
      worstShareOfBound: shares.length === 0 ? null : shares.reduce((worst, each) => Math.max(worst, each), 0),
      keysBeyondProvenBound: keys.filter(
        ({ overUnits, provenBoundUnits }) => overUnits > Math.max(0.5, provenBoundUnits),
      ).length,
      keysBeyondBound: shares.filter((each) => each > 1).length,
      admittedUnits: keys.reduce((sum, { admittedUnits }) => sum + admittedUnits, 0),
      budgetUnits: keys.reduce((sum, { budgetUnits }) => sum + budgetUnits, 0),
    },
    newsS: {
      keys: known.length,
      p50: quantile(known, 0.5),
      p99: quantile(known, 0.99),
      max: known.at(-1) ?? null,
      notEverywhere: keys.filter(({ ignorantIsolates }) => ignorantIsolates > 0).length,
    },
    exchange: {
      calls: objects.exchanges,
      perIsolateSecond: objects.exchanges / isolateSeconds,
      keysPerCall: objects.keysReported / Math.max(1, objects.exchanges),
      merges: objects.merges,
      reports: objects.reports,
      puzzlesSpent: objects.puzzlesSpent,
      refused: objects.shards.reduce((sum, { refused }) => sum + refused, objects.watch.refused),
      failedHandovers: objects.failedHandovers,
      perShardSecond: { mean: allCalls / calls.length / run.endedAtS, peak: peakOfShards(objects) },
      watchPeakPerSecond: objects.watch.callsBySecond.reduce((peak, each) => Math.max(peak, each), 0),
      busiestShardShare: Math.max(...objects.shards.map(({ busyMs }) => busyMs)) / (run.endedAtS * 1000),
      longestQueueMs: Math.max(...objects.shards.map(({ longestQueueMs }) => longestQueueMs)),
    },
    elevated: {
      watchMs: elevation.watchMs,
      halfOfIsolatesMs: elevation.halfMs,
      nearlyAllIsolatesMs: elevation.nearlyAllMs,
    },
    originUnits: {
      mean: mean(units),
      peak1s: peakOver(units, 1),
      peak10s: peakOver(units, 10),
      first10s: mean(units.slice(0, 10)),
    },
    kept: flood.kept,
    memory: {
      ledgerBytes: run.ledgerBytes,
      tallyBytesInProduction: TALLY_BYTES,
      modelRssBytes: process.memoryUsage.rss(),
    },
    memoised: run.compare ? { compared: flood.compared, different: flood.different } : null,
    wallS: run.wallS,
  };
}

/** A key that one isolate alone sees may pass nothing beyond its budget; half a unit is arithmetic. */
function shareOfBound({ overUnits, boundUnits }: KeyReport): number {
  return overUnits <= 0.5 ? 0 : overUnits / boundUnits;
}

function groupResult(group: GroupTally | undefined): Omit<ModelGroup, "byLane"> {
  return {
    requests: group?.requests ?? 0,
    succeeded: group?.succeeded ?? 0,
    success: group ? share(group.laterSucceeded, group.laterRequests) : null,
    first30s: group ? share(group.firstSucceeded, group.firstRequests) : null,
    worst5min: null,
    challenged: group?.challenged ?? 0,
    blocked: group?.blocked ?? 0,
    tasks: null,
    addedLatencyMs: {
      p50: group?.waitedMs(0.5) ?? null,
      p95: group?.waitedMs(0.95) ?? null,
      p99: group?.waitedMs(0.99) ?? null,
    },
  };
}

function seriesOf({ flood, origin, clinic, endedAtS }: Run): ModelResult["series"] {
  const at = (bins: Uint32Array | Float64Array | undefined, second: number): number => bins?.[second] ?? 0;
  return Array.from({ length: endedAtS }, (_, second) => {
    const of = (group: GroupTally | undefined) => ({
      ok: at(group?.okBySecond, second),
      failed: at(group?.failedBySecond, second),
    });
    const sent = at(flood.sentBySecond, second);
    const reachedOrigin = at(flood.reachedBySecond, second);
    return {
      second,
      attackers: { sent, reachedOrigin, stopped: { all: sent - reachedOrigin } },
      clinicians: { ...of(clinic?.groups.clinicians), p50Ms: null, p95Ms: null },
      residents: of(clinic?.groups.residents),
      machines: of(clinic?.groups.machines),
      originUnits: at(origin.units, second),
      posture: null,
    };
  });
}

/** Start of the first seconds in which the origin is asked for no more than it bears, ms from the start of the flood. */
function mitigatedAfterMs(units: readonly number[], capacity: number): number | null {
  for (let from = 0; from + CALM_FOR_S <= units.length; from++)
    if (units.slice(from, from + CALM_FOR_S).every((each) => each <= CALM_SHARE * capacity)) return from * 1000;
  return null;
}

function peakOfShards({ shards }: Objects): number {
  return shards.reduce(
    (peak, { callsBySecond }) => callsBySecond.reduce((most, each) => Math.max(most, each), peak),
    0,
  );
}

function peakOver(values: readonly number[], seconds: number): number {
  const window = Math.min(seconds, values.length);
  let peak = 0;
  for (let from = 0; from + window <= values.length; from++)
    peak = Math.max(peak, mean(values.slice(from, from + window)));
  return peak;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}

function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? null;
}

function complement(part: number | null): number | null {
  return part === null ? null : 1 - part;
}

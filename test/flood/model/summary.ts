/** From what a run counted to its result. What both clocks know is measured by the same arithmetic, in ../measure.ts. */
import { TALLY_BYTES } from "../../../src/counters/tally.ts";
import type { Group, Journal } from "../journal.ts";
import type { LabScenario } from "../lab-scenario.ts";
import {
  capacitiesOf,
  describeSeconds,
  measureAttackers,
  measureGroup,
  measureObjectCalls,
  measureOrigin,
  measureTimes,
  type Span,
} from "../measure.ts";
import type { BudgetWatch } from "../over-admission.ts";
import type { Crowd } from "./crowd.ts";
import type { Flood } from "./flood.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { KeyAudit, KeyReport } from "./key-audit.ts";
import type { Objects } from "./objects.ts";
import type { ModelOrigin } from "./origin.ts";
import type { ModelFigures, ModelResult } from "./result.ts";
import type { World } from "./world.ts";

/** When the posture rose, ms from the start of the flood. */
export interface Elevation {
  watchMs: number | null;
  halfMs: number | null;
  nearlyAllMs: number | null;
}

export interface Run {
  readonly scenario: LabScenario;
  readonly seed: number;
  readonly scale: number;
  readonly world: World;
  readonly batch: number;
  readonly compare: boolean;
  readonly calmS: number;
  readonly attackS: number;
  readonly afterS: number;
  readonly startMs: number;
  readonly journal: Journal;
  readonly budgets: BudgetWatch;
  readonly floods: readonly Flood[];
  readonly crowds: readonly Crowd[];
  readonly isolates: readonly ModelIsolate[];
  readonly audit: KeyAudit;
  readonly objects: Objects;
  readonly origin: ModelOrigin;
  readonly elevation: Elevation;
  readonly postures: readonly (string | null)[];
  /** What the watch gave the origin last in each second, units a second; 0 where it said nothing. */
  readonly allowedBySecond: Float64Array;
  readonly endedAtS: number;
  readonly ledgerBytes: number;
  readonly wallS: number;
}

export function summarizeRun(run: Run): ModelResult {
  const { scenario, journal, origin, objects, calmS, attackS, afterS, endedAtS, world } = run;
  const attackToS = Math.min(calmS + attackS, endedAtS);
  const span: Span = { attackFromMs: calmS * 1000, attackToMs: attackToS * 1000, endMs: endedAtS * 1000 };
  const units = [...origin.units].slice(0, endedAtS);
  const group = (name: Group) =>
    measureGroup(
      journal.wishes.filter((wish) => wish.group === name),
      journal.tasks.get(name) ?? { started: 0, completed: 0 },
      span,
    );
  const atPortal = (fromMs: number, toMs: number) =>
    run.floods.reduce((sum, { reachedBySecond }) => {
      const seconds = reachedBySecond.subarray(Math.floor(fromMs / 1000), Math.ceil(toMs / 1000));
      return sum + seconds.reduce((all, each) => all + each, 0);
    }, 0);
  const attackers = measureAttackers(journal, span, atPortal);
  const residents = group("residents");
  const isEarly = endedAtS < calmS + attackS + afterS;
  const awake = run.isolates.filter(({ wokenAt }) => wokenAt > 0).length;
  return {
    scenario: scenario.name,
    seed: run.seed,
    scale: run.scale,
    clock: "model",
    shield: true,
    isolates: world.isolates,
    durationS: endedAtS,
    attackS: [calmS, attackToS],
    sound: true,
    remark: isEarly ? `ended early, after ${endedAtS} of ${calmS + attackS + afterS} s: partial` : "",
    clinicians: group("clinicians"),
    residents: { ...residents, byLane: { ...residents.byLane, ...group("robots").byLane } },
    // The model knows verdicts, not bytes, and its origin keeps no forms.
    machines: { ...group("machines"), htmlOrRedirects: null },
    attackers,
    overAdmission: run.budgets.measure(),
    origin: measureOrigin(units, origin.capacityPerSecond, span),
    times: measureTimes(journal, units, origin.capacityPerSecond, span),
    durableObjects: measureObjectCalls(
      { ...callsIn(run, calmS, attackToS), peak: peakOfShards(objects) },
      awake,
      attackers.requests,
      attackToS - calmS,
    ),
    postsLost: null,
    postsSent: null,
    verdict: null,
    rules: reasonsOf(run),
    series: describeSeconds(
      journal,
      {
        units,
        postures: run.postures,
        allowed: [...run.allowedBySecond].map((allowed) => allowed || undefined),
        capacities: capacitiesOf(scenario, origin.capacityPerSecond, span),
      },
      span,
      atPortal,
    ),
    model: figures(run, awake),
  };
}

/** Calls that came during the attack: of all objects, and those that isolates made. */
function callsIn({ objects }: Run, fromS: number, toS: number): { calls: number; fromIsolates: number } {
  const sum = (bins: Uint32Array) => bins.subarray(fromS, toS).reduce((all, each) => all + each, 0);
  const calls = [...objects.shards, objects.watch].reduce((all, { callsBySecond }) => all + sum(callsBySecond), 0);
  return { calls, fromIsolates: sum(objects.fromIsolatesBySecond) };
}

function reasonsOf({ floods }: Run): ModelResult["rules"] {
  const matched = new Map<string, number>();
  for (const { reasons } of floods)
    for (const [name, count] of reasons) matched.set(name, (matched.get(name) ?? 0) + count);
  return [...matched]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => ({ name, matched: count, ofWhichClinicians: null }));
}

function figures(run: Run, awake: number): ModelFigures {
  const { world, objects, floods, elevation, startMs, endedAtS } = run;
  const keys = run.audit.overBudget(startMs + endedAtS * 1000);
  const known = keys.flatMap(({ newsMs }) => (newsMs === null ? [] : [newsMs / 1000])).sort((a, b) => a - b);
  const shares = keys.map(shareOfBound);
  const calls = objects.shards.map((shard) => shard.calls);
  const isolateSeconds = run.isolates.reduce(
    (sum, { wokenAt }) => sum + (wokenAt === 0 ? 0 : endedAtS - (wokenAt - startMs) / 1000),
    0,
  );
  return {
    locations: world.locations,
    sources: run.crowds.reduce((sum, { sources }) => sum + sources.length, 0),
    isolatesAwake: awake,
    batch: run.batch,
    overAdmission: {
      keys: keys.length,
      worst: keys[0] ?? null,
      worstShareOfBound: shares.length === 0 ? null : shares.reduce((worst, each) => Math.max(worst, each), 0),
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
      perIsolateSecond: objects.exchanges / Math.max(1, isolateSeconds),
      keysPerCall: objects.keysReported / Math.max(1, objects.exchanges),
      merges: objects.merges,
      reports: objects.reports,
      puzzlesSpent: objects.puzzlesSpent,
      strictGrants: objects.grants,
      refused: objects.shards.reduce((sum, { refused }) => sum + refused, objects.watch.refused),
      failedHandovers: objects.failedHandovers,
      perShardSecond: {
        mean: calls.reduce((sum, each) => sum + each, 0) / calls.length / endedAtS,
        peak: peakOfShards(objects),
      },
      watchPeakPerSecond: objects.watch.callsBySecond.reduce((peak, each) => Math.max(peak, each), 0),
      busiestShardShare: Math.max(...objects.shards.map(({ busyMs }) => busyMs)) / (endedAtS * 1000),
      longestQueueMs: Math.max(...objects.shards.map(({ longestQueueMs }) => longestQueueMs)),
    },
    elevated: {
      watchMs: elevation.watchMs,
      halfOfIsolatesMs: elevation.halfMs,
      nearlyAllIsolatesMs: elevation.nearlyAllMs,
    },
    kept: floods.reduce((sum, { copies }) => sum + copies, 0),
    memory: {
      ledgerBytes: run.ledgerBytes,
      tallyBytesInProduction: TALLY_BYTES,
      modelRssBytes: process.memoryUsage.rss(),
    },
    memoised: run.compare
      ? {
          compared: floods.reduce((sum, { compared }) => sum + compared, 0),
          different: floods.reduce((sum, { different }) => sum + different, 0),
        }
      : null,
    wallS: run.wallS,
  };
}

/** A key that one isolate alone sees may pass nothing beyond its budget; half a unit is arithmetic. */
function shareOfBound({ overUnits, boundUnits }: KeyReport): number {
  return overUnits <= 0.5 ? 0 : overUnits / boundUnits;
}

function peakOfShards({ shards }: Objects): number {
  return shards.reduce(
    (peak, { callsBySecond }) => callsBySecond.reduce((most, each) => Math.max(most, each), peak),
    0,
  );
}

function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? null;
}

/**
 * `runModel`: one scenario under a virtual clock, at any size of the world. The decision, the tallies, the purses, the
 * exchange, the shards, the lookout and the admission are the product's own; the network, the origin and the crowds around
 * them are models. Scenarios and the clinic are those of the real clock.
 *
 * The trade-offs accepted: a request takes no time on its way to the edge; isolates are never evicted; verdicts of `decide`
 * are asked once for each kind of request of a flood and remembered, as it is pure (`compare` proves it request by request).
 */
import { BYTES_PER_ENTRY } from "../../../src/counters/ledger.ts";
import { SHARD_COUNT } from "../../../src/counters/shard.ts";
import { compile } from "../../../src/policy/compile.ts";
import type { Rules } from "../../../src/policy/language.ts";
import { POSTURES, type Posture } from "../../../src/policy/verdict.ts";
import ownRules from "../../../src/rules.ts";
import type { SipKey } from "../../../src/siphash.ts";
import { CLINIC } from "../clinic.ts";
import { Journal } from "../journal.ts";
import { assertHarmless, capacityShareAt, type LabScenario } from "../lab-scenario.ts";
import type { LiveSecond } from "../live.ts";
import { BudgetWatch } from "../over-admission.ts";
import { LOCATIONS } from "../places.ts";
import { Random } from "../random.ts";
import type { ArrivalKind } from "./arrivals.ts";
import { startWork } from "./cast.ts";
import { VirtualClock } from "./clock.ts";
import { Crowd } from "./crowd.ts";
import { Flood } from "./flood.ts";
import { Geography } from "./geography.ts";
import { type IsolateOptions, ModelIsolate } from "./isolate.ts";
import { KeyAudit } from "./key-audit.ts";
import { Objects } from "./objects.ts";
import { ModelOrigin } from "./origin.ts";
import type { ModelResult } from "./result.ts";
import { type Elevation, summarizeRun } from "./summary.ts";
import { Way } from "./way.ts";
import { firstIsolateOf, WHOLE_WORLD, type World } from "./world.ts";

/** Sets of eight are all but never full when this many entries are there for each key. */
const ENTRIES_PER_KEY = 8;
const ENTRIES_MIN = 512;
/** What a tally of production holds. */
const ENTRIES_MAX = 2 ** 18;
const POSTURE_EVERY_MS = 100;
const DEMO_HOST = "portal.example.lv";
/** As in real/run.ts: each crew has chances of its own. */
const SEEDS_PER_RUN = 1000;

export const MODEL_TIMES = { calmS: 5, attackS: 45, afterS: 5 } as const;

export interface ModelOptions {
  readonly seed: number;
  /** Divides sources, their rates, and isolates and locations of the world. Default 1. */
  readonly scale?: number;
  /** Default: the whole world divided by the scale. */
  readonly world?: World;
  readonly calmS?: number;
  readonly attackS?: number;
  readonly afterS?: number;
  /** One event stands for so many identical requests. Default 1. */
  readonly batch?: number;
  readonly arrivals?: ArrivalKind;
  /** Decides every request anew as well and compares: for checking, slow. */
  readonly compare?: boolean;
  /** Whether doctors, practices and residents are at work. Default true. */
  readonly clinic?: boolean;
  /** Default: the product's own rules. */
  readonly rules?: Rules;
  /** Seconds of the flood between which all Durable Objects are out of reach; they come back empty. */
  readonly outage?: { readonly fromS: number; readonly toS: number } | undefined;
  readonly onSecond?: (second: LiveSecond) => void;
  readonly stop?: AbortSignal;
}

/** @throws {Error} with a sentence when no virtual clock can play the scenario */
export async function runModel(scenario: LabScenario, options: ModelOptions): Promise<ModelResult> {
  if (scenario.noModel !== undefined) throw new Error(`${scenario.name} has no model: ${scenario.noModel}.`);
  assertHarmless(scenario);
  const startedAt = performance.now();
  const { seed, scale = 1, batch = 1 } = options;
  if (!(scale > 0)) throw new RangeError("the scale is above 0");
  const { calmS, attackS, afterS } = { ...MODEL_TIMES, ...defined(options) };
  const world = options.world ?? worldAt(scale);
  const policy = compile(options.rules ?? ownRules);
  const site = policy.siteOf.get(DEMO_HOST);
  if (!site) throw new Error(`the rules know no site ${DEMO_HOST}`);
  const seconds = calmS + attackS + afterS;
  const random = new Random(seed);
  const clock = new VirtualClock();
  const startMs = clock.now;
  const attackFromMs = startMs + calmS * 1000;
  const elevation: Elevation = { watchMs: null, halfMs: null, nearlyAllMs: null };
  const journal = new Journal(() => clock.now - startMs);
  const budgets = new BudgetWatch(policy, startMs);

  const { distances, locations } = world;
  const near = Math.min(LOCATIONS.length, locations);
  const geography = new Geography(locations, near, SHARD_COUNT + 1, distances, random.fork());
  const ordered = new Map<string, Posture>();
  const allowedBySecond = new Float64Array(seconds + 1);
  const onOrders = (name: string, posture: Posture, allowedPerSecond: number): void => {
    if (name === site.name) allowedBySecond[Math.floor((clock.now - startMs) / 1000)] = allowedPerSecond;
    ordered.set(name, posture);
    if (posture !== "normal" && clock.now >= attackFromMs) elevation.watchMs ??= clock.now - attackFromMs;
  };
  const objects = new Objects({ clock, geography, random: random.fork(), locations, seconds, onOrders });
  const key = sipKeyOf(random.fork());
  const audit = new KeyAudit(world.isolates, key);
  const onTold: KeyAudit["told"] = (...news) => audit.told(...news);
  const onAnswered: KeyAudit["answered"] = (...news) => audit.answered(...news);
  const crowds = scenario.crews.map(
    (crew, n) =>
      new Crowd({
        ...{ crew, scale, attackS, world, policy, audit, batch },
        seed: seed * SEEDS_PER_RUN + n,
        now: startMs,
      }),
  );
  const entries = entriesFor(crowds, world, attackS);
  const common = { sites: policy.sites, key, entries, clock, objects, onTold, onAnswered };
  const isolates = makeIsolates(world, common, random.fork());
  const origin = new ModelOrigin(site.capacityPerSecond, clock, seconds);
  const way = new Way(clock, origin);
  const edge = { clock, policy, world, isolates, way };
  const clinicRandom = random.fork();
  if (options.clinic !== false)
    startWork(CLINIC, scenario.surge, { calmMs: calmS * 1000, attackMs: attackS * 1000 }, edge, journal, clinicRandom);
  const floods = crowds.map(
    (crowd) =>
      new Flood({
        ...{ clock, startMs, attackFromMs, policy, crowd, isolates, audit, budgets, journal, way, batch },
        attackToMs: attackFromMs + attackS * 1000,
        solving: world.solving,
        random: random.fork(),
        arrivals: options.arrivals ?? "poisson",
        compare: options.compare ?? false,
      }),
  );

  const postures: (string | null)[] = [];
  let endedAtS = seconds;
  for (let ms = 1; ms <= seconds * 1000; ms++) {
    if (clock.tick()) await clock.settled();
    for (const flood of floods) flood.tick();
    if (ms % POSTURE_EVERY_MS === 0) noteElevation(isolates, clock.now, attackFromMs, elevation);
    if (options.outage && ms === (calmS + options.outage.fromS) * 1000) objects.goDown();
    if (options.outage && ms === (calmS + options.outage.toS) * 1000) objects.comeBack();
    if (ms % 1000 !== 0) continue;
    origin.bear(capacityShareAt(scenario.ailing, ms / 1000 - calmS, attackS));
    const second = ms / 1000 - 1;
    postures[second] = strictest([...ordered.values()]);
    options.onSecond?.(describe(second, { calmS, attackS }, journal, origin, postures[second] ?? null));
    if (!options.stop?.aborted) continue;
    endedAtS = ms / 1000;
    break;
  }

  return summarizeRun({
    ...{ scenario, seed, scale, world, batch, calmS, attackS, afterS, startMs, journal, budgets, floods, crowds },
    ...{ isolates, audit, objects, origin, elevation, postures, allowedBySecond, endedAtS },
    compare: options.compare ?? false,
    ledgerBytes: isolates.length * entries * BYTES_PER_ENTRY,
    wallS: (performance.now() - startedAt) / 1000,
  });
}

/** A part of the world: as many of its isolates and locations as of the sources. */
export function worldAt(scale: number, world: World = WHOLE_WORLD): World {
  const isolates = Math.max(1, Math.round(world.isolates / scale));
  return { ...world, isolates, locations: Math.min(world.locations, isolates) };
}

function defined({ calmS, attackS, afterS }: ModelOptions) {
  return {
    ...(calmS === undefined ? {} : { calmS }),
    ...(attackS === undefined ? {} : { attackS }),
    ...(afterS === undefined ? {} : { afterS }),
  };
}

function sipKeyOf(random: Random): SipKey {
  const word = (): number => random.integer(0, 2 ** 31 - 1);
  return [word(), word(), word(), word()];
}

/** Each stream is counted by its address, and by its prefix or its clearance; of sources that rotate each request is. */
function entriesFor(crowds: readonly Crowd[], { isolates }: World, attackS: number): number {
  const keys = crowds.reduce((sum, { sourceOf }) => sum + 2 * sourceOf.length, 0) / isolates;
  const rotating = crowds.filter(({ sources }) => sources.some(({ rotates }) => rotates));
  const rotated = rotating.reduce((sum, { perSecond }) => sum + (perSecond * attackS) / isolates, 0);
  const wanted = Math.max(ENTRIES_MIN, (keys + rotated) * ENTRIES_PER_KEY);
  return Math.min(ENTRIES_MAX, 2 ** Math.ceil(Math.log2(wanted)));
}

function makeIsolates(
  world: World,
  common: Omit<IsolateOptions, "index" | "location" | "random">,
  random: Random,
): readonly ModelIsolate[] {
  const isolates: ModelIsolate[] = [];
  for (let location = 0; location < world.locations; location++)
    for (let index = isolates.length; index < firstIsolateOf(location + 1, world); index++)
      isolates.push(new ModelIsolate({ ...common, index, location, random: random.fork() }));
  return isolates;
}

function describe(
  second: number,
  { calmS, attackS }: { readonly calmS: number; readonly attackS: number },
  { floodSeconds, wishes }: Journal,
  origin: ModelOrigin,
  posture: string | null,
): LiveSecond {
  const flood = floodSeconds[second];
  const clinicians = wishes.filter(({ group }) => group === "clinicians");
  return {
    second,
    phase: second < calmS ? "calm" : second < calmS + attackS ? "attack" : "after",
    sent: flood?.sent ?? 0,
    stopped: Object.values(flood?.stopped ?? {}).reduce((sum, count) => sum + count, 0),
    originUnits: origin.units[second] ?? 0,
    posture,
    clinicians: { ok: clinicians.filter(({ ok }) => ok).length, all: clinicians.length },
  };
}

/** Of all sites, as the report shows one. */
function strictest(postures: readonly Posture[]): Posture | null {
  return postures.length === 0
    ? null
    : postures.reduce((most, each) => (POSTURES.indexOf(each) > POSTURES.indexOf(most) ? each : most));
}

/** How many of the isolates that are awake have heard of an elevated posture. */
function noteElevation(isolates: readonly ModelIsolate[], now: number, fromMs: number, elevation: Elevation): void {
  if (elevation.watchMs === null || elevation.nearlyAllMs !== null) return;
  let awake = 0;
  let elevated = 0;
  for (const { wokenAt, isElevated } of isolates) {
    if (wokenAt === 0) continue;
    awake++;
    if (isElevated(now)) elevated++;
  }
  if (elevated >= 0.5 * awake) elevation.halfMs ??= now - fromMs;
  if (elevated >= 0.99 * awake) elevation.nearlyAllMs = now - fromMs;
}

/**
 * `runModel`: one flood at full scale under a virtual clock. The decision, the tallies, the exchange, the shards, the lookout
 * and the admission are the product's own; the network, the origin and the crowds around them are models.
 *
 * The trade-offs accepted: a request takes no time on its way to the edge; isolates are never evicted; verdicts of `decide`
 * are asked once for each kind of request and remembered, as it is pure (`compare` proves it request by request).
 */
import { BYTES_PER_ENTRY } from "../../../src/counters/ledger.ts";
import { SHARD_COUNT } from "../../../src/counters/shard.ts";
import type { SipKey } from "../../../src/counters/siphash.ts";
import { compile } from "../../../src/policy/compile.ts";
import type { Rules } from "../../../src/policy/language.ts";
import type { Posture } from "../../../src/policy/verdict.ts";
import ownRules from "../../../src/rules.ts";
import { Random } from "../random.ts";
import type { ArrivalKind } from "./arrivals.ts";
import { Clinic } from "./clinic.ts";
import { VirtualClock } from "./clock.ts";
import { Crowd, firstIsolateOf } from "./crowd.ts";
import { Flood } from "./flood.ts";
import { Geography } from "./geography.ts";
import { type IsolateOptions, ModelIsolate } from "./isolate.ts";
import { KeyAudit } from "./key-audit.ts";
import { Objects } from "./objects.ts";
import { ModelOrigin } from "./origin.ts";
import type { ModelResult } from "./result.ts";
import type { ModelScenario } from "./scenario.ts";
import { type Elevation, summarizeRun } from "./summary.ts";

/** Sets of eight are all but never full when this many entries are there for each key. */
const ENTRIES_PER_KEY = 8;
const ENTRIES_MIN = 512;
/** Data centres that Latvian hospitals reach. */
const HOME_LOCATIONS = 4;
/** Runs stay below five minutes: the worst five of a longer one are not counted here. */
const SECONDS_BELOW = 300;
const POSTURE_EVERY_MS = 100;
const DEMO_HOST = "portal.example.lv";

export interface ModelOptions {
  readonly seed: number;
  /** Divides sources and isolates; rates per source stay. Default 1. */
  readonly scale?: number;
  readonly isolates?: number;
  /** Seconds of flood instead of the scenario's own. */
  readonly seconds?: number;
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
  readonly onSecond?: (second: number, of: number, requests: number) => void;
  readonly stop?: AbortSignal;
}

export async function runModel(given: ModelScenario, options: ModelOptions): Promise<ModelResult> {
  const startedAt = performance.now();
  const scenario = scaled(given, options);
  const batch = options.batch ?? 1;
  const policy = compile(options.rules ?? ownRules);
  const site = policy.siteOf.get(DEMO_HOST);
  if (!site) throw new Error(`the rules know no site ${DEMO_HOST}`);
  const seconds = scenario.calmS + scenario.floodS + scenario.afterS;
  if (seconds >= SECONDS_BELOW) throw new RangeError(`a run in model time is shorter than ${SECONDS_BELOW} s`);
  const random = new Random(options.seed);
  const clock = new VirtualClock();
  const startMs = clock.now;
  const floodMs = startMs + scenario.calmS * 1000;
  const elevation: Elevation = { watchMs: null, halfMs: null, nearlyAllMs: null };

  const home = Math.min(HOME_LOCATIONS, scenario.locations);
  const geography = new Geography(scenario.locations, home, SHARD_COUNT + 1, random.fork());
  const onPosture = (name: string, posture: Posture): void => {
    if (name === site.name && posture !== "normal") elevation.watchMs ??= clock.now - floodMs;
  };
  const objects = new Objects({
    clock,
    geography,
    random: random.fork(),
    locations: scenario.locations,
    seconds,
    onPosture,
  });
  const key = sipKeyOf(random.fork());
  const audit = new KeyAudit(scenario.isolates, key);
  const onTold: KeyAudit["told"] = (...news) => audit.told(...news);
  const { isolates, ledgerBytes } = makeIsolates(scenario, { site, key, clock, objects, onTold }, random.fork());
  const crowd = new Crowd(scenario, policy, audit, batch, random.fork(), startMs);
  const origin = new ModelOrigin(site.capacityPerSecond, clock, seconds);
  const atHome = isolates.slice(0, firstIsolateOf(home, scenario.locations, scenario.isolates));
  const shared = { clock, policy, origin, objects };
  const clinicRandom = random.fork();
  const clinic =
    options.clinic === false
      ? null
      : new Clinic({ ...shared, isolates: atHome, random: clinicRandom, floodAtS: scenario.calmS, seconds });
  const flood = new Flood({
    ...shared,
    scenario,
    crowd,
    isolates,
    audit,
    random: random.fork(),
    batch,
    arrivals: options.arrivals ?? "poisson",
    compare: options.compare ?? false,
    people: scenario.people ? (clinic?.groups.residents ?? null) : null,
  });

  let endedAtS = seconds;
  for (let ms = 1; ms <= seconds * 1000; ms++) {
    if (clock.tick()) await clock.settled();
    flood.tick();
    if (ms % POSTURE_EVERY_MS === 0) noteElevation(isolates, clock.now, floodMs, elevation);
    if (options.outage && ms === (scenario.calmS + options.outage.fromS) * 1000) objects.goDown();
    if (options.outage && ms === (scenario.calmS + options.outage.toS) * 1000) objects.comeBack();
    if (ms % 1000 !== 0) continue;
    options.onSecond?.(ms / 1000, seconds, flood.requests);
    if (options.stop?.aborted) {
      endedAtS = ms / 1000;
      break;
    }
  }

  return summarizeRun({
    scenario,
    seed: options.seed,
    scale: options.scale ?? 1,
    batch,
    compare: options.compare ?? false,
    flood,
    clinic,
    isolates,
    audit,
    objects,
    origin,
    elevation,
    endMs: clock.now,
    endedAtS,
    ledgerBytes,
    wallS: (performance.now() - startedAt) / 1000,
  });
}

function scaled(given: ModelScenario, { scale = 1, isolates, seconds }: ModelOptions): ModelScenario {
  if (!(scale >= 1)) throw new RangeError("the scale divides: it is 1 or more");
  const wanted = isolates ?? Math.max(1, Math.round(given.isolates / scale));
  return {
    ...given,
    sources: Math.max(1, Math.round(given.sources / scale)),
    isolates: wanted,
    locations: Math.min(given.locations, wanted),
    floodS: seconds ?? given.floodS,
  };
}

function sipKeyOf(random: Random): SipKey {
  const word = (): number => random.integer(0, 2 ** 31 - 1);
  return [word(), word(), word(), word()];
}

function makeIsolates(
  { sources, isolates: count, isolatesPerSource, locations }: ModelScenario,
  common: Pick<IsolateOptions, "site" | "key" | "clock" | "objects" | "onTold">,
  random: Random,
) {
  // Each stream is counted by its address, and by its prefix or its clearance.
  const keys = (2 * sources * Math.min(isolatesPerSource, count)) / count;
  const entries = 2 ** Math.ceil(Math.log2(Math.max(ENTRIES_MIN, keys * ENTRIES_PER_KEY)));
  const isolates: ModelIsolate[] = [];
  for (let location = 0; location < locations; location++) {
    const to = firstIsolateOf(location + 1, locations, count);
    for (let index = isolates.length; index < to; index++)
      isolates.push(new ModelIsolate({ ...common, index, location, entries, random: random.fork() }));
  }
  return { isolates, ledgerBytes: isolates.length * entries * BYTES_PER_ENTRY };
}

/** How many of the isolates that are awake have heard of an elevated posture. */
function noteElevation(isolates: readonly ModelIsolate[], now: number, floodMs: number, elevation: Elevation): void {
  if (elevation.watchMs === null || elevation.nearlyAllMs !== null) return;
  let awake = 0;
  let elevated = 0;
  for (const { wokenAt, desk } of isolates) {
    if (wokenAt === 0) continue;
    awake++;
    if (desk.posture(now) !== "normal") elevated++;
  }
  if (elevated >= 0.5 * awake) elevation.halfMs ??= now - floodMs;
  if (elevated >= 0.99 * awake) elevation.nearlyAllMs = now - floodMs;
}

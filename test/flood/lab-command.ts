/** What `npm run flood -- <scenario>` does in either clock, and `-- compare`: run, show, judge, write. */
import { readFileSync, writeFileSync } from "node:fs";
import { compareClocks, describeComparison } from "./clock-comparison.ts";
import { describeConvergence, measureConvergence } from "./convergence.ts";
import { compareResults, describeFailures, describeLive, describeModel, describeResult } from "./lab-report.ts";
import { type LabScenario, sizeAt } from "./lab-scenario.ts";
import { MODEL_TIMES, runModel, worldAt } from "./model/run-model.ts";
import { STRAINS } from "./model/strains.ts";
import { oneComputer } from "./model/world.ts";
import { runReal } from "./real/run.ts";
import { renderReport } from "./report-page/render.ts";
import type { FloodResult } from "./result.ts";
import { describeSecondBySecond, troubleIn } from "./second-by-second.ts";

export interface LabOptions {
  readonly seconds?: number;
  readonly calm?: number;
  readonly after?: number;
  readonly seed: number;
  readonly scale?: number;
  readonly edges: number;
  readonly withoutShield: boolean;
  readonly json?: string;
  readonly report?: string;
  readonly against?: string;
  readonly quiet: boolean;
  readonly model: boolean;
  readonly batch?: number;
  readonly outage?: { readonly fromS: number; readonly toS: number };
}

interface Times {
  readonly calmS: number;
  readonly attackS: number;
  readonly afterS: number;
}

/** Long enough for figures after the first 30 s, and for the shield to calm down. */
const REAL_TIMES = { calmS: 30, attackS: 90, afterS: 30 } as const;
/** Short: of a comparison only the flood is of interest. */
const COMPARED_TIMES = { calmS: 15, attackS: 45, afterS: 0 } as const;

/** Seconds before, of and after the attack: those asked for, else those usual with the clock. */
export function timesOf(
  { calm, seconds, after, model }: LabOptions,
  usual: Times = model ? MODEL_TIMES : REAL_TIMES,
): Times {
  return { calmS: calm ?? usual.calmS, attackS: seconds ?? usual.attackS, afterS: after ?? usual.afterS };
}

/** @returns false when it was ended early */
export async function runOne(scenario: LabScenario, options: LabOptions): Promise<boolean> {
  const earlier = options.against === undefined ? [] : readResults(options.against);
  const stop = new AbortController();
  const result = options.model
    ? await runInModelTime(scenario, options, stop)
    : await runInRealTime(scenario, options, timesOf(options), stop);
  console.log(`\n${describeResult(result)}`);
  const trouble = troubleIn(scenario, options.outage, result);
  if (trouble) console.log(`\n${describeSecondBySecond(result, trouble)}`);
  const convergence = measureConvergence(scenario, result);
  if (convergence) console.log(`\n${describeConvergence(convergence)}`);
  compareWith(earlier, [result]);
  if (options.json !== undefined) writeResults(options.json, result);
  if (options.report !== undefined) writeReport(options.report, [result]);
  return !stop.signal.aborted;
}

/** @returns false when it was ended early */
export async function runComparison(scenarios: readonly LabScenario[], options: LabOptions): Promise<boolean> {
  const stop = new AbortController();
  const results: FloodResult[] = [];
  const figures: ReturnType<typeof compareClocks>[number][] = [];
  for (const scenario of scenarios) {
    if (stop.signal.aborted) break;
    const times = timesOf(options, COMPARED_TIMES);
    const scale = options.scale ?? scenario.scale;
    const real = await runInRealTime(scenario, options, times, stop);
    if (stop.signal.aborted) break;
    const model = await runModel(scenario, { ...times, seed: options.seed, scale, world: oneComputer(options.edges) });
    results.push(real, model);
    figures.push(...compareClocks(real, model));
    if (!real.sound) console.log(`NOT SOUND: ${real.remark}`);
    if (options.json !== undefined) writeResults(options.json, results);
    if (options.report !== undefined) writeReport(options.report, results);
  }
  console.log(`\n${describeComparison(figures)}`);
  return !stop.signal.aborted;
}

async function runInRealTime(
  scenario: LabScenario,
  options: LabOptions,
  times: Times,
  stop: AbortController,
): Promise<FloodResult> {
  if (STRAINS.some(({ name }) => name === scenario.name))
    throw new Error(`two cores do not bear ${scenario.name}: it runs with --model only`);
  const { seed, edges, withoutShield, quiet, outage, scale = scenario.scale } = options;
  if (outage && withoutShield)
    throw new Error("without the shield there are no counters: leave out --outage or --without-shield");
  announce(scenario, scale, times, `${withoutShield ? "without the shield" : `${edges} isolates`}; seed ${seed}`);
  return await runReal({
    ...{ scenario, seed, scale, edges, ...times },
    shield: !withoutShield,
    outage,
    stop: stop.signal,
    onStarted: () => endOnSignal(stop),
    onFailures: (failures) => {
      if (failures.length > 0) console.log(describeFailures(failures));
    },
    onSecond: (second) => {
      if (!quiet) console.log(describeLive(second));
    },
  });
}

async function runInModelTime(scenario: LabScenario, options: LabOptions, stop: AbortController): Promise<FloodResult> {
  if (options.withoutShield) throw new Error("the model has no bare portal: leave out --without-shield or --model");
  const { seed, quiet, batch, outage, scale = 1 } = options;
  const strain = STRAINS.find(({ name }) => name === scenario.name);
  const world = worldAt(scale, strain?.world);
  const times = timesOf(options, strain ? { ...MODEL_TIMES, attackS: strain.attackS } : MODEL_TIMES);
  announce(
    scenario,
    scale,
    times,
    `model time; ${world.isolates} isolates, ${world.locations} locations; seed ${seed}`,
  );
  endOnSignal(stop);
  const result = await runModel(scenario, {
    ...{ seed, scale, world, ...times },
    ...(batch === undefined ? {} : { batch }),
    ...(outage === undefined ? {} : { outage }),
    stop: stop.signal,
    onSecond: (second) => {
      if (!quiet) console.log(describeLive(second));
    },
  });
  console.log(`\n${describeModel(result.model)}`);
  return result;
}

function announce(
  { name, about, crews }: LabScenario,
  scale: number,
  { calmS, attackS, afterS }: Times,
  how: string,
): void {
  const sizes = crews.map((crew) => sizeAt(crew, scale));
  const rate = sizes.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
  const sources = sizes.reduce((sum, size) => sum + size.sources, 0);
  const part = scale === 1 ? "All of it" : `1/${scale} of it`;
  console.log(`\n${name}: ${about}.`);
  console.log(
    `${crews.length === 0 ? "Nobody attacks" : `${part}: ${Math.round(rate)} requests/s from ${sources} sources`}, ` +
      `${calmS} s of calm, ${attackS} s, ${afterS} s after; ${how}.`,
  );
}

/** Miniflare listens too, and would end the process at once, without a result. */
function endOnSignal(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => stop.abort());
  }
}

export function writeResults(file: string, results: FloodResult | readonly FloodResult[]): void {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

export function writeReport(file: string, results: readonly FloodResult[]): void {
  writeFileSync(file, renderReport(results));
  console.log(`\nThe page is in ${file}.`);
}

/** One result, or those of `all`. @throws {Error} with a sentence when the file has none */
export function readResults(file: string): readonly FloodResult[] {
  const read = JSON.parse(readFileSync(file, "utf8")) as FloodResult | readonly FloodResult[];
  const results = Array.isArray(read) ? (read as readonly FloodResult[]) : [read as FloodResult];
  if (results.some((result) => typeof result?.scenario !== "string" || !Array.isArray(result.series)))
    throw new Error(`${file} holds no result of a flood`);
  return results;
}

export function compareWith(earlier: readonly FloodResult[], results: readonly FloodResult[]): void {
  for (const result of results)
    for (const before of earlier.filter(({ scenario }) => scenario === result.scenario))
      console.log(`\n${compareResults(before, result)}`);
}

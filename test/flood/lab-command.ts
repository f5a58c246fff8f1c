/** What `npm run flood -- <scenario>` and `-- all` do: run, show, judge, write. */
import { readFileSync, writeFileSync } from "node:fs";
import { compareResults, describeFailures, describeLive, describeResult, describeSummary } from "./lab-report.ts";
import type { LabScenario } from "./lab-scenario.ts";
import { runReal } from "./real/run.ts";
import type { FloodResult } from "./result.ts";

export interface LabOptions {
  readonly seconds: number;
  readonly calm: number;
  readonly after: number;
  readonly seed: number;
  readonly scale?: number;
  readonly edges: number;
  readonly withoutShield: boolean;
  readonly json?: string;
  readonly report?: string;
  readonly against?: string;
  readonly quiet: boolean;
  readonly model?: boolean;
}

/** @returns false when it was ended early */
export async function runOne(scenario: LabScenario, options: LabOptions): Promise<boolean> {
  const earlier = options.against === undefined ? [] : readResults(options.against);
  const stop = new AbortController();
  if (options.model) return runInModelTime(scenario, options, stop);
  const result = await runInRealTime(scenario, options, stop);
  console.log(`\n${describeResult(result)}`);
  compareWith(earlier, [result]);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  await writeReport([result], options);
  return !stop.signal.aborted;
}

/** @returns false when it was ended early */
export async function runAll(scenarios: readonly LabScenario[], options: LabOptions): Promise<boolean> {
  const earlier = options.against === undefined ? [] : readResults(options.against);
  const stop = new AbortController();
  const results: FloodResult[] = [];
  for (const scenario of scenarios) {
    if (stop.signal.aborted) break;
    results.push(await runInRealTime(scenario, options, stop));
    // After each, as all of them take an hour: whatever happens to the rest, these are kept.
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  for (const result of results) console.log(`\n${describeResult(result)}`);
  console.log(`\n${describeSummary(results)}`);
  compareWith(earlier, results);
  await writeReport(results, options);
  if (results.length < scenarios.length) console.log(`\nEnded early: ${results.length} of ${scenarios.length} ran.`);
  return !stop.signal.aborted;
}

async function runInRealTime(scenario: LabScenario, options: LabOptions, stop: AbortController): Promise<FloodResult> {
  const { seconds, calm, after, seed, edges, withoutShield, quiet, scale = scenario.scale } = options;
  const rate = scenario.crews.reduce((sum, crew) => sum + crew.requestsPerSecond, 0) / scale;
  const sources = scenario.crews.reduce((sum, crew) => sum + Math.max(1, Math.round(crew.sources / scale)), 0);
  console.log(`\n${scenario.name}: ${scenario.about}.`);
  console.log(
    `${scenario.crews.length === 0 ? "Nobody attacks" : `1/${scale} of it: ${Math.round(rate)} requests/s from ${sources} sources`}, ` +
      `${calm} s of calm, ${seconds} s, ${after} s after; ${withoutShield ? "without the shield" : `${edges} isolates`}; seed ${seed}.`,
  );
  return await runReal({
    scenario,
    seed,
    scale,
    edges,
    calmS: calm,
    attackS: seconds,
    afterS: after,
    shield: !withoutShield,
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

/** Miniflare listens too, and would end the process at once, without a result. */
function endOnSignal(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => stop.abort());
  }
}

async function runInModelTime(scenario: LabScenario, options: LabOptions, stop: AbortController): Promise<boolean> {
  const [{ runModel }, { MODEL_SCENARIOS }, { describe }] = await Promise.all([
    import("./model/run-model.ts"),
    import("./model/scenarios.ts"),
    import("./model/describe.ts"),
  ]);
  const modelled = MODEL_SCENARIOS.find(({ name }) => name === scenario.name);
  if (!modelled)
    throw new Error(
      `${scenario.name} has no model. These have: ${MODEL_SCENARIOS.map(({ name }) => name).join(", ")}.`,
    );
  endOnSignal(stop);
  const result = await runModel(modelled, {
    seed: options.seed,
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    stop: stop.signal,
  });
  console.log(describe(result));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  return !stop.signal.aborted;
}

async function writeReport(results: readonly FloodResult[], { report }: LabOptions): Promise<void> {
  if (report === undefined) return;
  const { renderReport } = await import("./report-page/render.ts");
  writeFileSync(report, renderReport(results));
  console.log(`\nThe page is in ${report}.`);
}

/** One result, or those of `all`. @throws {Error} with a sentence when the file has none */
function readResults(file: string): readonly FloodResult[] {
  const read = JSON.parse(readFileSync(file, "utf8")) as FloodResult | readonly FloodResult[];
  const results = Array.isArray(read) ? (read as readonly FloodResult[]) : [read as FloodResult];
  if (results.some((result) => typeof result?.scenario !== "string" || !Array.isArray(result.series)))
    throw new Error(`${file} holds no result of a flood`);
  return results;
}

function compareWith(earlier: readonly FloodResult[], results: readonly FloodResult[]): void {
  for (const result of results)
    for (const before of earlier.filter(({ scenario }) => scenario === result.scenario))
      console.log(`\n${compareResults(before, result)}`);
}

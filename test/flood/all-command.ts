/**
 * `npm run flood -- all`: each scenario in turn, in a process of its own, so that one that fails, hangs or eats the memory
 * ends itself and not the others. Results are written after each.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareWith, type LabOptions, readResults, timesOf, writeReport, writeResults } from "./lab-command.ts";
import { describeOverall, describeSummary, type FailedRun } from "./lab-report.ts";
import type { LabScenario } from "./lab-scenario.ts";
import type { FloodResult } from "./result.ts";

/** Starting the lab, waiting for the portal to recover, and drawing take less; who takes longer hangs. */
const BESIDE_THE_RUN_MS = 180_000;
/** The model is not bound to the clock on the wall. */
const MODEL_MAX_MS = 900_000;
const WORDS_KEPT = 2000;

/** `failed`: some scenario gave no result. */
export type Ending = "whole" | "ended-early" | "failed";

export async function runAll(scenarios: readonly LabScenario[], options: LabOptions): Promise<Ending> {
  const earlier = options.against === undefined ? [] : readResults(options.against);
  const folder = mkdtempSync(join(tmpdir(), "flood-"));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const results: FloodResult[] = [];
  const failures: FailedRun[] = [];
  try {
    for (const [n, scenario] of scenarios.entries()) {
      if (stop.signal.aborted) break;
      console.log(`\n── ${n + 1} of ${scenarios.length} ──`);
      const outcome = await runInProcess(scenario, options, join(folder, `${scenario.name}.json`), stop.signal);
      if ("why" in outcome) failures.push(outcome);
      else results.push(outcome);
      // After each, as all of them take an hour: whatever happens to the rest, these are kept.
      if (options.json !== undefined) writeResults(options.json, results);
      if (options.report !== undefined) writeReport(options.report, results);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\n${describeSummary(results, failures)}\n\n${describeOverall(results, failures)}`);
  compareWith(earlier, results);
  const ran = results.length + failures.length;
  if (ran < scenarios.length) console.log(`\nEnded early: ${ran} of ${scenarios.length} ran.`);
  if (stop.signal.aborted) return "ended-early";
  return failures.length > 0 ? "failed" : "whole";
}

async function runInProcess(
  scenario: LabScenario,
  options: LabOptions,
  file: string,
  stop: AbortSignal,
): Promise<FloodResult | FailedRun> {
  const { calmS, attackS, afterS } = timesOf(options);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "flood.ts"), scenario.name, ...argumentsOf(options), "--json", file],
    // A group of its own: what it started ends with it, and Ctrl-C reaches it through us alone.
    { stdio: ["ignore", "inherit", "pipe"], detached: true },
  );
  let words = "";
  child.stderr.on("data", (bytes: Buffer) => {
    process.stderr.write(bytes);
    words = (words + bytes.toString()).slice(-WORDS_KEPT);
  });
  const interrupt = () => child.kill("SIGINT");
  stop.addEventListener("abort", interrupt, { once: true });
  let isOverdue = false;
  const mostMs = options.model ? MODEL_MAX_MS : (calmS + attackS + afterS) * 1000 + BESIDE_THE_RUN_MS;
  const timer = setTimeout(() => {
    isOverdue = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, mostMs);
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("close", (exit) => resolve(exit));
  });
  clearTimeout(timer);
  stop.removeEventListener("abort", interrupt);
  if (existsSync(file)) {
    const [result] = readResults(file);
    if (result) return result;
  }
  const last = words.trim().split("\n").at(-1) ?? "";
  const why = isOverdue ? `it did not end within ${Math.round(mostMs / 1000)} s` : last || `it ended with ${code}`;
  return { scenario: scenario.name, why };
}

/** The options again, as they are written on a command line. */
function argumentsOf({ seconds, calm, after, seed, scale, edges, withoutShield, quiet, model, batch }: LabOptions) {
  const values = { seconds, calm, after, seed, scale, edges, batch };
  const flags = { "without-shield": withoutShield, quiet, model };
  return [
    ...Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...Object.entries(flags).flatMap(([name, isSet]) => (isSet ? [`--${name}`] : [])),
  ];
}

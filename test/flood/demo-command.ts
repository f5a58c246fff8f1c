/**
 * `npm run flood -- demo`: floods the demo of `npm start` on this computer, first with the shield, then without it, while
 * simulated doctors work. It can reach nothing else.
 */
import { setTimeout as pause } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { readState, recovered, resetPortal } from "./portal.ts";
import { type Column, describeDoubts, describeRuns, describeSecond } from "./report.ts";
import { type RunResult, run } from "./run.ts";
import { assertHarmless, type Scenario } from "./scenario.ts";

const RECOVERY_MAX_MS = 60_000;
/** Between two runs, so that what is under way ends and connections close. */
const REST_MS = 3000;

export interface DemoOptions {
  readonly target: URL;
  readonly portal: URL;
  readonly seconds?: number;
  readonly seed: number;
}

export async function runDemo(
  scenario: Scenario,
  { target, portal, seconds = scenario.seconds, seed }: DemoOptions,
): Promise<void> {
  assertHarmless(scenario);
  const stop = new AbortController();
  process.on("SIGINT", () => stop.abort());
  process.on("SIGTERM", () => stop.abort());
  await assertRunning(target, portal);

  const columns: Column[] = [];
  const phases = [
    { title: "with shield", target },
    { title: "without", target: portal },
  ];
  for (const { title, target: at } of phases) {
    if (stop.signal.aborted) break;
    if (columns.length > 0) await rest(portal, stop.signal);
    console.log(`\n${title === "without" ? "The same flood without the shield" : "Flood with the shield"}: ${at.href}`);
    console.log(
      `${scenario.flood.requestsPerSecond} requests/s from ${scenario.flood.sources.count} addresses for ${seconds} s; first ${scenario.calmSeconds} s of calm.`,
    );
    const onSecond = (progress: Parameters<typeof describeSecond>[0]) => console.log(describeSecond(progress));
    const result: RunResult = await run({ scenario, target: at, portal, seconds, seed, stop: stop.signal, onSecond });
    columns.push({ title, result });
  }
  await resetPortal(portal);
  const doubts = describeDoubts(columns);
  console.log(`\n${describeRuns(columns)}${doubts === "" ? "" : `\n\n${doubts}`}`);
  if (columns.length < phases.length) console.log("\nEnded early: the run without the shield is missing.");
}

async function rest(portal: URL, stop: AbortSignal): Promise<void> {
  await pause(REST_MS, undefined, { signal: stop }).catch(() => undefined);
  await resetPortal(portal);
  if (!(await recovered(portal, RECOVERY_MAX_MS))) throw new Error("the portal did not recover from the first flood");
}

async function assertRunning(target: URL, portal: URL): Promise<void> {
  try {
    await readState(portal);
    const { headers } = await fetch(target, { signal: AbortSignal.timeout(5000) });
    if (headers.has("Shield-Mitigated"))
      console.log("The shield is still on guard after another flood. For a flood out of calm wait a minute.");
  } catch {
    throw new Error(
      `nothing answers at ${target.origin} and ${portal.origin}: run \`npm start\` in another terminal first.`,
    );
  }
}

/** A flood of anybody else is a crime: only this computer may be meant. */
export function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== "http:" || !["localhost", "127.0.0.1"].includes(url.hostname) || url.port === "")
    throw new InvalidArgumentError("Only this computer may be flooded: http://localhost:PORT.");
  return url;
}

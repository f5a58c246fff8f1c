/**
 * `npm run flood -- <scenario>`: floods the demo of `npm start` on this computer, first with the shield, then without it,
 * while simulated doctors work. It can reach nothing else.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { readState, recovered, resetPortal } from "./portal.ts";
import { type Column, describeDoubts, describeRuns, describeSecond } from "./report.ts";
import { type RunResult, run } from "./run.ts";
import { assertHarmless, type Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const SECONDS_MAX = 600;
const RECOVERY_MAX_MS = 60_000;
/** Between two runs, so that what is under way ends and connections close. */
const REST_MS = 3000;

/** Exit codes: 0 it ran, 1 it could not, 2 it was not understood. */
const FAILED = 1;
const MISUSED = 2;

interface Options {
  readonly target: URL;
  readonly portal: URL;
  readonly seconds?: number;
  readonly seed: number;
}

function main(): Promise<unknown> {
  const program = new Command("npm run flood --")
    .description("Floods the shield and the demo portal that `npm start` runs on this computer.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
    .showHelpAfterError("Add --help for what there is.");
  program
    .command("list")
    .description("says which scenarios there are")
    .action(() => {
      for (const { name, about, seconds } of SCENARIOS) console.log(`${name.padEnd(12)}${about} (2 × ${seconds} s)`);
    });
  for (const scenario of SCENARIOS)
    program
      .command(scenario.name)
      .description(scenario.about)
      .option("--seconds <number>", `how long each flood lasts, 5 to ${SECONDS_MAX}`, parseSeconds, scenario.seconds)
      .option("--seed <number>", "the same seed gives the same flood", parseSeed, 1)
      .option("--target <url>", "the shield, on this computer", parseTarget, new URL("http://localhost:8787"))
      .option("--portal <url>", "the bare portal, on this computer", parseTarget, new URL("http://localhost:8788"))
      .action((options: Options) => flood(scenario, options));
  const [asked] = program.parseOptions(process.argv.slice(2)).operands;
  const known = ["list", "help", ...SCENARIOS.map(({ name }) => name)];
  if (asked !== undefined && !known.includes(asked))
    program.error(`There is no scenario "${asked}". There are: ${SCENARIOS.map(({ name }) => name).join(", ")}.`);
  return program.parseAsync();
}

async function flood(scenario: Scenario, { target, portal, seconds = scenario.seconds, seed }: Options): Promise<void> {
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
    await fetch(target, { signal: AbortSignal.timeout(5000) });
  } catch {
    throw new Error(
      `nothing answers at ${target.origin} and ${portal.origin}: run \`npm start\` in another terminal first.`,
    );
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > SECONDS_MAX)
    throw new InvalidArgumentError(`Between 5 and ${SECONDS_MAX}.`);
  return seconds;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError("A seed is a whole number.");
  return seed;
}

/** A flood of anybody else is a crime: only this computer may be meant. */
function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== "http:" || !["localhost", "127.0.0.1"].includes(url.hostname) || url.port === "")
    throw new InvalidArgumentError("Only this computer may be flooded: http://localhost:PORT.");
  return url;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`The flood did not run: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(FAILED);
  },
);

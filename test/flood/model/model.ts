/** `node test/flood/model/model.ts --scenario contract-2018`: a flood at full scale in model time. It sends nothing to anybody. */
import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { describe } from "./describe.ts";
import { type ModelOptions, runModel } from "./run-model.ts";
import { MODEL_SCENARIOS } from "./scenarios.ts";

/** Exit codes: 0 it ran, 1 it could not, 2 it was not understood, 130 it was ended early. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

interface Asked {
  readonly scenario: string;
  readonly seed: number;
  readonly scale: number;
  readonly batch: number;
  readonly isolates?: number;
  readonly seconds?: number;
  readonly json?: string;
  readonly compare: boolean;
  readonly outage?: ModelOptions["outage"];
}

async function main(): Promise<number> {
  const names = MODEL_SCENARIOS.map(({ name }) => name);
  const program = new Command("model")
    .description(
      "Runs a flood at full scale under a virtual clock, with the shield's own code. Nothing is sent to anybody.",
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
    .showHelpAfterError("Add --help for what there is.")
    .addOption(new Option("--scenario <name>", "which flood").choices(names).makeOptionMandatory())
    .option("--seed <number>", "the same seed gives the same run", whole(0), 1)
    .option("--scale <number>", "divides sources and isolates", whole(1), 1)
    .option("--batch <number>", "one event stands for so many identical requests", whole(1), 1)
    .option("--isolates <number>", "instead of the scenario's own", whole(1))
    .option("--seconds <number>", "of flood, instead of the scenario's own", whole(1))
    .option("--json <file>", "writes the whole result")
    .option("--compare", "decides every request anew as well and compares; slow", false)
    .option("--outage <from-to>", "seconds of the flood between which all counters are dead, e.g. 15-25", parseOutage)
    .addHelpText(
      "after",
      `\nScenarios:\n${MODEL_SCENARIOS.map(({ name, about }) => `  ${name.padEnd(20)}${about}`).join("\n")}`,
    )
    .parse();
  const asked = program.opts<Asked>();
  const scenario = MODEL_SCENARIOS.find(({ name }) => name === asked.scenario);
  if (!scenario) throw new Error(`there is no scenario ${asked.scenario}`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const { json, scenario: _, ...options } = asked;
  const result = await runModel(scenario, { ...options, stop: stop.signal, onSecond: progress });
  if (process.stderr.isTTY) process.stderr.write("\n");
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(describe(result));
  return stop.signal.aborted ? INTERRUPTED : 0;
}

function progress(second: number, of: number, requests: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${second} of ${of} s, ${requests.toLocaleString("en")} requests `);
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`A whole number from ${least} on.`);
    return value;
  };
}

function parseOutage(text: string): { readonly fromS: number; readonly toS: number } {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const fromS = Number(from);
  const toS = Number(to);
  if (!(fromS < toS)) throw new InvalidArgumentError("Write it like 15-25.");
  return { fromS, toS };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`The model did not run: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(FAILED);
  },
);

/**
 * `npm run flood -- <scenario>`: starts a lab on this computer, floods it while a clinic is at work, and says who was hurt.
 * `npm run flood -- demo` floods what `npm start` runs. Nothing else can be reached.
 */
import { Command, InvalidArgumentError } from "commander";
import { type Ending, runAll } from "./all-command.ts";
import { parseTarget, runDemo } from "./demo-command.ts";
import { type LabOptions, runComparison, runOne } from "./lab-command.ts";
import type { LabScenario } from "./lab-scenario.ts";
import { STRAINS } from "./model/strains.ts";
import { demo } from "./scenarios/demo.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const SECONDS_MAX = 3600;
const DEMO_SECONDS_MAX = 600;
const EDGES_MAX = 32;
const NAME_WIDTH = 22;

/** Exit codes: 0 it ran, 1 it could not, or some of it, 2 it was not understood, 130 it was ended early. */
const FAILED = 1;
const MISUSED = 2;
const CODES: Readonly<Record<Ending, number>> = { whole: 0, failed: FAILED, "ended-early": 130 };

async function main(): Promise<number> {
  let ending: Ending = "whole";
  const program = new Command("npm run flood --")
    .description("Floods a shield on this computer while a clinic is at work, and says who was hurt.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
    .showHelpAfterError("Add --help for what there is.");
  program
    .command("list")
    .description("says which scenarios there are")
    .action(() => {
      for (const { name, about } of [demo, ...SCENARIOS, ...STRAINS]) console.log(`${name.padEnd(NAME_WIDTH)}${about}`);
    });
  program
    .command(demo.name)
    .description(demo.about)
    .option("--seconds <number>", "how long each flood lasts", between(5, DEMO_SECONDS_MAX), demo.seconds)
    .option("--seed <number>", "the same seed gives the same flood", whole, 1)
    .option("--target <url>", "the shield, on this computer", parseTarget, new URL("http://localhost:8787"))
    .option("--portal <url>", "the bare portal, on this computer", parseTarget, new URL("http://localhost:8788"))
    .action((options: Parameters<typeof runDemo>[1]) => runDemo(demo, options));
  for (const scenario of [...SCENARIOS, ...STRAINS])
    withOptions(program.command(scenario.name).description(scenario.about), `default ${scenario.scale}; 1 with --model`)
      .option("--outage <from-to>", "seconds of attack in which all counters are dead", parseOutage)
      .action(async (options: LabOptions) => {
        ending = (await runOne(scenario, options)) ? "whole" : "ended-early";
      });
  withOptions(program.command("all").description("each scenario in turn, and one summary"), "each scenario's own")
    .option("--only <names>", "some of them, separated by commas", namesOfScenarios)
    .action(async ({ only, ...options }: LabOptions & { readonly only?: readonly LabScenario[] }) => {
      const playable = SCENARIOS.filter(({ noModel }) => !options.model || noModel === undefined);
      ending = await runAll(only ?? playable, options);
    });
  withOptions(program.command("compare [scenarios...]"), "each scenario's own")
    .description("runs each in real and in model time and says where the two differ")
    .action(async (names: readonly string[], options: LabOptions) => {
      const playable = SCENARIOS.filter(({ noModel, crews }) => noModel === undefined && crews.length > 0);
      const chosen = names.length === 0 ? playable : namesOfScenarios(names.join(","));
      ending = (await runComparison(chosen, options)) ? "whole" : "ended-early";
    });
  const [asked] = program.parseOptions(process.argv.slice(2)).operands;
  const known = ["list", "help", "all", "compare", demo.name, ...[...SCENARIOS, ...STRAINS].map(({ name }) => name)];
  if (asked === undefined && process.argv.length <= 2) program.help({ error: true });
  if (asked !== undefined && !known.includes(asked))
    program.error(`There is no scenario "${asked}". There are: ${known.slice(2).join(", ")}.`);
  await program.parseAsync();
  return CODES[ending];
}

function withOptions(command: Command, usualScale: string): Command {
  return command
    .option("--model", "under a virtual clock, at full scale unless told otherwise; sends nothing", false)
    .option("--seconds <number>", "how long the attack lasts (90; 45 with --model)", between(5, SECONDS_MAX))
    .option("--calm <number>", "seconds before it (30; 5 with --model)", between(1, SECONDS_MAX))
    .option("--after <number>", "seconds after it (30; 5 with --model)", between(0, SECONDS_MAX))
    .option("--seed <number>", "the same seed sends the same flood", whole, 1)
    .option("--scale <number>", `divides sources and rates (${usualScale})`, positive)
    .option("--edges <number>", "isolates in real time, dealt to four locations", between(1, EDGES_MAX), 8)
    .option("--batch <number>", "with --model: one event stands for so many identical requests", between(1, 100))
    .option("--without-shield", "floods the bare portal", false)
    .option("--json <file>", "writes the result")
    .option("--report <file.html>", "writes a page with pictures")
    .option("--against <file>", "compares with an earlier result")
    .option("--quiet", "no line for each second", false);
}

function namesOfScenarios(text: string): readonly LabScenario[] {
  return text.split(",").map((name) => {
    const scenario = SCENARIOS.find((each) => each.name === name.trim());
    if (!scenario) throw new InvalidArgumentError(`There is no scenario "${name}".`);
    return scenario;
  });
}

function parseOutage(text: string): { readonly fromS: number; readonly toS: number } {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const [fromS, toS] = [Number(from), Number(to)];
  if (!(fromS < toS)) throw new InvalidArgumentError("Write it like 15-25.");
  return { fromS, toS };
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`Between ${least} and ${most}.`);
    return value;
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("A whole number.");
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("A number above 0.");
  return value;
}

// Whoever reads the output has gone (`| head`): so may the flood.
process.stdout.on("error", () => process.exit(0));

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`The flood did not run: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(FAILED);
  },
);

/**
 * `npm run flood -- <scenario>`: starts a lab on this computer, floods it while a clinic is at work, and says who was hurt.
 * `npm run flood -- demo` floods what `npm start` runs. Nothing else can be reached.
 */
import { Command, InvalidArgumentError } from "commander";
import { parseTarget, runDemo } from "./demo-command.ts";
import { type LabOptions, runAll, runOne } from "./lab-command.ts";
import type { LabScenario } from "./lab-scenario.ts";
import { demo } from "./scenarios/demo.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const SECONDS_MAX = 3600;
const DEMO_SECONDS_MAX = 600;
const EDGES_MAX = 32;
const NAME_WIDTH = 22;

/** Exit codes: 0 it ran, 1 it could not, 2 it was not understood, 130 it was ended early. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

async function main(): Promise<number> {
  let isWhole = true;
  const program = new Command("npm run flood --")
    .description("Floods a shield on this computer while a clinic is at work, and says who was hurt.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
    .showHelpAfterError("Add --help for what there is.");
  program
    .command("list")
    .description("says which scenarios there are")
    .action(() => {
      for (const { name, about } of [demo, ...SCENARIOS]) console.log(`${name.padEnd(NAME_WIDTH)}${about}`);
    });
  program
    .command(demo.name)
    .description(demo.about)
    .option("--seconds <number>", "how long each flood lasts", between(5, DEMO_SECONDS_MAX), demo.seconds)
    .option("--seed <number>", "the same seed gives the same flood", whole, 1)
    .option("--target <url>", "the shield, on this computer", parseTarget, new URL("http://localhost:8787"))
    .option("--portal <url>", "the bare portal, on this computer", parseTarget, new URL("http://localhost:8788"))
    .action((options: Parameters<typeof runDemo>[1]) => runDemo(demo, options));
  const withOptions = (command: Command, scenario: LabScenario | null) =>
    command
      .option("--seconds <number>", "how long the attack lasts", between(5, SECONDS_MAX), 90)
      .option("--calm <number>", "seconds before it", between(5, SECONDS_MAX), 30)
      .option("--after <number>", "seconds after it", between(0, SECONDS_MAX), 30)
      .option("--seed <number>", "the same seed sends the same flood", whole, 1)
      .option(
        "--scale <number>",
        `divides sources and rates${scenario ? ` (default ${scenario.scale})` : ", instead of each scenario's own"}`,
        positive,
      )
      .option("--edges <number>", "isolates, dealt to four locations", between(1, EDGES_MAX), 8)
      .option("--without-shield", "floods the bare portal", false)
      .option("--json <file>", "writes the result")
      .option("--report <file.html>", "writes a page with pictures")
      .option("--against <file>", "compares with an earlier result")
      .option("--quiet", "no line for each second", false);
  for (const scenario of SCENARIOS)
    withOptions(program.command(scenario.name).description(scenario.about), scenario)
      .option("--model", "at full scale under a virtual clock; sends nothing", false)
      .action(async (options: LabOptions) => {
        isWhole = await runOne(scenario, options);
      });
  withOptions(program.command("all").description("each scenario in turn, and one summary"), null)
    .option("--only <names>", "some of them, separated by commas", namesOfScenarios)
    .action(async (options: LabOptions & { readonly only?: readonly LabScenario[] }) => {
      isWhole = await runAll(options.only ?? SCENARIOS, options);
    });
  const [asked] = program.parseOptions(process.argv.slice(2)).operands;
  const known = ["list", "help", "all", demo.name, ...SCENARIOS.map(({ name }) => name)];
  if (asked === undefined && process.argv.length <= 2) program.help({ error: true });
  if (asked !== undefined && !known.includes(asked))
    program.error(`There is no scenario "${asked}". There are: ${known.slice(2).join(", ")}.`);
  await program.parseAsync();
  return isWhole ? 0 : INTERRUPTED;
}

function namesOfScenarios(text: string): readonly LabScenario[] {
  return text.split(",").map((name) => {
    const scenario = SCENARIOS.find((each) => each.name === name.trim());
    if (!scenario) throw new InvalidArgumentError(`There is no scenario "${name}".`);
    return scenario;
  });
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

/**
 * `npm run bench`: what the shield costs, side by side with other Workers. JSON lines on stdout, a table on stderr.
 * Each figure is of this machine; the ratios are what counts.
 */
import { Command, InvalidArgumentError } from "commander";
import { admissionSpeed } from "./admission-speed.ts";
import { challengeCost, sealMutations } from "./challenge-cost.ts";
import { figure, type Line } from "./line.ts";
import { deniedPath, passingClinician } from "./paths.ts";
import { peers } from "./peers.ts";
import { proofs } from "./proofs.ts";
import { solving } from "./solve-times.ts";
import { measureTally } from "./tally-speed.ts";

export interface Effort {
  /** Many short turns: whatever else the machine does lasts longer than one, so it falls on all who take turns. */
  readonly turns: number;
  readonly turnMs: number;
  /** Beside the other designs, where factors matter and not percents. */
  readonly pairs: number;
  readonly sliceMs: number;
  readonly floodMs: number;
  /** Solved at each number of Web Workers. */
  readonly puzzles: number;
}

/** About half an hour in all, most of it for puzzles; or 4 minutes. */
const FULL: Effort = { turns: 150, turnMs: 100, pairs: 20, sliceMs: 250, floodMs: 6000, puzzles: 1000 };
const QUICK: Effort = { turns: 60, turnMs: 80, pairs: 15, sliceMs: 80, floodMs: 1500, puzzles: 20 };

const MEASUREMENTS: Readonly<Record<string, (effort: Effort) => AsyncGenerator<Line> | Promise<readonly Line[]>>> = {
  denied: deniedPath,
  clinician: passingClinician,
  proofs,
  peers,
  tally: tallySpeed,
  admission: ({ floodMs }) => Promise.resolve(admissionSpeed(floodMs >= FULL.floodMs ? 2_000_000 : 500_000)),
  challenge: challengeCost,
  seals: sealMutations,
  solving,
};

function tallySpeed({ floodMs }: Effort): Promise<readonly Line[]> {
  const requests = floodMs >= FULL.floodMs ? 1_000_000 : 300_000;
  measureTally(1000, requests); // warms up
  const base = measureTally(1000, requests);
  const lines = [1000, 100_000, 1_000_000, 10_000_000].flatMap((clients) => {
    const { nsPerRequest, megabytes } = measureTally(clients, requests);
    return [
      figure(
        `tally, ${clients} clients, one request`,
        nsPerRequest,
        base.nsPerRequest,
        "ns",
        "≤ 2",
        (ratio) => ratio <= 2,
      ),
      figure(`tally, ${clients} clients, memory`, megabytes, base.megabytes, "MB", "≤ 32 MB", () => megabytes <= 32),
    ];
  });
  return Promise.resolve(lines);
}

function parseName(name: string): string {
  if (!(name in MEASUREMENTS)) throw new InvalidArgumentError(`There are ${Object.keys(MEASUREMENTS).join(", ")}.`);
  return name;
}

function parsePuzzles(text: string): number {
  const puzzles = Number(text);
  if (!Number.isInteger(puzzles) || puzzles < 1) throw new InvalidArgumentError("Say how many, at least 1.");
  return puzzles;
}

async function main(): Promise<void> {
  const { quick, only, puzzles } = new Command("npm run bench --")
    .description("Measures the shield beside other Workers. JSON lines on stdout, a table on stderr.")
    .option("--quick", "shorter, with less exact ratios", false)
    .option("--only <name>", `one of ${Object.keys(MEASUREMENTS).join(", ")}`, parseName)
    .option("--puzzles <count>", "how many are solved at each number of Web Workers (1,000; quick: 20)", parsePuzzles)
    .parse()
    .opts<{ quick: boolean; only?: string; puzzles?: number }>();
  const effort = quick ? QUICK : FULL;
  console.error(`${"".padEnd(52)}${["ours", "base", "ratio"].map((head) => head.padStart(11)).join("")}  goal`);
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (only !== undefined && only !== name) continue;
    for await (const line of await measure({ ...effort, puzzles: puzzles ?? effort.puzzles })) show(line);
  }
}

function show(line: Line): void {
  console.log(JSON.stringify(line));
  const { name, ours, base, ratio, interval, unit, goal, met, sound } = line;
  const cells = [ours, base, ratio].map((value) => (value === null ? "" : short(value)).padStart(11)).join("");
  const spread = interval ? ` [${interval.map(short).join(", ")}]` : "";
  const verdict = `${met === null ? "" : met ? "met" : "MISSED"}${sound === false ? ", but the control is off: unsound" : ""}`;
  console.error(`${name.padEnd(52)}${cells}  ${unit}${spread} ${goal ?? ""} ${verdict}`.trimEnd());
}

function short(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

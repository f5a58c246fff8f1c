/**
 * Every acceptance figure over all runs: a goal that holds for each scenario is met when each run met it, and what is judged
 * by how many are lost or harmed is summed. Pure; the terminal prints the same table as the page.
 */
import type { FloodResult, GroupResult } from "../result.ts";
import { type Judgement, judge, provenClinicians } from "./acceptance.ts";
import { goalsOf } from "./goals.ts";
import { NOT_KNOWN, writeCount, writeGoalShare, writeShare } from "./wording.ts";

export interface OverallFigure {
  readonly name: string;
  readonly goal: string;
  /** The worst of all runs, or the sum. */
  readonly reached: string;
  /** Which run that was, and others that missed; "" where there is none to name. */
  readonly where: string;
  readonly met: boolean | null;
  /** What it was taken from, with its unit. */
  readonly n: string;
}

/** Figures that no flood can tell, and which command does. */
const ELSEWHERE = [
  "Throughput of passing and denied clients, time of `decide`, memory of an isolate, size of the challenge page, work of a puzzle: npm run bench",
];

/** @param failed how many runs gave no result: then nothing is met for every scenario */
export function judgeOverall(results: readonly FloodResult[], failed = 0): readonly OverallFigure[] {
  const runs = results.filter(({ shield }) => shield).map((result) => ({ result, judgements: judge(result) }));
  const every = (name: string, label: string, n: (result: FloodResult) => number | null, unit: string, isMeant = all) =>
    overRuns(
      label,
      runs
        .filter(({ result }) => isMeant(result))
        .flatMap(({ result, judgements }) => {
          const judgement = judgements.find((each) => each.name === name);
          return judgement ? [{ scenario: result.scenario, judgement, n: n(result) }] : [];
        }),
      unit,
      failed,
    );
  const stopped = (goal: number, label: string) =>
    every(
      "Flood stopped before the portal, after the first 30 s",
      `Flood stopped before the portal, after 30 s: ${label}`,
      ({ attackers }) => attackers.requests,
      "requests",
      ({ scenario }) => goalsOf(scenario).stopped === goal,
    );
  const one = () => 1;
  const figures = [
    pooled(results),
    every(
      "Signed-in clinicians served, after the first 30 s",
      "Signed-in clinicians served after the first 30 s, in every scenario",
      ({ clinicians }) => countedOf(clinicians, "afterFirst30s"),
      "requests",
    ),
    every(
      "Signed-in clinicians served, in the first 30 s",
      "Signed-in clinicians served in the first 30 s, in every scenario",
      ({ clinicians }) => countedOf(clinicians, "first30s"),
      "requests",
    ),
    stopped(0.99, "simple floods"),
    stopped(0.95, "spread floods"),
    stopped(0.9, "those that adapt, solve or hide"),
    every("Load of the portal, highest mean over 10 s", "Load of the portal, 10 s mean", one, RUNS),
    every("Attack detected", "Attack detected", one, RUNS),
    every("Attack mitigated", "Attack mitigated", one, RUNS),
    every("Web pages or redirects sent to machines", "Web pages or redirects sent to machines", machinesOf, "requests"),
    every("Submitted forms lost", "Submitted forms lost", ({ postsSent }) => postsSent, "forms"),
    every("People and machines blocked", "Controls: people and machines blocked", machinesOf, "requests"),
    every("Taken for an attack", "Controls: taken for an attack", one, RUNS),
    every(
      "Durable Object calls per isolate and second",
      "Durable Object calls per isolate and second",
      ({ durableObjects }) => durableObjects.calls,
      "calls",
    ),
    every(
      "Durable Object calls per 1,000 flood requests",
      "Durable Object calls per 1,000 flood requests, at full scale",
      ({ attackers }) => attackers.requests,
      "requests",
      ({ clock, scale }) => clock === "model" && scale === 1,
    ),
  ];
  // What concerns none of the runs is no demand on them.
  return figures.filter(({ goal }) => goal !== "");
}

export { ELSEWHERE as FIGURES_ELSEWHERE };

/** All sound runs together: single ones are too short to tell 99.9 % from 99.5 %. */
function pooled(results: readonly FloodResult[]): OverallFigure {
  const sound = results
    .filter((result) => result.shield && result.sound)
    .map(({ clinicians }) => provenClinicians(clinicians));
  const n = sound.reduce((sum, { counted }) => sum + counted.afterFirst30s, 0);
  const served = sound.reduce((sum, { counted, success }) => sum + (success ?? 0) * counted.afterFirst30s, 0);
  const goal = 0.999;
  return {
    name: "Signed-in clinicians served after the first 30 s, all sound runs pooled",
    goal: `≥ ${writeGoalShare(goal)}`,
    reached: n === 0 ? NOT_KNOWN : writeShare(served / n),
    where: n < 10_000 ? `fewer than 10,000 requests: too few to be sure` : "",
    met: n === 0 ? null : served / n >= goal,
    n: `${writeCount(n)} requests`,
  };
}

interface Run {
  readonly scenario: string;
  readonly judgement: Judgement;
  readonly n: number | null;
}

function overRuns(name: string, runs: readonly Run[], unit: string, failed: number): OverallFigure {
  const missed = runs.filter(({ judgement }) => judgement.met === false);
  const unknown = runs.filter(({ judgement }) => judgement.met === null);
  const known = runs.filter(({ judgement }) => judgement.met !== null);
  const worst = [...(missed.length > 0 ? missed : known)].sort((a, b) => b.judgement.badness - a.judgement.badness)[0];
  const n = known.reduce((sum, run) => sum + (run.n ?? 0), 0);
  const goals = [...new Set(runs.map(({ judgement }) => judgement.plainGoal))];
  const where = [
    ...(missed.length > 0 ? [`missed in ${missed.map(({ scenario }) => scenario).join(", ")}`] : []),
    ...(unknown.length > 0 ? [`${NOT_KNOWN} in ${unknown.map(({ scenario }) => scenario).join(", ")}`] : []),
  ];
  return {
    name,
    goal: goals.join(" or "),
    reached: worst ? `${worst.judgement.reached} (${worst.scenario})` : NOT_KNOWN,
    where: where.join("; "),
    met: missed.length > 0 ? false : known.length === 0 || failed > 0 ? null : true,
    n: `${unit === RUNS ? "" : `${writeCount(n)} ${unit}, `}${known.length} of ${runs.length} runs`,
  };
}

/** Where a run is judged as a whole. */
const RUNS = "runs";
const all = (_: FloodResult) => true;

function machinesOf({ machines }: FloodResult): number {
  return machines.requests;
}

function countedOf(group: GroupResult, what: keyof GroupResult["counted"]): number {
  return provenClinicians(group).counted[what];
}

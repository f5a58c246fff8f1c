/** What runs in the lab came to, in words: a line for each second, a table for each run, one for all of them. */

import type { LiveSecond } from "./live.ts";
import type { ModelFigures } from "./model/result.ts";
import type { Failure } from "./real/run.ts";
import { type Judgement, judge, provenClinicians } from "./report-page/acceptance.ts";
import { FIGURES_ELSEWHERE, judgeOverall } from "./report-page/overall.ts";
import { writeDuration, writeLoad, writeMilliseconds, writeShare } from "./report-page/wording.ts";
import type { FloodResult, GroupResult } from "./result.ts";

const LABEL_WIDTH = 60;

export function describeLive({ second, phase, sent, stopped, originUnits, posture, clinicians }: LiveSecond): string {
  return [
    `${String(second + 1).padStart(4)} s`,
    phase.padEnd(6),
    `flood ${count(sent).padStart(6)}/s`,
    `stopped ${count(stopped).padStart(6)}`,
    `portal ${count(originUnits).padStart(5)} units`,
    `doctors ${clinicians.ok} of ${clinicians.all}`,
    posture ?? "",
  ].join("   ");
}

/** What went wrong for the clinic. */
export function describeFailures(failures: readonly Failure[]): string {
  const lines = failures.map(({ lane, why, count: times }) => `  ${count(times).padStart(6)} × ${lane}: ${why}`);
  return ["\nWhat failed most for the clinic, from the beginning of the attack:", ...lines].join("\n");
}

/** Figures of one run and how they stand to the goals. */
export function describeResult(result: FloodResult): string {
  const { scenario, shield, scale, seed, sound, remark, clinicians, residents, machines, attackers } = result;
  const stopped = Object.entries(attackers.byAnswer).map(([by, n]) => `${by} ${count(n)}`);
  const { overAdmission } = result;
  return [
    `${scenario}, ${result.clock} time, ${shield ? "with the shield" : "without the shield"}, scale ${scale}, seed ${seed}` +
      `${sound ? "" : "   NOT SOUND"}${remark === "" ? "" : `: ${remark}`}`,
    "",
    ...describeGroup("Clinicians", clinicians),
    ...describeGroup("Residents", residents),
    ...describeGroup("Machines", machines),
    row("Flood", `${count(attackers.requests)} requests, ${count(attackers.reachedOrigin)} reached the portal`),
    row("  answered by the shield", stopped.join(", ") || "none"),
    row("  clearances bought", count(attackers.solved)),
    row(
      "  let through beyond budgets",
      overAdmission === null
        ? "no source was well over its budget"
        : `${count(overAdmission.beyondBudget)} by ${count(overAdmission.keys)} that asked ${count(overAdmission.asked)} and had ${count(overAdmission.budget)}; ${count(overAdmission.worstKey)} by the worst`,
    ),
    "",
    ...describeJudgements(judge(result)),
  ].join("\n");
}

function describeGroup(name: string, group: GroupResult): string[] {
  const line = (label: string, { requests, success, first30s, challenged, blocked }: GroupResult) =>
    row(
      label,
      `${count(requests)} requests; first 30 s ${writeShare(first30s)}, then ${writeShare(success)}; ` +
        `${challenged} challenged, ${blocked} blocked`,
    );
  return [
    line(name, group),
    ...Object.entries(group.byLane ?? {}).map(([lane, theirs]) => line(`  ${lane}`, theirs)),
    row("  whole tasks", `${count(group.tasks.completed)} of ${count(group.tasks.started)}`),
    row(
      "  slower than in the calm, p50 · p95 · p99",
      [group.addedLatencyMs.p50, group.addedLatencyMs.p95, group.addedLatencyMs.p99].map(writeMilliseconds).join(" · "),
    ),
  ];
}

function describeJudgements(judgements: readonly Judgement[]): string[] {
  return judgements.map(({ name, goal, reached, met, n, nCounts }) => {
    const word = met === null ? "?" : met ? "met" : "MISSED";
    const of = n === null || nCounts === "" ? "" : `  (n = ${count(n)} ${nCounts})`;
    return `${word.padEnd(8)}${name.padEnd(LABEL_WIDTH)}${reached.padEnd(24)}${goal}${of}`;
  });
}

const COLUMNS = [22, 16, 11, 11, 11, 11, 9, 20, 10, 10, 12, 9] as const;

/** A run that gave no result. */
export interface FailedRun {
  readonly scenario: string;
  readonly why: string;
}

/** One line a run. */
export function describeSummary(results: readonly FloodResult[], failures: readonly FailedRun[] = []): string {
  const line = (cells: readonly string[]) => cells.map((cell, n) => cell.padEnd(COLUMNS[n] ?? 10)).join("");
  const head =
    "scenario|signed in (n)|first 30 s|signing in|machines|residents|stopped|load, 10 s|detected|mitigated|lost|missed";
  const rows = results.map((result) => {
    const { clinicians, machines, residents, attackers, origin, times, sound, shield } = result;
    const proven = provenClinicians(clinicians);
    const judgements = judge({ ...result, sound: true });
    const missed = judgements.filter(({ met }) => met === false).length;
    return line([
      `${result.scenario}${shield ? "" : " bare"}${sound ? "" : " (!)"}`,
      `${writeShare(proven.success)} (${count(proven.counted.afterFirst30s)})`,
      writeShare(proven.first30s),
      writeShare(clinicians.byLane?.["signing in"]?.success ?? null),
      writeShare(machines.success),
      writeShare(residents.success),
      attackers.requests === 0 ? "–" : writeShare(attackers.stopped),
      writeLoad(origin.peak10sRps, origin.capacityRps),
      attackers.requests === 0 ? "–" : writeDuration(times.detectedAfterMs),
      writeDuration(times.mitigatedAfterMs),
      result.postsLost === null ? "–" : `${result.postsLost} of ${count(result.postsSent ?? 0)}`,
      `${missed} of ${judgements.filter(({ met }) => met !== null).length}`,
    ]);
  });
  const failed = failures.map(({ scenario, why }) => `${scenario.padEnd(COLUMNS[0])}FAILED: ${why}`);
  const doubts = results
    .filter(({ sound, remark }) => !sound || remark !== "")
    .map(({ scenario, sound, remark }) => `(!) ${scenario}: ${sound ? "" : "not sound: "}${remark}`);
  return [line(head.split("|")), ...rows, ...failed, ...doubts].join("\n");
}

const OVERALL_COLUMNS = [8, 82, 28, 38, 0] as const;

/** Every acceptance figure over all runs. */
export function describeOverall(results: readonly FloodResult[], failures: readonly FailedRun[] = []): string {
  const figures = judgeOverall(results, failures.length);
  const line = (cells: readonly string[]) => cells.map((cell, n) => cell.padEnd(OVERALL_COLUMNS[n] ?? 0)).join("");
  return [
    line(["", "figure", "goal", "worst", "n"]),
    ...figures.flatMap(({ name, goal, reached, where, met, n }) => [
      line([met === null ? "?" : met ? "met" : "MISSED", name, goal, reached, n]),
      ...(where === "" ? [] : [line(["", `  ${where}`])]),
    ]),
    ...FIGURES_ELSEWHERE,
  ].join("\n");
}

/** What only the model can look into. */
export function describeModel(model: ModelFigures): string {
  const { overAdmission, newsS, exchange, elevated, memory } = model;
  const { worst } = overAdmission;
  const ms = (value: number | null) => (value === null ? "–" : `${count(value)} ms`);
  const s = (value: number | null) => (value === null ? "–" : `${value.toFixed(2)} s`);
  return [
    row(
      "Size",
      `${count(model.sources)} sources, ${count(model.isolatesAwake)} isolates awake, ${model.locations} locations`,
    ),
    row(
      "Elevated after",
      `watch ${ms(elevated.watchMs)}, half of the isolates ${ms(elevated.halfOfIsolatesMs)}, 99 % ${ms(elevated.nearlyAllIsolatesMs)}`,
    ),
    row(
      "Keys over budget",
      `${count(overAdmission.keys)}; the tallies passed ${count(overAdmission.admittedUnits)}, budgets held ${count(overAdmission.budgetUnits)}`,
    ),
    row(
      "  the worst",
      worst
        ? `${worst.key}: ${count(worst.overUnits)} beyond ${count(worst.budgetUnits)}, bound ${count(worst.boundUnits)}, ${worst.isolates} isolates`
        : "–",
    ),
    row(
      "  of its bound",
      `${writeShare(overAdmission.worstShareOfBound)} at most; ${overAdmission.keysBeyondBound} keys beyond it`,
    ),
    row(
      "Age of news",
      `p50 ${s(newsS.p50)}, p99 ${s(newsS.p99)}, max ${s(newsS.max)}; ${count(newsS.notEverywhere)} keys not everywhere after 5 s`,
    ),
    row(
      "Exchanges",
      `${exchange.perIsolateSecond.toFixed(2)} per isolate-second, ${exchange.keysPerCall.toFixed(1)} keys each; a shard ${count(exchange.perShardSecond.mean)}/s, peak ${count(exchange.perShardSecond.peak)}/s, busy ${writeShare(exchange.busiestShardShare)}, longest queue ${ms(exchange.longestQueueMs)}; refused ${count(exchange.refused)}`,
    ),
    row(
      "Memory",
      `${count(memory.ledgerBytes / 1e6)} MB of tallies (${(memory.tallyBytesInProduction / 1e6).toFixed(1)} MB each in production), the model ${count(memory.modelRssBytes / 1e6)} MB`,
    ),
    row("Took", `${model.wallS.toFixed(1)} s`),
  ].join("\n");
}

/** Two runs of a scenario side by side. */
export function compareResults(before: FloodResult, now: FloodResult): string {
  const [earlier, later] = [judge(before), judge(now)];
  const lines = later.map(({ name, reached, met }) => {
    const then = earlier.find((each) => each.name === name);
    const turned = then === undefined || then.met === met ? "" : met ? "now met" : met === false ? "NOW MISSED" : "";
    return `${name.padEnd(LABEL_WIDTH)}${(then?.reached ?? "–").padEnd(24)}${reached.padEnd(24)}${turned}`;
  });
  const doubts = [before, now].some(({ sound }) => !sound) ? ["One of the two is not sound: this proves nothing."] : [];
  const side = ({ shield, seed, scale }: FloodResult) => `${shield ? "shield" : "bare"}, seed ${seed}, 1/${scale}`;
  return [
    [now.scenario.padEnd(LABEL_WIDTH), `before (${side(before)})`.padEnd(24), `now (${side(now)})`].join(""),
    ...lines,
    ...doubts,
  ].join("\n");
}

function row(label: string, figure: string): string {
  return label.padEnd(LABEL_WIDTH) + figure;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

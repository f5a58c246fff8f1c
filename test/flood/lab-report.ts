/** What runs in the lab came to, in words: a line for each second, a table for each run, one for all of them. */

import type { Failure, LiveSecond } from "./real/run.ts";
import { countAfterFirst30s, countClinicians, type Judgement, judge } from "./report-page/acceptance.ts";
import { writeDuration, writeLoad, writeMilliseconds, writeShare } from "./report-page/wording.ts";
import type { FloodResult, GroupResult } from "./result.ts";

const LABEL_WIDTH = 56;

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
  return [
    `${scenario}, ${shield ? "with the shield" : "without the shield"}, scale ${scale}, seed ${seed}` +
      `${sound ? "" : "   NOT SOUND"}${remark === "" ? "" : `: ${remark}`}`,
    "",
    ...describeGroup("Clinicians", clinicians),
    ...describeGroup("Residents", residents),
    ...describeGroup("Machines", machines),
    row("Flood", `${count(attackers.requests)} requests, ${count(attackers.reachedOrigin)} reached the portal`),
    row("  answered by the shield", stopped.join(", ") || "none"),
    row("  clearances bought", count(attackers.solved)),
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

const COLUMNS = [22, 16, 11, 11, 11, 11, 9, 20, 10, 10, 6, 9] as const;

/** One line a run. */
export function describeSummary(results: readonly FloodResult[]): string {
  const line = (cells: readonly string[]) => cells.map((cell, n) => cell.padEnd(COLUMNS[n] ?? 10)).join("");
  const head =
    "scenario|doctors (n)|first 30 s|signed in|machines|residents|stopped|load, 10 s|detected|mitigated|lost|missed";
  const rows = results.map((result) => {
    const { clinicians, machines, residents, attackers, origin, times, sound, shield } = result;
    const judgements = judge({ ...result, sound: true });
    const missed = judgements.filter(({ met }) => met === false).length;
    return line([
      `${result.scenario}${shield ? "" : " bare"}${sound ? "" : " (!)"}`,
      `${writeShare(clinicians.success)} (${countAfterFirst30s(result, countClinicians)})`,
      writeShare(clinicians.first30s),
      writeShare(provenShare(result)),
      writeShare(machines.success),
      writeShare(residents.success),
      attackers.requests === 0 ? "–" : writeShare(attackers.stopped),
      writeLoad(origin.peak10sRps, origin.capacityRps),
      attackers.requests === 0 ? "–" : writeDuration(times.detectedAfterMs),
      writeDuration(times.mitigatedAfterMs),
      String(result.postsLost),
      `${missed} of ${judgements.filter(({ met }) => met !== null).length}`,
    ]);
  });
  const shielded = results.filter(({ shield, sound }) => shield && sound);
  const n = shielded.reduce((sum, result) => sum + (countAfterFirst30s(result, countClinicians) ?? 0), 0);
  const ok = shielded.reduce(
    (sum, result) => sum + (countAfterFirst30s(result, ({ clinicians }) => clinicians.ok) ?? 0),
    0,
  );
  const pooled = n === 0 ? "" : `\nClinicians of all sound runs with the shield: ${writeShare(ok / n)} of ${count(n)}.`;
  const doubts = results.filter(({ sound }) => !sound).map(({ scenario, remark }) => `(!) ${scenario}: ${remark}`);
  return [line(head.split("|")), ...rows, ...doubts].join("\n") + pooled;
}

/** Of those who were signed in: the lowest of their lanes. */
function provenShare({ clinicians }: FloodResult): number | null {
  const lanes = Object.entries(clinicians.byLane ?? {}).filter(([lane]) => lane !== "signing in");
  const shares = lanes.flatMap(([, { success }]) => (success === null ? [] : [success]));
  return shares.length === 0 ? null : Math.min(...shares);
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

/** What a run came to, in words: a line for each second, and the two runs side by side at the end. */
import type { Progress, RunResult } from "./run.ts";
import { type AttackTally, STOPPED_BY } from "./tally.ts";

/** Widest label, and the width of one column of figures. */
const LABEL_WIDTH = 45;
const COLUMN_WIDTH = 16;

export function describeSecond({ second, sent, stopped, reachedOrigin, doctorSteps, doctorStepsOk }: Progress): string {
  return [
    `${String(second).padStart(3)} s`,
    `flood ${count(sent).padStart(6)}/s`,
    `stopped ${count(stopped).padStart(6)}`,
    `to the portal ${count(reachedOrigin).padStart(6)}`,
    `doctors' pages ${doctorStepsOk} of ${doctorSteps}`,
  ].join("   ");
}

export interface Column {
  readonly title: string;
  readonly result: RunResult;
}

/** The table at the end. */
export function describeRuns(columns: readonly Column[]): string {
  const row = (label: string, figure: (result: RunResult) => string) =>
    label.padEnd(LABEL_WIDTH) + columns.map(({ result }) => figure(result).padStart(COLUMN_WIDTH)).join("");
  const head = "".padEnd(LABEL_WIDTH) + columns.map(({ title }) => title.padStart(COLUMN_WIDTH)).join("");
  const ways = STOPPED_BY.filter((by) => columns.some(({ result }) => result.attack.stopped[by] > 0));
  return [
    head,
    "-".repeat(head.length),
    row("Flood: requests sent", ({ attack }) => count(attack.sent)),
    row("  a second", ({ attack, seconds }) => count(attack.sent / Math.max(1, seconds))),
    row("  stopped by the shield", ({ attack }) => count(attack.stoppedInAll)),
    ...ways.map((by) => row(`    ${WAYS[by]}`, ({ attack }) => count(attack.stopped[by]))),
    row("  reached the portal", ({ attack }) => percent(attack.reachedOrigin, attack.settled)),
    row("    served by it", ({ attack }) => count(attack.served)),
    row("    refused or failed there, or unanswered", ({ attack }) => count(attack.failed + attack.unanswered)),
    "",
    row("Doctors: whole tasks done, of those begun", ({ doctors }) =>
      outOf(doctors.tasksCompleted, doctors.tasksStarted - doctors.tasksCutShort),
    ),
    row("  cut short by the end of the run", ({ doctors }) => count(doctors.tasksCutShort)),
    row("  sign-ins during the flood, of those tried", ({ doctors }) => outOf(doctors.signedIn, doctors.signInsWanted)),
    row("  pages that came as asked", ({ doctors }) => percent(doctors.stepsOk, doctors.steps.length)),
    row("  such a page took, median", ({ doctors }) => milliseconds(doctors.latencyMs(0.5))),
    row("  such a page took, 95 of 100 at most", ({ doctors }) => milliseconds(doctors.latencyMs(0.95))),
    row("  pages with a challenge before them", ({ doctors }) => count(doctors.challenges)),
    "",
    row("Prescriptions sent off", ({ prescriptions }) => count(prescriptions.sent)),
    row("  seen in the list afterwards", ({ prescriptions }) => count(prescriptions.confirmed)),
    row("  held by the portal", ({ prescriptions }) => count(prescriptions.held)),
    row("  seen, but lost · held twice", ({ prescriptions }) => `${prescriptions.lost} · ${prescriptions.doubled}`),
    "",
    row("Load of the portal, units a second: it bears", ({ load }) => count(load.capacityPerSecond)),
    row("  mean", ({ load }) => count(load.meanPerSecond)),
    row("  most", ({ load }) => count(load.peakPerSecond)),
    row("  seconds with more than it bears", ({ load }) => percent(load.overloadedShare, 1)),
  ].join("\n");
}

/** What a reader should know before he trusts the figures; "" when there is nothing. */
export function describeDoubts(columns: readonly Column[]): string {
  return columns
    .flatMap(({ title, result }) => [
      ...(result.partial ? [`${title}: ended early, the figures are partial.`] : []),
      ...(isHeldBack(result.attack)
        ? [`${title}: ${count(result.attack.heldBack)} flood requests were not sent, as answers came too slowly.`]
        : []),
    ])
    .join("\n");
}

const WAYS: Record<(typeof STOPPED_BY)[number], string> = {
  challenge: "asked to solve a challenge",
  limit: "over a budget",
  block: "blocked by a rule",
  wait: "told to wait for room",
  closed: "closed to unproven programs",
  fault: "malformed",
};

function isHeldBack({ heldBack, sent }: AttackTally): boolean {
  return heldBack > sent / 100;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function outOf(some: number, all: number): string {
  return `${count(some)} of ${count(all)}`;
}

function percent(some: number, all: number): string {
  return all === 0 ? "–" : `${((100 * some) / all).toFixed(1)} %`;
}

function milliseconds(value: number | null): string {
  return value === null ? "–" : `${count(value)} ms`;
}

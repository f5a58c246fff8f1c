/** The tables of the page. Every verdict is a sign and a word, so that it reads without colour. */
import type { FloodResult, GroupResult } from "../result.ts";
import { type Judgement, judge, provenClinicians } from "./acceptance.ts";
import { goalsOf } from "./goals.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { judgeOverall } from "./overall.ts";
import { nameWayOfStopping } from "./pictures.ts";
import { doubt, tally } from "./sentences.ts";
import { type Span, spansOf } from "./spans.ts";
import {
  keepUnits,
  NOT_KNOWN,
  writeCount,
  writeDuration,
  writeLoad,
  writeMilliseconds,
  writeShare,
} from "./wording.ts";

/** As many rows as are read out without tiring. */
const SPANS_READ = 12;

export function sideOf({ shield }: FloodResult): string {
  return shield ? "with the shield" : "without the shield";
}

export interface Anchored {
  readonly result: FloodResult;
  readonly anchor: string;
  readonly name: string;
}

/** All runs, one a row. */
export function summaryTable(runs: readonly Anchored[]): Markup {
  const rows = runs.map(({ result, anchor, name }) => {
    const { clinicians, attackers, origin, times, shield, scenario } = result;
    const judgements = judge(result);
    const isGuarded = shield && !goalsOf(scenario).isControl;
    return html`<tr><th scope="row"><a href="#${anchor}">${name}</a>${doubtMark(result)}</th><td>${shield ? "yes" : "no"}</td>
<td>${verdictOn(judgements)}<span class="tally">${tally(judgements)}</span></td>
<td class="figure">${writeShare(clinicians.success)}</td><td class="figure">${isGuarded ? writeShare(attackers.stopped) : "–"}</td>
<td class="figure">${writeLoad(origin.peak10sRps, origin.capacityRps)}</td>
<td class="figure">${isGuarded ? writeDuration(times.mitigatedAfterMs) : "–"}</td></tr>`;
  });
  return scrolling(
    "All runs",
    html`<table><caption>All runs</caption><thead><tr><th scope="col">Scenario</th><th scope="col">Shield</th><th scope="col">Goals</th><th scope="col" class="figure">Doctors served</th><th scope="col" class="figure">Flood stopped</th><th scope="col" class="figure">Portal’s load, highest 10 s</th><th scope="col" class="figure">Mitigated after</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/** Clinicians of all shielded runs together: single runs are too short to tell 99.9 % from 99.5 %. */
export function pooledSentence(results: readonly FloodResult[]): string {
  const counted = results
    .filter(({ shield, sound }) => shield && sound)
    .map(({ clinicians }) => provenClinicians(clinicians));
  const n = counted.reduce((sum, run) => sum + run.counted.afterFirst30s, 0);
  if (n === 0) return "";
  const served = counted.reduce((sum, run) => sum + Math.round((run.success ?? 0) * run.counted.afterFirst30s), 0);
  return `In all sound runs with the shield together, ${writeCount(served)} of ${writeCount(n)} requests of signed-in clinicians were served after the first 30 s of attack: ${writeShare(served / n)}.`;
}

/** Every acceptance figure over all runs, where there are several. */
export function overallTable(results: readonly FloodResult[]): Markup {
  const rows = judgeOverall(results).map(
    ({ name, goal, reached, where, met, n }) =>
      html`<tr><th scope="row">${name}${where === "" ? NOTHING : html`<span class="where">${where}</span>`}</th><td>${keepUnits(goal)}</td><td>${badge(met)}<span class="tally">${keepUnits(reached)}</span></td><td class="figure">${n}</td></tr>`,
  );
  return scrolling(
    "What is demanded of the shield, over all runs",
    html`<table><caption>What is demanded of the shield, over all runs</caption><thead><tr><th scope="col">Demand</th><th scope="col">Goal</th><th scope="col">Worst run</th><th scope="col" class="figure">Taken from</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/** The goals of one scenario, its runs side by side. */
export function acceptanceTable(results: readonly FloodResult[]): Markup {
  const judged = results.map((result) => ({ result, judgements: judge(result) }));
  const names = [...new Set(judged.flatMap(({ judgements }) => judgements.map(({ name }) => name)))];
  const several = results.length > 1;
  const heads = judged.map(
    ({ result }) =>
      html`<th scope="col" class="figure">Reached${several ? ` ${sideOf(result)}` : ""}</th><th scope="col">Judged</th>`,
  );
  const rows = names.map((name) => {
    const found = judged.map(({ judgements }) => judgements.find((judgement) => judgement.name === name));
    const goals = [...new Set(found.flatMap((judgement) => (judgement ? [judgement.goal] : [])))];
    return html`<tr><th scope="row">${name}</th><td>${goals.map((goal, i) => html`${i > 0 ? html`<br/>` : NOTHING}${keepUnits(goal)}`)}</td>${found.map(judgementCells)}</tr>`;
  });
  return scrolling(
    "Acceptance figures",
    html`<table><caption>Acceptance figures</caption><thead><tr><th scope="col">Figure</th><th scope="col">Goal</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function judgementCells(judgement: Judgement | undefined): Markup {
  if (!judgement) return html`<td class="figure">–</td><td>does not apply</td>`;
  const { reached, met, n, nCounts } = judgement;
  const from =
    nCounts === "" || (n === null && met === null)
      ? NOTHING
      : html`<span class="sample">n ${n === null ? NOT_KNOWN : `= ${writeCount(n)}`}</span>`;
  return html`<td class="figure">${reached}${from}</td><td>${badge(met)}</td>`;
}

export function groupsTable(results: readonly FloodResult[]): Markup {
  const several = results.length > 1;
  const rows = results.flatMap((result) => {
    const side = several ? `, ${sideOf(result)}` : "";
    const lanes = Object.entries(result.clinicians.byLane ?? {}).map(([lane, group]) =>
      groupRow(`of clinicians: ${lane}${side}`, group),
    );
    return [
      groupRow(`Clinicians${side}`, result.clinicians),
      ...lanes,
      groupRow(`Residents${side}`, result.residents),
      groupRow(`Machines${side}`, result.machines),
    ];
  });
  return scrolling(
    "People and machines",
    html`<table><caption>People and machines</caption><thead><tr><th scope="col">Who</th><th scope="col" class="figure">Requests</th><th scope="col" class="figure">Served, first 30 s</th><th scope="col" class="figure">Served after</th><th scope="col" class="figure">Challenged</th><th scope="col" class="figure">Blocked</th><th scope="col" class="figure">Tasks done</th><th scope="col" class="figure">Latency added, p50 / p95 / p99</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function groupRow(name: string, group: GroupResult): Markup {
  const { requests, first30s, success, challenged, blocked, tasks, addedLatencyMs } = group;
  const { p50, p95, p99 } = addedLatencyMs;
  const isKnown = p50 !== null || p95 !== null || p99 !== null;
  const latency = isKnown ? [p50, p95, p99].map(writeMilliseconds).join(" / ") : NOT_KNOWN;
  return html`<tr><th scope="row">${name}</th><td class="figure">${writeCount(requests)}</td><td class="figure">${writeShare(first30s)}</td><td class="figure">${writeShare(success)}</td><td class="figure">${writeCount(challenged)}</td><td class="figure">${writeCount(blocked)}</td><td class="figure">${writeCount(tasks.completed)} of ${writeCount(tasks.started)}</td><td class="figure">${latency}</td></tr>`;
}

/** How the flood was stopped, and by which rules. */
export function stoppedTables({ attackers, rules }: FloodResult): Markup {
  const ways = Object.entries(attackers.byAnswer).map(
    ([kind, count]) =>
      html`<tr><th scope="row">${nameWayOfStopping(kind)}</th><td class="figure">${writeCount(count)}</td></tr>`,
  );
  const matches = rules.map(
    ({ name, matched, ofWhichClinicians }) =>
      html`<tr><th scope="row">${name}</th><td class="figure">${writeCount(matched)}</td><td class="figure">${writeCount(ofWhichClinicians)}</td></tr>`,
  );
  return html`<div class="beside">${ways.length === 0 ? NOTHING : html`<table><caption>How the flood was stopped</caption><thead><tr><th scope="col">Answer</th><th scope="col" class="figure">Requests</th></tr></thead><tbody>${ways}</tbody></table>`}${matches.length === 0 ? NOTHING : html`<table><caption>Rules that matched</caption><thead><tr><th scope="col">Rule</th><th scope="col" class="figure">Requests</th><th scope="col" class="figure">of clinicians</th></tr></thead><tbody>${matches}</tbody></table>`}</div>`;
}

/** What the pictures show, for whoever cannot see them. */
export function picturesAsTable(result: FloodResult): Markup {
  if (result.series.length === 0) return NOTHING;
  const rows = spansOf(result, SPANS_READ).map((span) => spanRow(span, result.origin.capacityRps));
  const label = `The pictures as figures, ${sideOf(result)}`;
  return html`<details><summary>${label}</summary>${scrolling(
    label,
    html`<table><caption>${label}: rates are means, load and latency those of the worst second</caption><thead><tr><th scope="col">Seconds</th><th scope="col" class="figure">Flood, per s</th><th scope="col" class="figure">of it at the portal</th><th scope="col" class="figure">People and machines, per s</th><th scope="col" class="figure">Clinicians served</th><th scope="col" class="figure">p50</th><th scope="col" class="figure">p95</th><th scope="col" class="figure">Portal’s load</th><th scope="col">Posture</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`;
}

function spanRow(span: Span, capacity: number): Markup {
  const people = span.clinicians + span.residents + span.machines;
  return html`<tr><th scope="row">${span.fromS}–${span.toS}</th><td class="figure">${writeCount(span.attackers)}</td><td class="figure">${writeCount(span.floodReachedOrigin)}</td><td class="figure">${writeCount(people)}</td><td class="figure">${writeShare(span.cliniciansServed)}</td><td class="figure">${writeMilliseconds(span.p50Ms)}</td><td class="figure">${writeMilliseconds(span.p95Ms)}</td><td class="figure">${writeLoad(span.originUnits, capacity)}</td><td>${span.posture ?? NOT_KNOWN}</td></tr>`;
}

function verdictOn(judgements: readonly Judgement[]): Markup {
  if (judgements.some(({ met }) => met === false)) return badge(false);
  return badge(judgements.some(({ met }) => met === true) ? true : null);
}

function badge(met: boolean | null): Markup {
  if (met === null) return html`<span class="badge unknown">? ${NOT_KNOWN}</span>`;
  return met ? html`<span class="badge met">✓ met</span>` : html`<span class="badge missed">✗ missed</span>`;
}

/** Wherever a figure or picture may be cut out and shown by itself it carries its doubt along. */
export function doubtMark(result: FloodResult): Markup {
  const why = doubt(result);
  return why ? html` <span class="badge doubtful">! ${why.word.toLowerCase()}</span>` : NOTHING;
}

/** A wide table scrolls by itself, by keyboard as well; the page never does. */
function scrolling(label: string, table: Markup): Markup {
  return html`<div class="scrolling" role="group" tabindex="0" aria-label="${label}">${table}</div>`;
}

/** The report: one page that needs nothing but itself. It is drawn here, so it works without JavaScript and on paper. */
import type { FloodResult } from "../result.ts";
import { inkDefinitions } from "./charts/ink.ts";
import type { Picture } from "./charts/picture.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { extentOf, picturesOf } from "./pictures.ts";
import { circumstances, comparison, doubt, headline } from "./sentences.ts";
import { STYLE } from "./style.ts";
import {
  acceptanceTable,
  doubtMark,
  groupsTable,
  overallTable,
  picturesAsTable,
  pooledSentence,
  sideOf,
  stoppedTables,
  summaryTable,
} from "./tables.ts";
import { keepUnits } from "./wording.ts";

/** Names what cannot be known from a table alone; printed once. */
const HOW_TO_READ =
  "“Clinicians” are doctors, nurses and pharmacists at work. The “portal” is the e-health service behind the shield; an “isolate” is one running copy of the shield, and “Durable Object calls” are what its copies tell each other. A request counts as served when it was answered as wanted, in time. Where too few requests were made to tell a goal apart, it is met only if none failed. “Not known” is not zero: it was not or could not be measured.";

/** One scenario on one clock, with the shield first; without it beside, where that was run as well. */
interface Comparison {
  readonly anchor: string;
  readonly name: string;
  readonly results: readonly FloodResult[];
}

export function renderReport(results: readonly FloodResult[]): string {
  const comparisons = pairUp(results);
  const runs = comparisons.flatMap(({ anchor, name, results: sides }) =>
    sides.map((result) => ({ anchor, name, result })),
  );
  const doubtful = results.filter((result) => doubt(result) !== null).length;
  const pooled = pooledSentence(results);
  const page = html`<html lang="en"><head><meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/><title>Vairogs: report on simulated floods</title>
<style>${{ markup: STYLE }}</style></head><body>${inkDefinitions()}
<header><h1>Report on simulated floods</h1><p class="quiet">Vairogs, the shield before the e-health portal. ${HOW_TO_READ}</p></header>
<main>${results.length === 0 ? html`<p>There is no result.</p>` : summaryTable(runs)}
${doubtful === 0 ? NOTHING : html`<p class="doubt"><strong>! Caution:</strong> ${doubtful} of ${results.length} runs ${doubtful === 1 ? "is" : "are"} not sound or not complete, and marked so.</p>`}
${pooled === "" ? NOTHING : html`<p>${pooled}</p>`}
${results.length > 1 ? overallTable(results) : NOTHING}
${comparisons.map(scenarioSection)}</main></body></html>`;
  return `<!doctype html>\n${page.markup}\n`;
}

function scenarioSection({ anchor, name, results }: Comparison): Markup {
  const [first] = results;
  if (!first) return NOTHING;
  const extent = extentOf(results);
  const columns = results.map((result, i) =>
    result.series.length === 0 ? [] : picturesOf(result, extent, `${anchor}-${i}`),
  );
  const compared = comparison(results);
  return html`<section class="scenario" id="${anchor}" aria-labelledby="${anchor}-name"><h2 id="${anchor}-name">${name}</h2>
${results.map((result) => doubtBox(result, results.length > 1))}
<p class="headline">${keepUnits(headline(first))}${doubtMark(first)}</p>
${compared === "" ? NOTHING : html`<p class="compared">${keepUnits(compared)}</p>`}
${results.map((result) => html`<p class="circumstances">${upperFirst(sideOf(result))}: ${circumstances(result)}</p>`)}
${acceptanceTable(results)}
<h3>The run in pictures</h3>
${results.filter(({ series }) => series.length === 0).map((result) => html`<p>The single seconds of the run ${sideOf(result)} are not known, so there is nothing to draw.</p>`)}
<div class="pictures">${sideBySide(results, columns)}</div>
${results.map(picturesAsTable)}
${groupsTable(results)}
${results.filter(({ shield }) => shield).map(stoppedTables)}
</section>`;
}

/** Row by row the same picture of each run: with the shield left, without it right. */
function sideBySide(results: readonly FloodResult[], columns: readonly (readonly Picture[])[]): readonly Markup[] {
  const rows = Math.max(...columns.map((pictures) => pictures.length));
  return Array.from({ length: rows }, (_, row) =>
    columns.flatMap((pictures, column) => {
      const picture = pictures[row];
      const result = results[column];
      if (!picture || !result) return [];
      // One that has no counterpart, the posture, needs no side.
      const side =
        columns.every((others) => others[row]) && columns.length > 1
          ? html` <span class="side">${sideOf(result)}</span>`
          : NOTHING;
      return [
        html`<figure><figcaption>${picture.title}${side}${doubtMark(result)}</figcaption>${picture.svg}<ul class="legend">${picture.legend}</ul></figure>`,
      ];
    }),
  ).flat();
}

function doubtBox(result: FloodResult, several: boolean): Markup {
  const why = doubt(result);
  return why
    ? html`<p class="doubt"><strong>! ${why.word}${several ? ` (${sideOf(result)})` : ""}:</strong> ${why.reason}</p>`
    : NOTHING;
}

/** Runs that differ in nothing but the shield stand side by side. */
function pairUp(results: readonly FloodResult[]): readonly Comparison[] {
  const groups: FloodResult[][] = [];
  for (const result of results) {
    const partners = groups.find((group) => group.length === 1 && group.every((other) => isOtherSide(result, other)));
    if (partners) partners.push(result);
    else groups.push([result]);
  }
  return groups.map((group, i) => ({
    anchor: `run-${i + 1}`,
    name: nameOf(group, results),
    results: group.sort((a, b) => Number(b.shield) - Number(a.shield)),
  }));
}

function isOtherSide(a: FloodResult, b: FloodResult): boolean {
  return (
    a.scenario === b.scenario &&
    a.shield !== b.shield &&
    a.clock === b.clock &&
    a.seed === b.seed &&
    a.scale === b.scale
  );
}

/** The clock and the scale are named where a scenario was run on both, or at several. */
function nameOf([first]: readonly FloodResult[], all: readonly FloodResult[]): string {
  if (!first) return "";
  const others = all.filter(({ scenario }) => scenario === first.scenario);
  const more = [
    ...(others.some(({ clock }) => clock !== first.clock) ? [`${first.clock} time`] : []),
    ...(others.some(({ scale }) => scale !== first.scale)
      ? [first.scale === 1 ? "full scale" : `1/${first.scale}`]
      : []),
  ];
  return more.length === 0 ? first.scenario : `${first.scenario} (${more.join(", ")})`;
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

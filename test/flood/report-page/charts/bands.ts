/** Which posture the shield was in: one row for each, the strictest on top, so that it reads without any colour. */
import { POSTURES } from "../../../../src/policy/verdict.ts";
import { html, NOTHING } from "../markup.ts";
import type { Span } from "../spans.ts";
import { drawFrame, type Frame } from "./frame.ts";
import { fillOf, INKS, swatch } from "./ink.ts";
import type { Picture } from "./picture.ts";

/** Of a row that is as high as 1. */
const BAR = 0.64;

type Stretch = Pick<Span, "fromS" | "toS" | "posture">;

/** Neighbours in one bar: between bars that only touch, browsers leave hairlines. */
function mergeEqual(spans: readonly Span[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const { fromS, toS, posture } of spans) {
    const last = stretches.at(-1);
    if (last?.posture === posture) stretches[stretches.length - 1] = { ...last, toS };
    else stretches.push({ fromS, toS, posture });
  }
  return stretches;
}

export function drawPostures(frame: Frame, spans: readonly Span[]): Picture {
  const met = spans.map(({ posture }) => posture).filter((posture) => posture !== null);
  const rows = [...new Set<string>([...POSTURES, ...met])];
  const hasUnknown = spans.some(({ posture }) => posture === null);
  const axis = { top: rows.length, ticks: rows.map((label, row) => ({ at: row + 0.5, label })) };
  const svg = drawFrame(frame, axis, ({ x, y }) => {
    const bars = mergeEqual(spans).map(({ fromS, toS, posture }) => {
      const row = posture === null ? 0 : rows.indexOf(posture);
      const top = posture === null ? y(rows.length) : y(row + 0.5 + BAR / 2);
      const bottom = posture === null ? y(0) : y(row + 0.5 - BAR / 2);
      const fill = fillOf(posture === null ? INKS.unknown : INKS.posture);
      const size = { width: (x(toS) - x(fromS)).toFixed(1), height: (bottom - top).toFixed(1) };
      return html`<rect x="${x(fromS)}" y="${top}" width="${size.width}" height="${size.height}" fill="${fill}" stroke="#333" stroke-width="0.8"/>`;
    });
    return html`${bars}`;
  });
  const legend = html`<li>${swatch(INKS.posture)} in this posture</li>${hasUnknown ? html`<li>${swatch(INKS.unknown)} not known</li>` : NOTHING}`;
  return { title: frame.title, svg, legend };
}

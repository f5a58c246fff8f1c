/** Lines over time, with limits across. Where nothing is known the line is broken. */
import { html, type Markup, NOTHING } from "../markup.ts";
import type { Span } from "../spans.ts";
import { drawFrame, type Frame, type Scale, type YAxis } from "./frame.ts";
import { lineSwatch } from "./ink.ts";
import type { Picture } from "./picture.ts";

export interface Line {
  readonly name: string;
  readonly colour: string;
  /** Lengths of dashes and gaps; "" is drawn through. */
  readonly dash: string;
  readonly width: number;
  readonly figure: (span: Span) => number | null;
}

export interface Limit {
  readonly name: string;
  readonly at: number;
  readonly dash: string;
}

export function drawLines(
  frame: Frame,
  axis: YAxis,
  spans: readonly Span[],
  { lines, limits }: { readonly lines: readonly Line[]; readonly limits: readonly Limit[] },
): Picture {
  const svg = drawFrame(
    frame,
    axis,
    (scale) =>
      html`${limits.map((limit) => drawLimit(limit, scale, frame))}${lines.map((line) => drawLine(line, spans, scale))}`,
  );
  const legend = html`${lines.map((line) => html`<li>${lineSwatch(line)} ${line.name}</li>`)}${limits.map(({ name, dash }) => html`<li>${lineSwatch({ colour: LIMIT_COLOUR, dash })} ${name}</li>`)}`;
  return { title: frame.title, svg, legend };
}

const LIMIT_COLOUR = "#111111";

function drawLimit({ at, dash }: Limit, { x, y, right }: Scale, { durationS }: Frame): Markup {
  return durationS > 0
    ? html`<path d="M${x(0)} ${y(at)}H${right}" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="${dash}" fill="none"/>`
    : NOTHING;
}

function drawLine({ colour, dash, width, figure }: Line, spans: readonly Span[], { x, y }: Scale): Markup {
  let isBroken = true;
  const steps = spans.map((span) => {
    const value = figure(span);
    const start = isBroken ? "M" : "L";
    isBroken = value === null;
    return value === null ? "" : `${start}${x(span.fromS)} ${y(value)}H${x(span.toS)}`;
  });
  const d = steps.join("");
  return d === ""
    ? NOTHING
    : html`<path class="line" d="${d}" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`;
}

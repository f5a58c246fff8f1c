/** Stacked areas: how much of each there was, one upon the other. */
import { html, type Markup } from "../markup.ts";
import type { Span } from "../spans.ts";
import { axisUpTo, drawFrame, type Frame } from "./frame.ts";
import { fillOf, type Ink, swatch } from "./ink.ts";
import type { Picture } from "./picture.ts";

export interface Layer {
  readonly name: string;
  readonly ink: Ink;
  /** Mean requests per second. */
  readonly rate: (span: Span) => number;
}

/** @param most the greatest sum to make room for, so that pictures side by side have one scale */
export function drawLayers(frame: Frame, spans: readonly Span[], layers: readonly Layer[], most: number): Picture {
  const sums = spans.map(() => 0);
  const svg = drawFrame(frame, axisUpTo(most), (scale) => {
    const areas = layers.map(({ ink, rate }) => {
      const below = [...sums];
      spans.forEach((span, i) => {
        sums[i] = (sums[i] ?? 0) + rate(span);
      });
      // Each span is a step of its own length: a slope would show requests that were never sent.
      const upper = spans.map((s, i) => `${scale.x(s.fromS)} ${scale.y(sums[i] ?? 0)}H${scale.x(s.toS)}`);
      const lower = spans.map((s, i) => `${scale.x(s.toS)} ${scale.y(below[i] ?? 0)}H${scale.x(s.fromS)}`).reverse();
      if (upper.length === 0) return html``;
      return html`<path class="layer" fill="${fillOf(ink)}" d="M${upper.join("L")}L${lower.join("L")}Z"/>`;
    });
    return html`${areas}`;
  });
  return {
    title: frame.title,
    svg,
    legend: legendOf(layers.filter(({ rate }) => spans.some((span) => rate(span) > 0))),
  };
}

/** From top to bottom, as they lie in the picture. */
function legendOf(layers: readonly Layer[]): Markup {
  return html`${[...layers].reverse().map(({ name, ink }) => html`<li>${swatch(ink)} ${name}</li>`)}`;
}

/** What every picture shares: its size, its axes with units, the shaded attack, and its words for those who cannot see it. */
import { html, type Markup, NOTHING } from "../markup.ts";

/** Units of the drawing; on paper and on a telephone it is scaled as a whole, so letters are large. */
const WIDTH = 480;
const HEIGHT = 236;
const TOP = 34;
const BOTTOM = 44;
const RIGHT = 14;
const X_TICKS = 6;
const Y_TICKS = 4;
/** From so long a run on its axis is in minutes, s. */
const IN_MINUTES_FROM_S = 600;

export interface Frame {
  /** Unique on the page: names of title and description are made of it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** With its unit. */
  readonly yLabel: string;
  readonly durationS: number;
  readonly attackS: readonly [number, number];
  readonly height?: number;
  /** Room at the left for the labels of the axis. */
  readonly left?: number;
}

/** From seconds and figures to places in the drawing. */
export interface Scale {
  readonly x: (second: number) => number;
  readonly y: (value: number) => number;
  readonly right: number;
}

export interface YAxis {
  readonly top: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** @param most the greatest figure to be shown; ticks end at or above it */
export function axisUpTo(most: number): YAxis {
  const ticks = ticksUpTo(most, Y_TICKS);
  const top = ticks.at(-1) ?? 1;
  return { top, ticks: ticks.map((at) => ({ at, label: at.toLocaleString("en-US") })) };
}

/** Ticks at powers of ten, for figures of which some are a hundred times others. */
export function axisByTens(least: number, most: number): YAxis & { readonly height: (ms: number) => number } {
  const from = Math.floor(Math.log10(Math.max(1, least)));
  const top = Math.max(1, Math.ceil(Math.log10(Math.max(1, most)) - 1e-9) - from);
  const ticks = Array.from({ length: top + 1 }, (_, at) => ({ at, label: writeDurationTick(10 ** (from + at)) }));
  return { top, ticks, height: (ms) => Math.max(0, Math.log10(Math.max(1, ms)) - from) };
}

function writeDurationTick(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toLocaleString("en-US")} s` : `${ms} ms`;
}

export function drawFrame(frame: Frame, axis: YAxis, draw: (scale: Scale) => Markup): Markup {
  const { id, title, description, yLabel, attackS, left = 58, height = HEIGHT } = frame;
  const durationS = Math.max(1, frame.durationS);
  const right = WIDTH - RIGHT;
  const bottom = height - BOTTOM;
  const x = (second: number) => place(left + (Math.min(Math.max(second, 0), durationS) / durationS) * (right - left));
  const y = (value: number) => place(bottom - (value / axis.top) * (bottom - TOP));
  const scale = { x, y, right };
  return html`<svg role="img" viewBox="0 0 ${WIDTH} ${height}" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${drawAttack(attackS, scale, bottom)}
${axis.ticks.map(({ at, label }) => html`<path class="grid" d="M${left} ${y(at)}H${right}"/><text class="tick" x="${left - 6}" y="${y(at) + 4}" text-anchor="end">${label}</text>`)}
<text class="axis" x="4" y="14">${yLabel}</text>
${draw(scale)}
<path class="edge" d="M${left} ${TOP}V${bottom}H${right}"/>
${drawTimes(durationS, scale, bottom)}
</svg>`;
}

function drawAttack([fromS, toS]: readonly [number, number], { x }: Scale, bottom: number): Markup {
  if (toS <= fromS) return NOTHING;
  const [from, to] = [x(fromS), x(toS)];
  const height = bottom - TOP;
  return html`<rect class="attack" x="${from}" y="${TOP}" width="${place(to - from)}" height="${height}"/><path class="attack-edge" d="M${from} ${TOP - 8}V${bottom}M${to} ${TOP - 8}V${bottom}"/><text class="attack-label" x="${place((from + to) / 2)}" y="${TOP - 5}" text-anchor="middle">attack</text>`;
}

function drawTimes(durationS: number, { x, right }: Scale, bottom: number): Markup {
  const inMinutes = durationS >= IN_MINUTES_FROM_S;
  const unitS = inMinutes ? 60 : 1;
  const ticks = ticksUpTo(durationS / unitS, X_TICKS).filter((tick) => tick * unitS <= durationS);
  return html`${ticks.map((tick) => html`<path class="edge" d="M${x(tick * unitS)} ${bottom}v4"/><text class="tick" x="${x(tick * unitS)}" y="${bottom + 17}" text-anchor="middle">${tick}</text>`)}<text class="axis" x="${right}" y="${bottom + 36}" text-anchor="end">${inMinutes ? "minutes" : "seconds"} since the start</text>`;
}

/** Round steps of 1, 2 or 5 times a power of ten, from 0 up to or above the most. */
function ticksUpTo(most: number, count: number): readonly number[] {
  const wanted = (most > 0 ? most : 1) / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= wanted - 1e-9) ?? 10);
  const steps = Math.ceil((most > 0 ? most : 1) / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function place(value: number): number {
  return Math.round(value * 10) / 10;
}

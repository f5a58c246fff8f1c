/**
 * Colours of Okabe and Ito, which colour-blind people can tell apart, and each with a pattern or dash of its own, so that
 * a black and white print tells as much.
 */
import { html, type Markup } from "../markup.ts";

type Pattern = "plain" | "rising" | "falling" | "dots" | "level" | "upright" | "crossed";

export interface Ink {
  readonly id: string;
  readonly ground: string;
  readonly mark: string;
  readonly pattern: Pattern;
}

const BLUE = "#0072b2";
const SKY = "#56b4e9";
const GREEN = "#009e73";
const RED = "#d55e00";
const ORANGE = "#e69f00";
const YELLOW = "#f0e442";
const PINK = "#cc79a7";

export const INKS = {
  clinicians: { id: "ink-clinicians", ground: BLUE, mark: BLUE, pattern: "plain" },
  machines: { id: "ink-machines", ground: "#ffffff", mark: GREEN, pattern: "level" },
  residents: { id: "ink-residents", ground: SKY, mark: "#ffffff", pattern: "dots" },
  attackers: { id: "ink-attackers", ground: "#f6d3bc", mark: RED, pattern: "rising" },
  served: { id: "ink-served", ground: BLUE, mark: BLUE, pattern: "plain" },
  failed: { id: "ink-failed", ground: "#111111", mark: "#111111", pattern: "plain" },
  reached: { id: "ink-reached", ground: RED, mark: "#ffffff", pattern: "crossed" },
  challenge: { id: "ink-challenge", ground: YELLOW, mark: "#7a7000", pattern: "dots" },
  limit: { id: "ink-limit", ground: "#fae3b4", mark: ORANGE, pattern: "rising" },
  block: { id: "ink-block", ground: "#e4e4e4", mark: "#777777", pattern: "falling" },
  wait: { id: "ink-wait", ground: "#f6e2ec", mark: PINK, pattern: "level" },
  closed: { id: "ink-closed", ground: "#ffffff", mark: "#888888", pattern: "upright" },
  other: { id: "ink-other", ground: "#f4f4f4", mark: "#bbbbbb", pattern: "dots" },
  load: { id: "ink-load", ground: "#d9ebf6", mark: BLUE, pattern: "plain" },
  posture: { id: "ink-posture", ground: ORANGE, mark: ORANGE, pattern: "plain" },
  unknown: { id: "ink-unknown", ground: "#ffffff", mark: "#888888", pattern: "falling" },
} as const satisfies Record<string, Ink>;

/** Once per page: every picture refers to these. */
export function inkDefinitions(): Markup {
  // Not display:none: browsers do not paint with patterns that are not displayed.
  return html`<svg class="inks" width="0" height="0" aria-hidden="true"><defs>${Object.values(INKS).map(definition)}</defs></svg>`;
}

export function fillOf(ink: Ink): string {
  return `url(#${ink.id})`;
}

/** The little square of a legend. */
export function swatch(ink: Ink): Markup {
  return html`<svg class="swatch" viewBox="0 0 18 14" width="18" height="14" aria-hidden="true"><rect x="0.5" y="0.5" width="17" height="13" fill="${fillOf(ink)}" stroke="#333"/></svg>`;
}

export function lineSwatch({ colour, dash }: { readonly colour: string; readonly dash: string }): Markup {
  return html`<svg class="swatch" viewBox="0 0 30 14" width="30" height="14" aria-hidden="true"><path d="M0 7H30" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}" fill="none"/></svg>`;
}

function definition({ id, ground, mark, pattern }: Ink): Markup {
  return html`<pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="${ground}"/>${MARKS[pattern](mark)}</pattern>`;
}

const stroke = (d: string, colour: string) => html`<path d="${d}" stroke="${colour}" stroke-width="2" fill="none"/>`;

const MARKS: Record<Pattern, (colour: string) => Markup> = {
  plain: () => html``,
  rising: (colour) => stroke("M-1 8L8 -1M-1 1L1 -1M6 8L8 6", colour),
  falling: (colour) => stroke("M-1 -1L8 8M-1 6L1 8M6 -1L8 1", colour),
  dots: (colour) => html`<circle cx="3.5" cy="3.5" r="1.4" fill="${colour}"/>`,
  level: (colour) => stroke("M0 3.5H7", colour),
  upright: (colour) => stroke("M3.5 0V7", colour),
  crossed: (colour) => html`<path d="M0 3.5H7M3.5 0V7" stroke="${colour}" stroke-width="0.9" fill="none"/>`,
};

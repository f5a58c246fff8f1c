import type { Markup } from "../markup.ts";

/** A drawing, and the items of its legend. */
export interface Picture {
  readonly title: string;
  readonly svg: Markup;
  readonly legend: Markup;
}

/**
 * Manual modes: what staff decided by hand, for a time. A posture that overrides the automatic one, in both directions, or a
 * sheddable route that is switched off. They come from src/rules.ts or from an operator's call; an operator's comes first,
 * as it is the later word. Every mode ends by itself.
 */
import { type BanView, NO_BANS } from "./bans.ts";
import type { Posture } from "./verdict.ts";

/** What people are told, in both languages. Plain text. */
export interface Notice {
  readonly lv: string;
  readonly en: string;
}

export type Mode = {
  /** Why: for colleagues, never shown to visitors. */
  readonly reason: string;
  /** Who set it: an operator, or "src/rules.ts". */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
  readonly notice: Notice | null;
} & ({ readonly kind: "posture"; readonly posture: Posture } | { readonly kind: "off"; readonly route: string });

/** What operators set for one site, all of it, as of some revision: older news, still on its way, is not taken for new. */
export interface ManualModes {
  readonly revision: number;
  readonly modes: readonly Mode[];
}

/** One site has at most one mode under a key: setting another replaces it. */
export function keyOf(mode: Mode): string {
  return mode.kind === "posture" ? "posture" : `off ${mode.route}`;
}

/** A route that is switched off, as long as `until`. */
export interface SwitchedOff {
  readonly until: number;
  readonly notice: Notice | null;
}

/** By the route's name. */
export type SwitchedOffRoutes = ReadonlyMap<string, SwitchedOff>;
export const NOTHING_OFF: SwitchedOffRoutes = new Map();

/** How guarded a site is at the moment of a decision. */
export interface Situation {
  readonly posture: Posture;
  readonly switchedOff: SwitchedOffRoutes;
  /** When the posture left normal, ms since 1970; null while it is normal, or nobody knows. */
  readonly onset: number | null;
  /** Whom operators shut out. */
  readonly bans: BanView;
}

/** Where nothing but the posture is known. */
export function inPosture(posture: Posture): Situation {
  return { posture, switchedOff: NOTHING_OFF, onset: null, bans: NO_BANS };
}

/** Modes from several places, those that come first winning. */
export function firstOfEach(...sources: readonly (readonly Mode[])[]): readonly Mode[] {
  const modes = new Map<string, Mode>();
  for (const mode of sources.flat()) if (!modes.has(keyOf(mode))) modes.set(keyOf(mode), mode);
  return [...modes.values()];
}

/**
 * The controller of one site: how much the origin gets, and how guarded the site is. Pure; time is passed in.
 *
 * Capacity follows additive increase, multiplicative decrease (Chiu and Jain, 1989): configured capacity holds until the
 * origin fails under it. Posture rises at once when more is wanted than the origin bears and falls only after calm.
 */
import { demandOf, type SiteSummary } from "../counters/protocol.ts";
import type { Posture } from "../policy/verdict.ts";

/** A second in which more than this share of forwarded requests failed counts as overload. */
const FAILED_SHARE = 0.1;
/** Below this many requests a share says nothing. */
const FORWARDED_MIN = 20;
const DECREASE = 0.8;
const INCREASE_SHARE_PER_SECOND = 0.05;
const LOWEST_SHARE = 0.3;
const CALM_BELOW_SHARE = 0.5;
const CALM_FOR_MS = 60_000;

export interface SiteState {
  readonly capacityPerSecond: number;
  /** What was wanted lately, units a second: mean of the last reports, as reports do not come in step. */
  readonly demandPerSecond: number;
  /** What the origin is given now, units a second. */
  readonly allowedPerSecond: number;
  readonly posture: Posture;
  readonly because: string;
  /** When demand was last above what calm means, ms since 1970. */
  readonly busyAt: number;
}

export function initialState(capacityPerSecond: number): SiteState {
  return {
    capacityPerSecond,
    demandPerSecond: 0,
    allowedPerSecond: capacityPerSecond,
    posture: "normal",
    because: "calm",
    busyAt: 0,
  };
}

/** @param summary what all shards reported over about the last second */
export function steer(state: SiteState, summary: SiteSummary, now: number): SiteState {
  const seconds = Math.max(summary.overMs, 500) / 1000;
  const demandPerSecond = (state.demandPerSecond + demandOf(summary) / seconds) / 2;
  const capacity = summary.capacityPerSecond;
  const failing = summary.forwarded >= FORWARDED_MIN && summary.failed > FAILED_SHARE * summary.forwarded;
  const allowed = Math.min(state.allowedPerSecond, capacity);
  const allowedPerSecond = failing
    ? Math.max(LOWEST_SHARE * capacity, allowed * DECREASE)
    : Math.min(capacity, allowed + INCREASE_SHARE_PER_SECOND * capacity * seconds);

  // A table that must forget who is denied is itself a sign of a flood: more clients than there can be.
  const full = (summary.full ?? 0) > 0;
  const busyAt = demandPerSecond > CALM_BELOW_SHARE * capacity || failing || full ? now : state.busyAt;
  const measured = { capacityPerSecond: capacity, demandPerSecond, allowedPerSecond, busyAt };
  if (demandPerSecond > capacity || failing || full)
    return { ...measured, posture: "elevated", because: reasonFor(failing, full) };
  if (state.posture === "elevated" && now - busyAt < CALM_FOR_MS) return { ...state, ...measured };
  return { ...measured, posture: "normal", because: "calm" };
}

function reasonFor(failing: boolean, full: boolean): string {
  if (failing) return "the origin fails";
  return full ? "there are more clients than can be counted" : "more is wanted than the origin bears";
}

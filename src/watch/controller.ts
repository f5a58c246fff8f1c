/**
 * The controller of one site: how much the origin gets, and how guarded the site is. Pure; time is passed in.
 *
 * Configured capacity holds until the origin says otherwise. What it says is read as in Netflix's concurrency-limits
 * (Gradient2: latency of now against what is usual), and latency is taken by Little's law from the time that requests spend
 * at the origin, so those that never come back count as well. Trouble cuts what is given to less than what was sent (AIMD:
 * Chiu and Jain, 1989). Growth is quick up to where the trouble began, slow around it and quick again beyond (the plateau of
 * CUBIC, RFC 9438), so that a smaller capacity is approached without swinging about it, and a larger one is found again.
 *
 * Posture rises at once when more is wanted than the origin bears and falls only after calm.
 */
import { demandOf, type SiteSummary } from "../counters/protocol.ts";
import { combined, NO_RATES, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import type { Posture } from "../policy/verdict.ts";

/** A second in which more than this share of forwarded requests failed counts as overload. */
const FAILED_SHARE = 0.1;
/** Below this many requests a share, or a mean, says nothing. */
const SAMPLES_MIN = 20;
/** Answers may take so many times what is usual, or so much longer, before they count as slow: capacity may be used to the full. */
const TOLERANCE = 3;
const TOLERANCE_MS = 100;
/** At one step what is given falls to no less than this share of what was sent: when requests fail, when they are slow. */
const FAILING_FACTOR_MIN = 0.5;
const SLOW_FACTOR_MIN = 0.7;
const FAILING_FACTOR_MAX = 0.8;
/** What was ordered is felt so much later: isolates hear of it, what is under way comes back, they tell. */
const HOLD_MS = 3000;
const LOWEST_SHARE = 0.1;
/** Growth a second, as a share of the configured capacity: far from the last trouble, near it, and while nothing is learned. */
const GROWTH_FAST = 0.05;
const GROWTH_NEAR = 0.01;
const GROWTH_UNUSED = 0.002;
const NEAR: readonly [number, number] = [0.8, 1.4];
/** Below this share of what is given, use teaches nothing about what could be borne. */
const USED_SHARE = 0.5;
/** How fast the usual latency follows a lower, a higher one, and a higher one under strain, share a second. */
const USUAL_FALLS = 0.2;
const USUAL_RISES = 0.01;
const USUAL_RISES_STRAINED = 0.003;

const CALM_BELOW_SHARE = 0.5;
const CALM_FOR_MS = 60_000;
/**
 * People in a crowd ask for pages within their budgets, and their browsers for what pages are made of. Hardly anybody is
 * refused. All of it can be imitated, and whoever does so gains that he is not asked to work: no room that was another's.
 */
const CROWD_SHARE = 0.8;
const CROWD_PARTS_PER_PAGE = 0.5;
const CROWD_REFUSED_SHARE = 0.1;
/** Up to so many times what the origin bears waiting is enough, also where browsers have the parts of pages already. */
const CROWD_MILD = 2;

export interface SiteState {
  readonly capacityPerSecond: number;
  /** What was wanted lately, units a second: mean of the last reports, as reports do not come in step. */
  readonly demandPerSecond: number;
  /** What the origin is given now, units a second. */
  readonly allowedPerSecond: number;
  /** What was given when the origin was last in trouble; infinite when it never was. */
  readonly troubleAtPerSecond: number;
  readonly cutAt: number;
  /** Usual time at the origin by class, ms; 0 while unknown. */
  readonly usualMs: Rates;
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
    troubleAtPerSecond: Number.POSITIVE_INFINITY,
    cutAt: 0,
    usualMs: NO_RATES,
    posture: "normal",
    because: "calm",
    busyAt: 0,
  };
}

/** @param summary what all shards reported over about the last second */
export function steer(state: SiteState, summary: SiteSummary, now: number): SiteState {
  const seconds = Math.max(summary.overMs, 500) / 1000;
  const failing = isFailing(summary);
  const slowness = slownessOf(summary, state.usualMs);
  const measured: SiteState = {
    ...state,
    capacityPerSecond: summary.capacityPerSecond,
    demandPerSecond: (state.demandPerSecond + demandOf(summary) / seconds) / 2,
    usualMs: usualAfter(state.usualMs, summary, failing || slowness > 1, seconds),
  };
  const given = give(measured, summary, failing, slowness, seconds, now);
  return guard(given, summary, failing, now);
}

/** How much the origin gets from now on. */
function give(
  state: SiteState,
  summary: SiteSummary,
  failing: boolean,
  slowness: number,
  seconds: number,
  now: number,
): SiteState {
  const { capacityPerSecond: capacity, troubleAtPerSecond } = state;
  const allowed = Math.min(state.allowedPerSecond, capacity);
  const sent = totalOf(ratesFrom(summary.sent ?? summary.wanted)) / seconds;
  if (failing || slowness > 1) {
    if (now - state.cutAt < HOLD_MS) return { ...state, allowedPerSecond: allowed };
    const factor = failing
      ? Math.max(FAILING_FACTOR_MIN, Math.min(FAILING_FACTOR_MAX, 1 - summary.failed / summary.forwarded))
      : Math.max(SLOW_FACTOR_MIN, 1 / slowness);
    const from = Math.min(allowed, Math.max(sent, LOWEST_SHARE * capacity));
    return {
      ...state,
      allowedPerSecond: Math.max(LOWEST_SHARE * capacity, from * factor),
      troubleAtPerSecond: from,
      cutAt: now,
    };
  }
  const near = allowed >= NEAR[0] * troubleAtPerSecond && allowed <= NEAR[1] * troubleAtPerSecond;
  const growth = sent < USED_SHARE * allowed ? GROWTH_UNUSED : near ? GROWTH_NEAR : GROWTH_FAST;
  const allowedPerSecond = Math.min(capacity, allowed + growth * capacity * seconds);
  const recovered = allowedPerSecond >= capacity;
  return {
    ...state,
    allowedPerSecond,
    troubleAtPerSecond: recovered ? Number.POSITIVE_INFINITY : troubleAtPerSecond,
  };
}

/** How guarded the site is from now on. */
function guard(state: SiteState, summary: SiteSummary, failing: boolean, now: number): SiteState {
  const { capacityPerSecond: capacity, demandPerSecond } = state;
  // A table that must forget who is denied is itself a sign of a flood: more clients than there can be.
  const full = (summary.full ?? 0) > 0;
  const tooMuch = demandPerSecond > capacity;
  const busyAt = demandPerSecond > CALM_BELOW_SHARE * capacity || failing || full ? now : state.busyAt;
  const elevated = state.posture === "elevated";
  if (tooMuch && !elevated && !full && isCrowd(summary, demandPerSecond <= CROWD_MILD * capacity))
    return { ...state, busyAt, because: "surge: many people come at once, nobody attacks" };
  if (tooMuch || failing || full) return { ...state, busyAt, posture: "elevated", because: reasonFor(failing, full) };
  if (elevated && now - busyAt < CALM_FOR_MS) return { ...state, busyAt };
  return { ...state, busyAt, posture: "normal", because: "calm" };
}

function isFailing({ forwarded, failed }: SiteSummary): boolean {
  return forwarded >= SAMPLES_MIN && failed > FAILED_SHARE * forwarded;
}

/** Above 1: answers take longer than is tolerated, by that factor. Compared class by class, so that another mix is not slowness. */
function slownessOf(summary: SiteSummary, usualMs: Rates): number {
  const residence = ratesFrom(summary.residenceMs);
  const left = ratesFrom(summary.left);
  let actualMs = 0;
  let usual = 0;
  let samples = 0;
  for (const c of [0, 1, 2, 3] as const) {
    if (usualMs[c] === 0) continue;
    actualMs += residence[c];
    // With nobody leaving, the one request that should have left stands for the rest.
    const count = Math.max(left[c], residence[c] > 0 ? 1 : 0);
    usual += count * usualMs[c];
    samples += count;
  }
  const hanging = actualMs > SAMPLES_MIN * (usual / Math.max(1, samples) + TOLERANCE_MS);
  if (samples === 0 || (samples < SAMPLES_MIN && !hanging)) return 0;
  const mean = actualMs / samples;
  const expected = usual / samples;
  return mean / Math.max(TOLERANCE * expected, expected + TOLERANCE_MS);
}

function usualAfter(usualMs: Rates, summary: SiteSummary, strained: boolean, seconds: number): Rates {
  const now = combined(ratesFrom(summary.residenceMs), ratesFrom(summary.left), (ms, n) => (n > 0 ? ms / n : 0));
  return combined(usualMs, now, (usual, mean) => {
    if (mean === 0 || usual === 0) return usual || mean;
    const follows = mean < usual ? USUAL_FALLS : strained ? USUAL_RISES_STRAINED : USUAL_RISES;
    return usual + (mean - usual) * Math.min(1, follows * seconds);
  });
}

/** Much is wanted, but by people: browsers that behave like it, or mostly such as proved who they are. */
function isCrowd(
  { strangers = 0, pages = 0, parts = 0, turnedAway, ...summary }: SiteSummary,
  isMild: boolean,
): boolean {
  const wanted = ratesFrom(summary.wanted);
  const all = totalOf(wanted) + turnedAway;
  if (wanted[0] + wanted[1] >= CROWD_SHARE * all) return true;
  const browsers =
    strangers >= SAMPLES_MIN &&
    pages + parts >= CROWD_SHARE * strangers &&
    (isMild || parts >= CROWD_PARTS_PER_PAGE * pages);
  return browsers && turnedAway <= CROWD_REFUSED_SHARE * all;
}

function reasonFor(failing: boolean, full: boolean): string {
  if (failing) return "the origin fails";
  return full ? "there are more clients than can be counted" : "more is wanted than the origin bears";
}

/**
 * The controller of one site: how much the origin gets. How guarded the site is stands in posture.ts. Pure; time is passed in.
 *
 * Configured capacity holds until the origin says otherwise. What it says is read as in Netflix's concurrency-limits
 * (Gradient2: latency of now against what is usual), and latency is taken by Little's law from the time that requests spend
 * at the origin, so those that never come back count as well.
 *
 * Trouble cuts what is given to less than what was sent (AIMD: Chiu and Jain, 1989), and for a moment to less than that, so
 * that what has piled up at the origin drains (the Drain state of BBR, draft-ietf-ccwg-bbr): while it does, failures tell
 * nothing new and must not cut again. Then as much is added as answers are quicker than they may be, and nothing once they
 * become slow: so a smaller capacity is approached without swinging about it, and a larger one is found again. Where an
 * origin's trouble does not show in how long it takes, growth is slow around where it was (the plateau of CUBIC, RFC 9438).
 */
import { askedIn, demandOf, type SiteSummary } from "../counters/protocol.ts";
import { combined, NO_RATES, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import { type Guard, guard, UNGUARDED } from "./posture.ts";

/** A second in which more than this share of forwarded requests failed counts as overload. */
const FAILED_SHARE = 0.1;
/** Below this many requests a share, or a mean, says nothing. */
const SAMPLES_MIN = 20;
/** Answers may take so many times what is usual, or so much longer, before they count as slow: capacity may be used to the full. */
const TOLERANCE = 3;
const TOLERANCE_MS = 100;
/** From this share of what is tolerated on nothing is added: load rises and falls by itself, and should not reach the whole of it. */
const COMFORTABLE = 0.45;
/** At one step what is given falls to no less than this share of what was sent, to no less when answers are only slow, and to no more. */
const FACTOR_MIN = 0.55;
const SLOW_FACTOR_MIN = 0.7;
const FACTOR_MAX = 0.85;
/** What was ordered is felt so much later: isolates hear of it, what is under way comes back, they tell. */
const HOLD_MS = 3000;
/** Whatever has piled up is gone by then, or still more is sent than the origin bears. */
const DRAIN_MAX_MS = 10_000;
const LOWEST_SHARE = 0.1;
/** When everybody wants more than there is, so much of what is given is sent: the rest is kept for doctors. */
const SENT_SHARE = 0.75;
const SENT_FALLS = 0.2;
/** Growth a second: of what is given while answers are quick; of the configured capacity near a trouble that does not show, and unused. */
const GROWTH_QUICK = 0.08;
const GROWTH_NEAR = 0.005;
/** Near it growth is twice as fast after so long, and ever faster then: the trouble may be over. */
const NEAR_PACE_MS = 18_000;
const GROWTH_UNUSED = 0.002;
const NEAR: readonly [number, number] = [0.8, 1.25];
/** Below this share of what is given, use teaches nothing about what could be borne. */
const USED_SHARE = 0.5;
/** How fast the usual latency follows a lower, a higher one, and a higher one under strain, share a second. */
const USUAL_FALLS = 0.2;
const USUAL_RISES = 0.01;
const USUAL_RISES_STRAINED = 0.003;

export interface SiteState extends Guard {
  readonly capacityPerSecond: number;
  /** What was wanted lately, units a second: mean of the last reports, as reports do not come in step. */
  readonly demandPerSecond: number;
  /** What the origin is given now, units a second. */
  readonly allowedPerSecond: number;
  /** What is sent, units a second, as it was before isolates began to brake: it falls slowly. */
  readonly sentPerSecond: number;
  /** What is given once the origin has drained; null while it does not have to. */
  readonly afterDrainPerSecond: number | null;
  /** What was given when the origin was last in trouble; infinite since it has all that is configured. */
  readonly troubleAtPerSecond: number;
  /** Whether that showed in how long answers took: then it will again, and before requests fail. */
  readonly troubleShows: boolean;
  /** When what is given was last cut, or given back after a cut. */
  readonly steppedAt: number;
  /** Usual time at the origin by class, ms; 0 while unknown. */
  readonly usualMs: Rates;
}

export function initialState(capacityPerSecond: number): SiteState {
  return {
    capacityPerSecond,
    demandPerSecond: 0,
    allowedPerSecond: capacityPerSecond,
    sentPerSecond: 0,
    afterDrainPerSecond: null,
    troubleAtPerSecond: Number.POSITIVE_INFINITY,
    troubleShows: false,
    steppedAt: 0,
    usualMs: NO_RATES,
    ...UNGUARDED,
  };
}

/** How the origin does. */
interface Health {
  readonly failing: boolean;
  /** How long answers take, as a share of what is tolerated; 0 while nothing is known. */
  readonly slowness: number;
}

/** @param summary what all shards reported over about the last second */
export function steer(state: SiteState, summary: SiteSummary, now: number): SiteState {
  const seconds = Math.max(summary.overMs, 500) / 1000;
  const health: Health = { failing: isFailing(summary), slowness: slownessOf(summary, state.usualMs) };
  const sent = totalOf(ratesFrom(summary.sent ?? summary.wanted)) / seconds;
  const measured: SiteState = {
    ...state,
    capacityPerSecond: summary.capacityPerSecond,
    demandPerSecond: (state.demandPerSecond + demandOf(summary) / seconds) / 2,
    sentPerSecond: Math.max((state.sentPerSecond + sent) / 2, (1 - SENT_FALLS) * state.sentPerSecond),
    allowedPerSecond: Math.min(state.allowedPerSecond, summary.capacityPerSecond),
    usualMs: usualAfter(state.usualMs, summary, isStrained(state, health), seconds),
  };
  const given = give(measured, summary, health, seconds, now);
  return { ...given, ...guard(given, summary, given.demandPerSecond, health.failing, now) };
}

function isInTrouble({ failing, slowness }: Health): boolean {
  return failing || slowness > 1;
}

/** What is measured now is no measure of what is usual. */
function isStrained({ troubleAtPerSecond }: SiteState, { failing, slowness }: Health): boolean {
  return failing || slowness > COMFORTABLE || Number.isFinite(troubleAtPerSecond);
}

/** How much the origin gets from now on. */
function give(state: SiteState, summary: SiteSummary, health: Health, seconds: number, now: number): SiteState {
  const { afterDrainPerSecond, steppedAt } = state;
  const isFelt = now - steppedAt >= HOLD_MS;
  if (isInTrouble(health)) {
    if (afterDrainPerSecond === null) return isFelt ? cut(state, summary, health, now) : state;
    if (now - steppedAt >= DRAIN_MAX_MS) return cut(state, summary, health, now);
    return isFelt ? state : deepen(state, summary, health);
  }
  if (!isFelt) return state;
  return afterDrainPerSecond === null
    ? grow(state, health, seconds, now)
    : { ...state, allowedPerSecond: afterDrainPerSecond, afterDrainPerSecond: null, steppedAt: now };
}

function cut(state: SiteState, summary: SiteSummary, health: Health, now: number): SiteState {
  const needed = Math.max(LOWEST_SHARE * state.capacityPerSecond, state.sentPerSecond / SENT_SHARE);
  const troubleAtPerSecond = Math.min(state.allowedPerSecond, needed);
  const troubled = { ...state, troubleAtPerSecond, troubleShows: health.slowness > COMFORTABLE, steppedAt: now };
  return drained(troubled, factorOf(summary, health));
}

/** The first report of a trouble tells of its beginning only: what shows before the cut is felt belongs to the same. */
function deepen(state: SiteState, summary: SiteSummary, health: Health): SiteState {
  const deeper = drained(state, factorOf(summary, health));
  return deeper.allowedPerSecond < state.allowedPerSecond ? deeper : state;
}

/** As far below what it will be given then as that is below what was too much. */
function drained(state: SiteState, factor: number): SiteState {
  const lowest = LOWEST_SHARE * state.capacityPerSecond;
  const afterDrainPerSecond = Math.max(lowest, factor * state.troubleAtPerSecond);
  return { ...state, afterDrainPerSecond, allowedPerSecond: Math.max(lowest, factor * afterDrainPerSecond) };
}

/** By how much it is too much nobody knows: the more fails, or the longer it takes, the more. */
function factorOf(summary: SiteSummary, { failing, slowness }: Health): number {
  const { forwarded, failed } = summary;
  const served = failing ? (forwarded - failed) / Math.max(forwarded, askedIn(summary)) : 1;
  const inTime = Math.max(SLOW_FACTOR_MIN, 1 / Math.max(1, slowness));
  return Math.max(FACTOR_MIN, Math.min(FACTOR_MAX, served, inTime));
}

function grow(state: SiteState, { slowness }: Health, seconds: number, now: number): SiteState {
  const { capacityPerSecond: capacity, allowedPerSecond: allowed, troubleAtPerSecond, troubleShows } = state;
  const isNear = !troubleShows && allowed >= NEAR[0] * troubleAtPerSecond && allowed <= NEAR[1] * troubleAtPerSecond;
  const ease = Math.max(0, 1 - slowness / COMFORTABLE);
  const slow = GROWTH_NEAR * capacity * (1 + ((now - state.steppedAt) / NEAR_PACE_MS) ** 2);
  const quick = (isNear ? Math.min(slow, GROWTH_QUICK * allowed) : GROWTH_QUICK * allowed) * ease;
  const perSecond = state.sentPerSecond < USED_SHARE * allowed ? Math.min(quick, GROWTH_UNUSED * capacity) : quick;
  const allowedPerSecond = Math.min(capacity, allowed + perSecond * seconds);
  const isWhole = allowedPerSecond >= capacity;
  return {
    ...state,
    allowedPerSecond,
    troubleAtPerSecond: isWhole ? Number.POSITIVE_INFINITY : troubleAtPerSecond,
    troubleShows: troubleShows && !isWhole,
  };
}

/** Failures count only while less comes back than is sent: those of what was sent long ago tell nothing of now. */
function isFailing(summary: SiteSummary): boolean {
  const { forwarded, failed } = summary;
  const expected = (1 - FAILED_SHARE) * askedIn(summary);
  return forwarded >= SAMPLES_MIN && failed > FAILED_SHARE * forwarded && forwarded - failed < expected;
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

/**
 * The controller of one site: how much the origin gets, and how guarded the site is. Pure; time is passed in.
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
 *
 * Posture rises at once when more is wanted than the origin bears and falls only after calm.
 */
import { askedIn, demandOf, type SiteSummary } from "../counters/protocol.ts";
import { combined, NO_RATES, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import type { Posture } from "../policy/verdict.ts";

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
    sentPerSecond: 0,
    afterDrainPerSecond: null,
    troubleAtPerSecond: Number.POSITIVE_INFINITY,
    troubleShows: false,
    steppedAt: 0,
    usualMs: NO_RATES,
    posture: "normal",
    because: "calm",
    busyAt: 0,
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
  return guard(give(measured, summary, health, seconds, now), summary, health.failing, now);
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

/** How guarded the site is from now on. */
function guard(state: SiteState, summary: SiteSummary, failing: boolean, now: number): SiteState {
  const { capacityPerSecond: capacity, demandPerSecond } = state;
  // A table that must forget who is denied is itself a sign of a flood: more clients than there can be.
  const full = (summary.full ?? 0) > 0;
  const tooMuch = demandPerSecond > capacity;
  const busyAt = demandPerSecond > CALM_BELOW_SHARE * capacity || failing || full ? now : state.busyAt;
  const elevated = state.posture === "elevated";
  if ((tooMuch || failing) && !elevated && !full && isCrowd(summary, demandPerSecond <= CROWD_MILD * capacity))
    return { ...state, busyAt, because: tooMuch ? SURGE : AILING };
  if (tooMuch || failing || full) return { ...state, busyAt, posture: "elevated", because: reasonFor(failing, full) };
  if (elevated && now - busyAt < CALM_FOR_MS) return { ...state, busyAt };
  return { ...state, busyAt, posture: "normal", because: "calm" };
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

const SURGE = "surge: many people come at once, nobody attacks";
const AILING = "the origin fails, nobody attacks";

function reasonFor(failing: boolean, full: boolean): string {
  if (failing) return "the origin fails";
  return full ? "there are more clients than can be counted" : "more is wanted than the origin bears";
}

/**
 * The arithmetic of a result: shares, windows, times. Pure. What cannot be known is null, never a guess.
 *
 * A wish counts in the window in which it began. Latency added is what a step took during the attack more than the same
 * percentile of the second half of the calm, sign-ins left out, as most sign in while it is calm: what the flood cost those
 * who were served, not what the shield costs on a quiet day.
 */

import type { Group, Journal, Wish } from "./journal.ts";
import { capacityShareAt, type LabScenario } from "./lab-scenario.ts";
import type { FloodResult, GroupResult, SecondOfRun } from "./result.ts";

/** The first part of an attack, judged apart, ms. */
const FIRST_MS = 30_000;
const WORST_WINDOW_MS = 300_000;
/** Durable Object calls per 1,000 attack requests say something only at such a rate, requests/s. */
const MANY_PER_SECOND = 5000;
const MEAN_OVER_S = 10;
const SIGNING_IN = "signing in";

/** Times of a run in ms since its beginning. */
export interface Span {
  readonly attackFromMs: number;
  readonly attackToMs: number;
  readonly endMs: number;
}

export function shareOf(wishes: readonly Wish[]): number | null {
  return wishes.length === 0 ? null : wishes.filter(({ ok }) => ok).length / wishes.length;
}

export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}

export function within(wishes: readonly Wish[], fromMs: number, toMs: number): Wish[] {
  return wishes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

export function measureGroup(
  wishes: readonly Wish[],
  tasks: { readonly started: number; readonly completed: number },
  span: Span,
  byLane = true,
): GroupResult {
  const { attackFromMs, attackToMs } = span;
  const lanes = [...new Set(wishes.map(({ lane }) => lane))].sort();
  const first = within(wishes, attackFromMs, Math.min(attackFromMs + FIRST_MS, attackToMs));
  const later = within(wishes, attackFromMs + FIRST_MS, attackToMs);
  return {
    requests: wishes.length,
    succeeded: wishes.filter(({ ok }) => ok).length,
    success: shareOf(later),
    first30s: shareOf(first),
    counted: { first30s: first.length, afterFirst30s: later.length },
    worst5min: worst5min(wishes, span),
    challenged: wishes.filter(({ challenged }) => challenged).length,
    blocked: wishes.filter(({ blocked }) => blocked).length,
    tasks: { ...tasks },
    addedLatencyMs: addedLatency(wishes, span),
    ...(byLane
      ? {
          byLane: Object.fromEntries(
            lanes.map((lane) => {
              const theirs = wishes.filter((wish) => wish.lane === lane);
              return [lane, measureGroup(theirs, { started: 0, completed: 0 }, span, false)];
            }),
          ),
        }
      : {}),
  };
}

/** Windows begin with each 10 s of the attack and lie within it. */
function worst5min(wishes: readonly Wish[], { attackFromMs, attackToMs, endMs }: Span): number | null {
  if (endMs < WORST_WINDOW_MS) return null;
  let worst: number | null = null;
  for (let from = attackFromMs; from + WORST_WINDOW_MS <= attackToMs; from += 10_000) {
    const share = shareOf(within(wishes, from, from + WORST_WINDOW_MS));
    if (share !== null && (worst === null || share < worst)) worst = share;
  }
  return worst;
}

function addedLatency(wishes: readonly Wish[], { attackFromMs, attackToMs }: Span): GroupResult["addedLatencyMs"] {
  const tookIn = (from: number, to: number) =>
    within(wishes, from, to).flatMap(({ ok, tookMs, lane }) => (ok && lane !== SIGNING_IN ? [tookMs] : []));
  const calm = tookIn(attackFromMs / 2, attackFromMs);
  const attacked = tookIn(attackFromMs, attackToMs);
  const added = (share: number) => {
    const [before, now] = [percentile(calm, share), percentile(attacked, share)];
    return before === null || now === null ? null : now - before;
  };
  return { p50: added(0.5), p95: added(0.95), p99: added(0.99) };
}

/** How many requests of the flood came to the portal between two moments, ms; null if that is not known. */
export type FloodAtPortal = (fromMs: number, toMs: number) => number | null;

/**
 * What the portal counted, less what the clinic was answered by it: neither a reset nor a copy kept at the edge shows in an
 * answer whether the origin was asked.
 */
export function floodAtPortal({ wishes }: Journal, atPortal: FloodAtPortal): FloodAtPortal {
  return (fromMs, toMs) => {
    const counted = atPortal(fromMs, toMs);
    if (counted === null) return null;
    return counted - within(wishes, fromMs, toMs).reduce((sum, wish) => sum + wish.answeredByOrigin, 0);
  };
}

/** What the attackers got. */
export function measureAttackers(journal: Journal, span: Span, atPortal: FloodAtPortal): FloodResult["attackers"] {
  const { attackFromMs, attackToMs, endMs } = span;
  const first = Math.min(attackFromMs + FIRST_MS, attackToMs);
  const stoppedIn = (from: number, to: number) => {
    const { requests, reached } = countFlood(journal, from, to, atPortal);
    return requests === 0 ? null : 1 - reached / requests;
  };
  const { requests, reached } = countFlood(journal, attackFromMs, endMs, atPortal);
  const byAnswer: Record<string, number> = {};
  for (const { stopped, unanswered } of journal.floodSeconds) {
    for (const [by, count] of Object.entries(stopped)) byAnswer[by] = (byAnswer[by] ?? 0) + count;
    if (unanswered > 0) byAnswer.unanswered = (byAnswer.unanswered ?? 0) + unanswered;
  }
  return {
    requests,
    reachedOrigin: reached,
    stopped: stoppedIn(first, attackToMs),
    stoppedFirst30s: stoppedIn(attackFromMs, first),
    solved: journal.clearancesBought,
    byAnswer,
  };
}

/** How many flood requests reached the origin. Where the portal did not tell, whatever the shield did not answer counts. */
function countFlood(
  journal: Journal,
  fromMs: number,
  toMs: number,
  atPortal: FloodAtPortal,
): { requests: number; reached: number } {
  const seconds = journal.floodSeconds.slice(Math.floor(fromMs / 1000), Math.ceil(toMs / 1000));
  const requests = seconds.reduce((sum, { sent }) => sum + sent, 0);
  const most = seconds.reduce((sum, { answered, unanswered }) => sum + answered + unanswered, 0);
  const counted = atPortal(fromMs, toMs);
  if (counted === null) return { requests, reached: most };
  return { requests, reached: Math.round(Math.min(most, Math.max(0, counted))) };
}

/** Load of the origin over the attack. @param units by second of the run */
export function measureOrigin(units: readonly number[], capacityRps: number, span: Span): FloodResult["origin"] {
  const [from, to] = [Math.floor(span.attackFromMs / 1000), Math.ceil(span.attackToMs / 1000)];
  const attacked = units.slice(from, to);
  const calm = units.slice(0, from);
  return {
    capacityRps,
    peak1sRps: Math.max(0, ...attacked),
    peak10sRps: Math.max(0, ...means(units, from, to)),
    meanRps: meanOf(attacked) ?? 0,
    baselineRps: meanOf(calm),
  };
}

/** Means over the last 10 s, for each second of the attack; at its beginning over what there is of it. */
function means(units: readonly number[], from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => {
    const end = from + i + 1;
    return meanOf(units.slice(Math.max(from, end - MEAN_OVER_S), end)) ?? 0;
  });
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Detected: the first answer to an attacker that was not the origin's, after the attack began. Mitigated: the first second of
 * the attack from which the mean load over 10 s stays at or below capacity to its end. Recovered: the first second after
 * the end from which on, to the end of the run, every clinician was served and no answer to anybody unknown (residents,
 * robots, practice software without proof) was the shield's; null when nobody asked any more, or the run ended before.
 */
export function measureTimes(
  journal: Journal,
  units: readonly number[],
  capacityRps: number,
  span: Span,
): FloodResult["times"] {
  const { attackFromMs, attackToMs, endMs } = span;
  const load = means(units, Math.floor(attackFromMs / 1000), Math.ceil(attackToMs / 1000));
  const lastOver = load.findLastIndex((mean) => mean > capacityRps);
  const afterwards = within(journal.wishes, attackToMs, endMs);
  const troubled = ({ group, ok, mitigated }: Wish) => (group === "clinicians" ? !ok : mitigated);
  const lastTrouble = afterwards.reduce((last, wish) => (troubled(wish) ? Math.max(last, wish.atMs) : last), -1);
  const from = lastTrouble < 0 ? attackToMs : (Math.floor(lastTrouble / 1000) + 1) * 1000;
  const well = afterwards.filter(({ atMs }) => atMs >= from);
  const asked = (isClinician: boolean) => well.some(({ group }) => (group === "clinicians") === isClinician);
  const { firstMitigatedAtMs } = journal;
  return {
    detectedAfterMs: firstMitigatedAtMs === null ? null : Math.max(0, Math.round(firstMitigatedAtMs - attackFromMs)),
    mitigatedAfterMs: load.length === 0 || lastOver === load.length - 1 ? null : (lastOver + 1) * 1000,
    recoveredAfterMs: asked(true) && asked(false) ? from - attackToMs : null,
  };
}

/**
 * Null rules of the calls.
 * @param calls null when they were not counted
 * @param isolates those that were asked for anything: one that never woke makes no calls
 */
export function measureObjectCalls(
  calls: { readonly calls: number; readonly fromIsolates: number; readonly peak: number } | null,
  isolates: number,
  attackRequests: number,
  attackS: number,
): FloodResult["durableObjects"] {
  if (calls === null)
    return {
      calls: null,
      callsPerIsolateSecond: null,
      callsPer1000AttackRequests: null,
      peakCallsPerShardPerSecond: null,
    };
  const many = attackRequests / Math.max(1, attackS) >= MANY_PER_SECOND;
  return {
    calls: calls.calls,
    callsPerIsolateSecond: calls.fromIsolates / isolates / Math.max(1, attackS),
    callsPer1000AttackRequests: many ? (1000 * calls.calls) / attackRequests : null,
    peakCallsPerShardPerSecond: calls.peak,
  };
}

/** What was seen in each second of the run, beside what people and attackers noted. */
export interface Seen {
  /** Cost units that came to the portal. */
  readonly units: readonly number[];
  readonly postures: readonly (string | null | undefined)[];
  /** What the watch allowed, units a second; nothing where it said nothing. */
  readonly allowed: readonly (number | undefined)[];
  /** What the portal bore; empty where that never changed. */
  readonly capacities: readonly number[];
}

/** Each second of the run, for pictures. @param atPortal as in measureAttackers */
export function describeSeconds(
  journal: Journal,
  { units, postures, allowed, capacities }: Seen,
  span: Span,
  atPortal: FloodAtPortal,
): SecondOfRun[] {
  return Array.from({ length: Math.ceil(span.endMs / 1000) }, (_, second) => {
    const [from, to] = [second * 1000, (second + 1) * 1000];
    const now = within(journal.wishes, from, to);
    const of = (group: Group) => now.filter((wish) => wish.group === group);
    const tally = (wishes: readonly Wish[]) => {
      const ok = wishes.filter((wish) => wish.ok).length;
      return { ok, failed: wishes.length - ok };
    };
    const count = (group: Group) => tally(of(group));
    const took = of("clinicians").flatMap(({ ok, tookMs }) => (ok ? [tookMs] : []));
    const flood = journal.floodSeconds[second];
    return {
      second,
      attackers: {
        sent: flood?.sent ?? 0,
        reachedOrigin: countFlood(journal, from, to, atPortal).reached,
        stopped: { ...flood?.stopped },
      },
      clinicians: { ...count("clinicians"), p50Ms: percentile(took, 0.5), p95Ms: percentile(took, 0.95) },
      signingIn: tally(of("clinicians").filter(({ lane }) => lane === SIGNING_IN)),
      residents: count("residents"),
      machines: count("machines"),
      originUnits: units[second] ?? 0,
      ...(capacities[second] === undefined ? {} : { originCapacity: capacities[second] }),
      ...(allowed[second] === undefined ? {} : { originAllowed: allowed[second] }),
      posture: postures[second] ?? null,
    };
  });
}

/** What the portal bore in each second; empty where that never changed. */
export function capacitiesOf({ ailing }: LabScenario, capacityPerSecond: number, span: Span): readonly number[] {
  if (!ailing) return [];
  const attackS = (span.attackToMs - span.attackFromMs) / 1000;
  return Array.from({ length: Math.ceil(span.endMs / 1000) }, (_, second) => {
    const since = second - span.attackFromMs / 1000;
    return capacityPerSecond * (since < 0 ? 1 : capacityShareAt(ailing, since, attackS));
  });
}

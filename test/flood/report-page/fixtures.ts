/** Results made by hand: two and a half minutes of calm, attack and calm. Nothing is random, so pictures stay the same. */
import type { FloodResult, GroupResult, SecondOfRun } from "../result.ts";

const DURATION_S = 150;
const ATTACK_S = [30, 120] as const;
const CAPACITY = 500;
const FLOOD_RPS = 2000;

export function groupOf(changes: Partial<GroupResult> = {}): GroupResult {
  return {
    requests: 6000,
    succeeded: 5996,
    success: 0.9994,
    first30s: 0.9975,
    worst5min: null,
    counted: { first30s: 1200, afterFirst30s: 2400 },
    challenged: 2,
    blocked: 0,
    tasks: { started: 640, completed: 638 },
    addedLatencyMs: { p50: 1.2, p95: 8.4, p99: 21 },
    ...changes,
  };
}

/** A flood that the shield stops after some seconds. */
export function guardedResult(changes: Partial<FloodResult> = {}): FloodResult {
  const series = Array.from({ length: DURATION_S }, (_, second) => guardedSecond(second));
  const stopped = (kind: string) => series.reduce((sum, { attackers }) => sum + (attackers.stopped[kind] ?? 0), 0);
  return {
    scenario: "contract-2018",
    seed: 1,
    scale: 20,
    clock: "real",
    shield: true,
    isolates: 8,
    durationS: DURATION_S,
    attackS: ATTACK_S,
    sound: true,
    remark: "",
    clinicians: groupOf(),
    residents: groupOf({ requests: 1800, success: 0.962, first30s: 0.91, challenged: 240 }),
    machines: { ...groupOf({ requests: 900, success: 1, first30s: 1, challenged: 0 }), htmlOrRedirects: 0 },
    attackers: {
      requests: series.reduce((sum, { attackers }) => sum + attackers.sent, 0),
      reachedOrigin: series.reduce((sum, { attackers }) => sum + attackers.reachedOrigin, 0),
      stopped: 0.9872,
      stoppedFirst30s: 0.871,
      solved: 0,
      byAnswer: { challenge: stopped("challenge"), limit: stopped("limit"), block: stopped("block") },
    },
    overAdmission: { keys: 180, asked: 150_000, budget: 41_000, admitted: 1900, beyondBudget: 312, worstKey: 9 },
    origin: { capacityRps: CAPACITY, peak1sRps: 583, peak10sRps: 372, meanRps: 210, baselineRps: 180 },
    times: { detectedAfterMs: 3200, mitigatedAfterMs: 7400, recoveredAfterMs: null },
    durableObjects: {
      calls: 1100,
      callsPerIsolateSecond: 0.92,
      callsPer1000AttackRequests: null,
      peakCallsPerShardPerSecond: 8,
    },
    postsLost: 0,
    postsSent: 210,
    verdict: "attack",
    rules: [
      { name: "reflected pingback", matched: 0, ofWhichClinicians: 0 },
      { name: "old browsers without cookies", matched: stopped("block"), ofWhichClinicians: 0 },
    ],
    series,
    ...changes,
  };
}

/** The same flood on the bare portal. */
export function bareResult(changes: Partial<FloodResult> = {}): FloodResult {
  const series = Array.from({ length: DURATION_S }, (_, second) => bareSecond(second));
  return {
    ...guardedResult(),
    shield: false,
    clinicians: groupOf({ success: 0.113, first30s: 0.284, tasks: { started: 640, completed: 139 } }),
    residents: groupOf({ requests: 1800, success: 0.108, first30s: 0.241 }),
    attackers: { requests: 171_000, reachedOrigin: 171_000, stopped: 0, stoppedFirst30s: 0, solved: 0, byAnswer: {} },
    origin: { capacityRps: CAPACITY, peak1sRps: 2290, peak10sRps: 2214, meanRps: 1400, baselineRps: 180 },
    times: { detectedAfterMs: null, mitigatedAfterMs: null, recoveredAfterMs: null },
    durableObjects: {
      calls: null,
      callsPerIsolateSecond: null,
      callsPer1000AttackRequests: null,
      peakCallsPerShardPerSecond: null,
    },
    verdict: null,
    rules: [],
    series,
    ...changes,
  };
}

function guardedSecond(second: number): SecondOfRun {
  const sent = floodAt(second);
  const sinceS = second - ATTACK_S[0];
  const passing = sent === 0 ? 0 : Math.round(sent * (sinceS < 6 ? 0.42 - sinceS * 0.06 : 0.012));
  const block = sinceS > 12 ? Math.round((sent - passing) * 0.3) : 0;
  const limit = sinceS > 4 ? Math.round((sent - passing - block) * 0.4) : 0;
  const isHit = (sent > 0 && sinceS < 8) || second === 75 || second === 101;
  return {
    second,
    attackers: {
      sent,
      reachedOrigin: passing,
      stopped: { challenge: Math.max(0, sent - passing - block - limit - (isHit ? 40 : 0)), limit, block },
    },
    clinicians: {
      ok: wave(second, 40, 5) - (isHit ? 1 : 0),
      failed: isHit ? 1 : 0,
      p50Ms: isHit ? 90 : 42,
      p95Ms: wave(second, isHit ? 480 : 130, 25),
    },
    residents: { ok: wave(second, 12, 3), failed: sent > 0 ? 1 : 0 },
    machines: { ok: 6, failed: 0 },
    originUnits: wave(second, 180, 20) + passing,
    posture: postureAt(sinceS),
  };
}

function postureAt(sinceS: number): string {
  if (sinceS < 3 || sinceS > 108) return "normal";
  if (sinceS < 7 || sinceS > 98) return "elevated";
  return "clinicians-first";
}

function bareSecond(second: number): SecondOfRun {
  const sent = floodAt(second);
  const calm = guardedSecond(sent === 0 ? 0 : second);
  const asked = wave(second, 40, 5);
  const ok = sent > 0 ? Math.round(asked * 0.11) : asked;
  return {
    ...calm,
    second,
    attackers: { sent, reachedOrigin: sent, stopped: {} },
    clinicians: {
      ok,
      failed: asked - ok,
      p50Ms: sent > 0 ? 4200 : 41,
      p95Ms: sent > 0 ? wave(second, 8800, 600) : 120,
    },
    residents: { ok: sent > 0 ? 1 : 12, failed: sent > 0 ? 11 : 0 },
    originUnits: wave(second, 180, 20) + sent,
    posture: null,
  };
}

/** Up within 5 s. */
function floodAt(second: number): number {
  if (second < ATTACK_S[0] || second >= ATTACK_S[1]) return 0;
  return Math.round(wave(second, FLOOD_RPS, 120) * Math.min(1, (second - ATTACK_S[0] + 1) / 5));
}

function wave(second: number, mean: number, swing: number): number {
  return Math.round(mean + swing * Math.sin(second * 1.7) * Math.cos(second / 7));
}

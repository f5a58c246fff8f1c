/** Judges a result by the goals. Pure; the terminal prints the same table as the page. */
import type { FloodResult, GroupResult, SecondOfRun } from "../result.ts";
import {
  ADDED_LATENCY_P95_MS,
  CLINICIANS_AT_MOST,
  CLINICIANS_SERVED,
  DURABLE_OBJECT_CALLS,
  type Goals,
  goalsOf,
  ORIGIN_LOAD_AT_MOST,
  RECOVERED_MS,
  RESIDENTS_SERVED,
  SIGN_INS_SERVED,
} from "./goals.ts";
import {
  NOT_KNOWN,
  writeCount,
  writeDuration,
  writeGoalShare,
  writeLoad,
  writeMilliseconds,
  writeShare,
  writeUnwantedShare,
} from "./wording.ts";

export interface Judgement {
  readonly name: string;
  readonly goal: string;
  /** The goal as it was set, whatever n allows to tell. */
  readonly plainGoal: string;
  /** The higher, the worse: to find the worst of several runs. */
  readonly badness: number;
  readonly reached: string;
  /** Null when it is not known, or when the result is not sound and so proves nothing either way. */
  readonly met: boolean | null;
  /** How many the figure was taken from; null when that is not known, or when it is one figure of the whole run. */
  readonly n: number | null;
  /** What n counts; "" when it is one figure of the whole run. */
  readonly nCounts: string;
}

/** The lane of those who are not in yet. */
const SIGNING_IN = "signing in";
/** An attack is new to the shield for as long, s. */
const FIRST_SECONDS = 30;

/** Every goal that applies to this run. Without the shield only those apply that concern the people and the portal. */
export function judge(result: FloodResult): readonly Judgement[] {
  const goals = goalsOf(result.scenario);
  const judgements = [
    ...judgePeople(result),
    ...judgePortal(result),
    ...(result.shield ? judgeShield(result, goals) : []),
  ];
  return result.sound ? judgements : judgements.map((judgement) => ({ ...judgement, met: null }));
}

/** How many of a group's requests a share was taken from: the result holds the share alone, its seconds hold the rest. */
export function countAfterFirst30s(result: FloodResult, countOf: (second: SecondOfRun) => number): number | null {
  return countSeconds(result, countOf, ({ second }) => second >= result.attackS[0] + FIRST_SECONDS);
}

/** Those who had proven who they are: without the pages of whoever was only signing in. */
export function provenClinicians(clinicians: GroupResult): Pick<GroupResult, "success" | "first30s" | "counted"> {
  const lanes = Object.entries(clinicians.byLane ?? {}).flatMap(([lane, group]) =>
    lane === SIGNING_IN ? [] : [group],
  );
  if (lanes.length === 0) return clinicians;
  const pool = (share: "success" | "first30s", count: keyof GroupResult["counted"]) => {
    const n = lanes.reduce((sum, { counted }) => sum + counted[count], 0);
    const served = lanes.reduce((sum, lane) => sum + Math.round((lane[share] ?? 0) * lane.counted[count]), 0);
    return { n, share: n === 0 ? null : served / n };
  };
  const [first, later] = [pool("first30s", "first30s"), pool("success", "afterFirst30s")];
  return {
    success: later.share,
    first30s: first.share,
    counted: { first30s: first.n, afterFirst30s: later.n },
  };
}

/** Over the whole attack. */
function attackShare({ success, first30s, counted }: GroupResult): number | null {
  const n = counted.first30s + counted.afterFirst30s;
  return n === 0 ? null : ((first30s ?? 0) * counted.first30s + (success ?? 0) * counted.afterFirst30s) / n;
}

export function countClinicians({ clinicians }: SecondOfRun): number {
  return clinicians.ok + clinicians.failed;
}

function judgePeople(result: FloodResult): Judgement[] {
  const { residents, machines } = result;
  const clinicians = provenClinicians(result.clinicians);
  const arriving = result.clinicians.byLane?.[SIGNING_IN];
  const countResidents = (second: SecondOfRun) => second.residents.ok + second.residents.failed;
  return [
    judgeShare(
      "Signed-in clinicians served, after the first 30 s",
      clinicians.success,
      CLINICIANS_SERVED.afterFirst30s,
      {
        n: clinicians.counted.afterFirst30s,
        nCounts: "requests",
      },
    ),
    judgeShare("Signed-in clinicians served, in the first 30 s", clinicians.first30s, CLINICIANS_SERVED.first30s, {
      n: clinicians.counted.first30s,
      nCounts: "requests",
    }),
    judgeShare("Clinicians served, in the worst 5 minutes", result.clinicians.worst5min, CLINICIANS_SERVED.worst5min, {
      n: null,
      nCounts: "requests",
    }),
    ...(arriving
      ? [
          judgeShare(
            "Clinicians who signed in during the attack, pages served",
            attackShare(arriving),
            SIGN_INS_SERVED,
            {
              n: arriving.counted.first30s + arriving.counted.afterFirst30s,
              nCounts: "requests",
            },
          ),
        ]
      : []),
    judgeShare("Residents served, after the first 30 s", residents.success, RESIDENTS_SERVED, {
      n: countAfterFirst30s(result, countResidents),
      nCounts: "requests",
    }),
    judgeNone("Web pages or redirects sent to machines", machines.htmlOrRedirects, {
      n: machines.requests,
      nCounts: "requests",
    }),
    judgeNone("Submitted forms lost", result.postsLost, { n: result.postsSent, nCounts: "forms" }),
  ];
}

function judgePortal({ origin }: FloodResult): Judgement[] {
  const isKnown = origin.capacityRps > 0;
  return [
    {
      name: "Load of the portal, highest mean over 10 s",
      goal: `≤ ${writeGoalShare(ORIGIN_LOAD_AT_MOST)} of capacity`,
      plainGoal: `≤ ${writeGoalShare(ORIGIN_LOAD_AT_MOST)} of capacity`,
      badness: origin.peak10sRps,
      reached: isKnown ? writeLoad(origin.peak10sRps, origin.capacityRps) : NOT_KNOWN,
      met: isKnown ? origin.peak10sRps <= ORIGIN_LOAD_AT_MOST * origin.capacityRps : null,
      n: null,
      nCounts: "",
    },
  ];
}

function judgeShield(result: FloodResult, goals: Goals): Judgement[] {
  const { clinicians, attackers, times, durableObjects } = result;
  const ofClinicians = { n: clinicians.requests, nCounts: "requests" };
  const { blocked, challenged } = CLINICIANS_AT_MOST;
  return [
    ...(goals.stopped === null
      ? []
      : [
          judgeShare("Flood stopped before the portal, after the first 30 s", attackers.stopped, goals.stopped, {
            n: countAfterFirst30s(result, (second) => second.attackers.sent),
            nCounts: "requests",
          }),
        ]),
    ...(goals.detectedMs === null ? [] : [judgeTime("Attack detected", times.detectedAfterMs, goals.detectedMs)]),
    ...(goals.mitigatedMs === null ? [] : [judgeTime("Attack mitigated", times.mitigatedAfterMs, goals.mitigatedMs)]),
    ...(goals.isControl
      ? judgeControl(result)
      : [judgeTime("Back to normal after the attack", times.recoveredAfterMs, RECOVERED_MS)]),
    judgeUnwanted("Requests of clinicians blocked", clinicians.blocked, blocked, ofClinicians),
    judgeUnwanted("Requests of clinicians challenged", clinicians.challenged, challenged, ofClinicians),
    {
      ...judgeLimit("Latency added for clinicians, p95", clinicians.addedLatencyMs.p95, {
        most: ADDED_LATENCY_P95_MS,
        write: writeMilliseconds,
      }),
      ...ofClinicians,
    },
    judgeLimit("Durable Object calls per isolate and second", durableObjects.callsPerIsolateSecond, {
      most: DURABLE_OBJECT_CALLS.perIsolateSecond,
      write: writeDecimal,
    }),
    judgeLimit("Durable Object calls per 1,000 flood requests", durableObjects.callsPer1000AttackRequests, {
      most: DURABLE_OBJECT_CALLS.per1000AttackRequests,
      write: writeDecimal,
    }),
  ];
}

function judgeControl({ clinicians, residents, machines, verdict }: FloodResult): Judgement[] {
  const groups = [clinicians, residents, machines];
  return [
    judgeNone(
      "People and machines blocked",
      groups.reduce((sum, { blocked }) => sum + blocked, 0),
      { n: groups.reduce((sum, { requests }) => sum + requests, 0), nCounts: "requests" },
    ),
    {
      name: "Taken for an attack",
      goal: "no attack verdict",
      plainGoal: "no attack verdict",
      badness: verdict === null ? 0 : 1,
      reached: verdict ?? NOT_KNOWN,
      met: verdict === null ? null : !/^attack\b/i.test(verdict),
      n: null,
      nCounts: "",
    },
  ];
}

interface Sample {
  readonly n: number | null;
  readonly nCounts: string;
}

/** At least so much of what is wanted. Where n is too small for the goal to be told apart, nothing may fail. */
function judgeShare(name: string, share: number | null, goal: number, { n, nCounts }: Sample): Judgement {
  const noneMayFail = n !== null && n > 0 && isFinerThanOneIn(n, 1 - goal);
  return {
    name,
    plainGoal: `≥ ${writeGoalShare(goal)}`,
    badness: -(share ?? 1),
    goal: noneMayFail ? `no failure in ${writeCount(n)} (≥ ${writeGoalShare(goal)})` : `≥ ${writeGoalShare(goal)}`,
    reached: n === 0 ? NOT_KNOWN : writeShare(share),
    met: share === null || n === 0 ? null : noneMayFail ? share === 1 : share >= goal,
    n,
    nCounts,
  };
}

/** At most so much of what is not wanted; none at all where n is too small for the goal. */
function judgeUnwanted(name: string, count: number, goal: number, sample: { n: number; nCounts: string }): Judgement {
  const { n, nCounts } = sample;
  const noneMayBe = n > 0 && isFinerThanOneIn(n, goal);
  return {
    name,
    plainGoal: `≤ ${writeGoalShare(goal)}`,
    badness: n === 0 ? 0 : count / n,
    goal: noneMayBe ? `none in ${writeCount(n)} (≤ ${writeGoalShare(goal)})` : `≤ ${writeGoalShare(goal)}`,
    reached: n === 0 ? NOT_KNOWN : `${writeCount(count)} (${writeUnwantedShare(count / n)})`,
    met: n === 0 ? null : noneMayBe ? count === 0 : count <= goal * n,
    n,
    nCounts,
  };
}

function judgeNone(name: string, count: number | null, { n, nCounts }: Sample): Judgement {
  const isKnown = n !== 0 && count !== null;
  return {
    name,
    goal: "0",
    plainGoal: "0",
    badness: count ?? 0,
    reached: isKnown ? writeCount(count) : NOT_KNOWN,
    met: isKnown ? count === 0 : null,
    n,
    nCounts,
  };
}

function judgeTime(name: string, ms: number | null, mostMs: number): Judgement {
  return judgeLimit(name, ms, { most: mostMs, write: (value) => `after ${writeDuration(value)}`, unit: writeDuration });
}

interface Limit {
  readonly most: number;
  readonly write: (value: number) => string;
  /** How the goal is written, where that is not as the figure is. */
  readonly unit?: (value: number) => string;
}

function judgeLimit(name: string, value: number | null, { most, write, unit = write }: Limit): Judgement {
  return {
    name,
    goal: `≤ ${unit(most)}`,
    plainGoal: `≤ ${unit(most)}`,
    badness: value ?? 0,
    reached: value === null ? NOT_KNOWN : write(value),
    met: value === null ? null : value <= most,
    n: null,
    nCounts: "",
  };
}

/** The margin takes in that 1 − 0.999 is not exactly 0.001. */
function isFinerThanOneIn(n: number, share: number): boolean {
  return share * n < 1 - 1e-9;
}

function countSeconds(
  { series }: FloodResult,
  countOf: (second: SecondOfRun) => number,
  isMeant: (second: SecondOfRun) => boolean,
): number | null {
  if (series.length === 0) return null;
  return series.filter(isMeant).reduce((sum, second) => sum + countOf(second), 0);
}

function writeDecimal(value: number): string {
  return String(Number(value.toPrecision(3)));
}

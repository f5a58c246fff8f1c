/** Goals against figures, row by row. */
import { describe, expect, test } from "vitest";
import type { FloodResult } from "../result.ts";
import { type Judgement, judge } from "./acceptance.ts";
import { bareResult, groupOf, guardedResult } from "./fixtures.ts";

const SERVED = "Signed-in clinicians served, after the first 30 s";
const STOPPED = "Flood stopped before the portal, after the first 30 s";
const DETECTED = "Attack detected";
const MITIGATED = "Attack mitigated";
const LOAD = "Load of the portal, highest mean over 10 s";
const BLOCKED = "Requests of clinicians blocked";

function judged(result: FloodResult, name: string): Judgement | undefined {
  return judge(result).find((judgement) => judgement.name === name);
}

/** A run in which clinicians made so many requests after the first 30 s of attack. */
function withClinicians(n: number, success: number | null): FloodResult {
  return guardedResult({ clinicians: groupOf({ success, counted: { first30s: 0, afterFirst30s: n } }) });
}

describe("clinicians served", () => {
  test.each([
    { n: 10_000, success: 1, met: true, goal: "≥ 99.9 %", reached: "100 %" },
    { n: 10_000, success: 0.999, met: true, goal: "≥ 99.9 %", reached: "99.90 %" },
    { n: 10_000, success: 0.99899, met: false, goal: "≥ 99.9 %", reached: "99.89 %" },
    { n: 10_000, success: 0.99999, met: true, goal: "≥ 99.9 %", reached: "99.99 %" },
    // From 1,000 on one failure is 99.9 %.
    { n: 1000, success: 0.999, met: true, goal: "≥ 99.9 %", reached: "99.90 %" },
    { n: 999, success: 998 / 999, met: false, goal: "no failure in 999 (≥ 99.9 %)", reached: "99.89 %" },
    { n: 40, success: 1, met: true, goal: "no failure in 40 (≥ 99.9 %)", reached: "100 %" },
    { n: 40, success: 0.975, met: false, goal: "no failure in 40 (≥ 99.9 %)", reached: "97.5 %" },
    { n: 40, success: 0, met: false, goal: "no failure in 40 (≥ 99.9 %)", reached: "0 %" },
    { n: 10_000, success: null, met: null, goal: "≥ 99.9 %", reached: "not known" },
    { n: 0, success: 1, met: null, goal: "≥ 99.9 %", reached: "not known" },
  ])("$success of $n: $met", ({ n, success, ...expected }) => {
    expect(judged(withClinicians(n, success), SERVED)).toMatchObject({ ...expected, n });
  });

  test("those who are only signing in are judged apart", () => {
    const lane = (success: number, n: number) => groupOf({ success, counted: { first30s: 0, afterFirst30s: n } });
    const byLane = { hospital: lane(1, 1500), "family doctors": lane(0.998, 500), "signing in": lane(0.5, 40) };
    const result = guardedResult({ clinicians: groupOf({ success: 0.99, byLane }) });
    expect(judged(result, SERVED)).toMatchObject({ reached: "99.95 %", n: 2000, met: true });
    const arriving = "Clinicians who signed in during the attack, pages served";
    expect(judged(result, arriving)).toMatchObject({ reached: "50.0 %", n: 40, met: false });
  });
});

describe("what a scenario demands", () => {
  test.each([
    { scenario: "contract-2018", stopped: "≥ 99 %", detected: "≤ 10 s", mitigated: "≤ 15 s" },
    { scenario: "slash64", stopped: "≥ 95 %", detected: "≤ 10 s", mitigated: "≤ 15 s" },
    { scenario: "adaptive", stopped: "≥ 90 %", detected: "≤ 10 s", mitigated: "≤ 15 s" },
    { scenario: "residential", stopped: "≥ 90 %", detected: "≤ 60 s", mitigated: "≤ 60 s" },
    { scenario: "residential-solving", stopped: "≥ 90 %", detected: "≤ 60 s", mitigated: "≤ 60 s" },
    { scenario: "insider", stopped: undefined, detected: undefined, mitigated: "≤ 20 s" },
    { scenario: "flash-crowd", stopped: undefined, detected: undefined, mitigated: undefined },
    { scenario: "written this morning", stopped: "≥ 99 %", detected: "≤ 10 s", mitigated: "≤ 15 s" },
    { scenario: "constructor", stopped: "≥ 99 %", detected: "≤ 10 s", mitigated: "≤ 15 s" },
  ])("$scenario", ({ scenario, stopped, detected, mitigated }) => {
    const result = guardedResult({ scenario });
    expect(judged(result, STOPPED)?.goal).toBe(stopped);
    expect(judged(result, DETECTED)?.goal).toBe(detected);
    expect(judged(result, MITIGATED)?.goal).toBe(mitigated);
  });

  test.each([
    { verdict: "surge", met: true },
    { verdict: "attack", met: false },
    { verdict: "Attack (low and wide)", met: false },
    { verdict: null, met: null },
  ])("a crowd with the verdict $verdict: $met", ({ verdict, met }) => {
    const result = guardedResult({ scenario: "flash-crowd", verdict });
    expect(judged(result, "Taken for an attack")?.met).toBe(met);
    expect(judged(result, "People and machines blocked")).toMatchObject({ met: true, n: 8700 });
  });
});

test.each([
  { peak10sRps: 550, met: true, reached: "110 %" },
  { peak10sRps: 550.5, met: false, reached: "111 %" },
  { peak10sRps: 0, met: true, reached: "0 %" },
])("a load of $peak10sRps of 500: $met", ({ peak10sRps, ...expected }) => {
  const result = guardedResult();
  expect(judged({ ...result, origin: { ...result.origin, peak10sRps } }, LOAD)).toMatchObject(expected);
});

test.each([
  { requests: 6000, blocked: 6, met: true, goal: "≤ 0.1 %", reached: "6 (0.10 %)" },
  { requests: 6000, blocked: 7, met: false, goal: "≤ 0.1 %", reached: "7 (0.12 %)" },
  { requests: 999, blocked: 1, met: false, goal: "none in 999 (≤ 0.1 %)", reached: "1 (0.11 %)" },
  { requests: 999, blocked: 0, met: true, goal: "none in 999 (≤ 0.1 %)", reached: "0 (0 %)" },
  { requests: 0, blocked: 0, met: null, goal: "≤ 0.1 %", reached: "not known" },
])("$blocked of $requests blocked: $met", ({ requests, blocked, ...expected }) => {
  expect(judged(guardedResult({ clinicians: groupOf({ requests, blocked }) }), BLOCKED)).toMatchObject(expected);
});

test("an unknown time is not known, and one of 0 is a time", () => {
  const times = { detectedAfterMs: null, mitigatedAfterMs: 0, recoveredAfterMs: null };
  const result = guardedResult({ times });
  expect(judged(result, DETECTED)).toMatchObject({ met: null, reached: "not known" });
  expect(judged(result, MITIGATED)).toMatchObject({ met: true, reached: "after 0 s" });
});

test("what a model cannot know is not known", () => {
  const { machines } = guardedResult();
  const result = guardedResult({ machines: { ...machines, htmlOrRedirects: null }, postsLost: null, postsSent: null });
  for (const name of ["Web pages or redirects sent to machines", "Submitted forms lost"])
    expect(judged(result, name)).toMatchObject({ met: null, reached: "not known" });
});

test("machines that sent nothing prove nothing", () => {
  const { machines } = guardedResult();
  const name = "Web pages or redirects sent to machines";
  expect(judged(guardedResult({ machines: { ...machines, requests: 0 } }), name)?.met).toBeNull();
  expect(judged(guardedResult({ machines: { ...machines, htmlOrRedirects: 1 } }), name)?.met).toBe(false);
});

test("a result that is not sound meets nothing and misses nothing", () => {
  const judgements = judge(bareResult({ sound: false }));
  expect(judgements.length).toBeGreaterThan(5);
  expect(new Set(judgements.map(({ met }) => met))).toEqual(new Set([null]));
  expect(judged(bareResult({ sound: false }), SERVED)?.reached).toBe("11.3 %");
});

test("without the shield only people and the portal are judged", () => {
  const names = judge(bareResult()).map(({ name }) => name);
  expect(names).toContain(LOAD);
  expect(names).not.toContain(STOPPED);
  expect(names).not.toContain(MITIGATED);
  expect(judged(bareResult(), SERVED)?.met).toBe(false);
});

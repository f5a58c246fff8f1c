/** The pictures of one run, each on the scale of all runs it stands beside. */
import type { FloodResult } from "../result.ts";
import { drawPostures } from "./charts/bands.ts";
import { axisByTens, axisUpTo, type Frame, type YAxis } from "./charts/frame.ts";
import { INKS, type Ink } from "./charts/ink.ts";
import { drawLayers, type Layer } from "./charts/layers.ts";
import { drawLines, type Line } from "./charts/lines.ts";
import type { Picture } from "./charts/picture.ts";
import { ORIGIN_LOAD_AT_MOST } from "./goals.ts";
import { type Span, spansOf } from "./spans.ts";
import { NOT_KNOWN, writeCount, writeLoad, writeMilliseconds, writeShare } from "./wording.ts";

/** More than a picture has points across would not be seen. */
const SPANS_DRAWN = 300;
/** Shown in any case. */
const LATENCY_SHOWN_MS = [10, 1000];
const LOAD_COLOUR = "#0072b2";
/** Where the portal ails: what it bears, and what the shield takes it to bear. */
const AILING: readonly Line[] = [
  { name: "what the portal bears", colour: "#111111", dash: "", width: 1.6, figure: (s) => s.originCapacity },
  { name: "what the shield allows", colour: "#b34700", dash: "5 2.5", width: 1.8, figure: (s) => s.originAllowed },
];

/** What the axes of a scenario's pictures have to hold, with and without the shield. */
export interface Extent {
  readonly requests: number;
  readonly originUnits: number;
  readonly peopleRequests: number;
  /** Least and most. */
  readonly latencyMs: readonly [number, number];
  /** Ways in which floods were stopped, of all runs: a colour means the same on both sides. */
  readonly kinds: readonly string[];
}

export function extentOf(results: readonly FloodResult[]): Extent {
  const spans = results.flatMap((result) => spansOf(result, SPANS_DRAWN));
  const most = (of: (span: Span) => number) => spans.reduce((greatest, span) => Math.max(greatest, of(span)), 0);
  const latencies = spans.flatMap(({ p50Ms, p95Ms }) => [p50Ms, p95Ms]).filter((ms) => ms !== null);
  const capacity = Math.max(0, ...results.map(({ origin }) => origin.capacityRps));
  return {
    requests: most((s) => s.clinicians + s.residents + s.machines + s.attackers),
    originUnits: Math.max(
      ORIGIN_LOAD_AT_MOST * capacity,
      most((s) => s.originUnits),
    ),
    peopleRequests: most((s) => s.clinicians + s.residents + s.machines),
    latencyMs: [Math.min(...latencies, ...LATENCY_SHOWN_MS), Math.max(...latencies, ...LATENCY_SHOWN_MS)],
    kinds: [...new Set(spans.flatMap((s) => [...s.floodStopped].flatMap(([kind, rate]) => (rate > 0 ? [kind] : []))))],
  };
}

/** @param id unique on the page */
export function picturesOf(result: FloodResult, extent: Extent, id: string): readonly Picture[] {
  const spans = spansOf(result, SPANS_DRAWN);
  const { durationS, attackS, origin, clinicians } = result;
  const frame = (name: string, words: Pick<Frame, "title" | "description" | "yLabel">): Frame => ({
    id: `${id}-${name}`,
    durationS,
    attackS,
    ...words,
  });
  const peak = Math.max(0, ...spans.map((span) => span.attackers));
  const load = `${writeCount(origin.peak10sRps)} units per second, ${writeLoad(origin.peak10sRps, origin.capacityRps)} of capacity`;
  const p95 = spans.reduce<number | null>((most, s) => (s.p95Ms === null ? most : Math.max(most ?? 0, s.p95Ms)), null);
  const latency = axisByTens(...extent.latencyMs);
  const latencyHeight = (ms: number | null) => (ms === null ? null : latency.height(ms));
  const ails = spans.some((span) => span.originCapacity !== null);
  const postures = [...new Set(spans.map(({ posture }) => posture ?? NOT_KNOWN))];
  return [
    drawLayers(
      frame("who", {
        title: "Requests, by who sent them",
        description: `Clinicians, machines, residents and the flood, stacked. The flood reaches ${writeCount(peak)} requests per second.`,
        yLabel: "requests per second",
      }),
      spans,
      BY_WHO,
      extent.requests,
    ),
    drawLayers(
      frame("outcome", {
        title: "Requests, by what became of them",
        description: `Of the flood, ${writeCount(result.attackers.reachedOrigin)} of ${writeCount(result.attackers.requests)} requests reached the portal.`,
        yLabel: "requests per second",
      }),
      spans,
      byOutcome(extent.kinds),
      extent.requests,
    ),
    drawLayers(
      frame("people", {
        title: "Requests of people and machines alone",
        description: "The same without the flood: how many were served, by who they were, and how many were not.",
        yLabel: "requests per second",
      }),
      spans,
      PEOPLE,
      extent.peopleRequests,
    ),
    drawLines(
      frame("load", {
        title: "Load of the portal",
        description: `The highest mean over 10 seconds is ${load}.`,
        yLabel: "cost units per second",
      }),
      axisUpTo(extent.originUnits),
      spans,
      {
        lines: [
          { name: "each second", colour: "#56b4e9", dash: "", width: 1.2, figure: (s) => s.originUnits },
          { name: "mean over 10 s", colour: LOAD_COLOUR, dash: "", width: 2.8, figure: (s) => s.originUnits10s },
          ...(ails ? AILING : []),
        ],
        limits: ails
          ? []
          : [
              { name: `capacity: ${writeCount(origin.capacityRps)}`, at: origin.capacityRps, dash: "" },
              { name: "110 % of capacity", at: ORIGIN_LOAD_AT_MOST * origin.capacityRps, dash: "7 4" },
            ],
      },
    ),
    drawLines(
      frame("served", {
        title: "Clinicians: requests served",
        description: `After the first 30 seconds of attack ${writeShare(clinicians.success)}, within them ${writeShare(clinicians.first30s)}.`,
        yLabel: "% of requests in each second",
      }),
      PERCENT,
      spans,
      {
        lines: [
          {
            name: "served",
            colour: LOAD_COLOUR,
            dash: "",
            width: 2.2,
            figure: (s) => (s.cliniciansServed === null ? null : 100 * s.cliniciansServed),
          },
        ],
        limits: [],
      },
    ),
    drawLines(
      frame("latency", {
        title: "Clinicians: time until the answer",
        description:
          p95 === null
            ? "Not known."
            : `In the slowest second 95 of 100 answers took at most ${writeMilliseconds(p95)}.`,
        yLabel: "milliseconds or seconds; each line is ten times the one below",
      }),
      latency,
      spans,
      {
        lines: [
          {
            name: "p50: half are quicker",
            colour: LOAD_COLOUR,
            dash: "",
            width: 2.4,
            figure: ({ p50Ms }) => latencyHeight(p50Ms),
          },
          {
            name: "p95: 95 of 100 are quicker",
            colour: "#b34700",
            dash: "5 2.5",
            width: 2,
            figure: ({ p95Ms }) => latencyHeight(p95Ms),
          },
        ],
        limits: [],
      },
    ),
    ...(result.shield
      ? [
          drawPostures(
            {
              ...frame("posture", {
                title: "Posture of the shield",
                description: `Met in this run: ${postures.join(", ")}.`,
                yLabel: "posture, the strictest on top",
              }),
              left: 112,
            },
            spans,
          ),
        ]
      : []),
  ];
}

const PERCENT: YAxis = {
  top: 100,
  ticks: [0, 25, 50, 75, 100].map((at) => ({ at, label: `${at} %` })),
};

const BY_WHO: readonly Layer[] = [
  { name: "clinicians", ink: INKS.clinicians, rate: (s) => s.clinicians },
  { name: "machines", ink: INKS.machines, rate: (s) => s.machines },
  { name: "residents", ink: INKS.residents, rate: (s) => s.residents },
  { name: "flood", ink: INKS.attackers, rate: (s) => s.attackers },
];

const PEOPLE: readonly Layer[] = [
  { name: "clinicians, served", ink: INKS.clinicians, rate: (s) => s.served.clinicians },
  { name: "machines, served", ink: INKS.machines, rate: (s) => s.served.machines },
  { name: "residents, served", ink: INKS.residents, rate: (s) => s.served.residents },
  { name: "not served", ink: INKS.failed, rate: (s) => s.peopleFailed },
];

function byOutcome(kinds: readonly string[]): readonly Layer[] {
  return [
    { name: "people and machines: served", ink: INKS.served, rate: (s) => s.peopleServed },
    { name: "people and machines: not served", ink: INKS.failed, rate: (s) => s.peopleFailed },
    { name: "flood: reached the portal", ink: INKS.reached, rate: (s) => s.floodReachedOrigin },
    ...[...kinds].sort(byMildness).map((kind) => ({
      name: `flood: ${STOPPED[kind]?.words ?? kind}`,
      ink: STOPPED[kind]?.ink ?? INKS.other,
      rate: (s: Span) => s.floodStopped.get(kind) ?? 0,
    })),
    { name: "flood: no answer in that second", ink: INKS.unknown, rate: (s) => s.floodUnanswered },
  ];
}

/** By Shield-Mitigated; mildest first. */
const STOPPED: Readonly<Record<string, { readonly words: string; readonly ink: Ink }>> = {
  challenge: { words: "asked to solve a challenge", ink: INKS.challenge },
  wait: { words: "told to wait for room", ink: INKS.wait },
  limit: { words: "over a budget", ink: INKS.limit },
  closed: { words: "closed to unproven programs", ink: INKS.closed },
  block: { words: "blocked by a rule", ink: INKS.block },
  "own path": { words: "answered by the shield itself, at the challenge", ink: INKS.other },
};

function byMildness(a: string, b: string): number {
  const order = Object.keys(STOPPED);
  const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** How a flood was stopped, in words. */
export function nameWayOfStopping(kind: string): string {
  if (kind === "unanswered") return "given up by the attacker before an answer";
  return STOPPED[kind]?.words ?? kind;
}

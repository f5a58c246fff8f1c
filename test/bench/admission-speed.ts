/** One request's way through admission, ns, in Node's V8: room, retries, fairness. Only what needs no waiting. */
import { Admission } from "../../src/origin/admission.ts";
import { admit, type Gate } from "../../src/origin/admit.ts";
import { Fairness, hash32, PLACES } from "../../src/origin/fairness.ts";
import { Retries } from "../../src/origin/retries.ts";
import { SignIns } from "../../src/origin/sign-ins.ts";
import { compile } from "../../src/policy/compile.ts";
import { figure, type Line } from "./line.ts";
import rules from "./rules.ts";

const NOW = 1_800_000_000_000;
const PRINCIPALS = 100;
/** How many requests there are in a millisecond: the clock moves on. */
const PER_MS = 10;
/** Requests a second, of one unit each. */
const DEMAND = PER_MS * 1_000;
/** Units a second that are leased: more than is asked for, just as much, nothing. */
const LEASED: Readonly<Record<Kind, number>> = { room: 1e9, scarce: DEMAND, none: 0 };
/** More than may wait a moment, so that nobody does. */
const CROWDED = 1_000;

type Kind = "room" | "scarce" | "none";

function gateFor(kind: Kind): Gate {
  const perSecond = LEASED[kind];
  const admission = new Admission(perSecond);
  admission.lease({ number: 1, perSecond: [perSecond, perSecond, perSecond, perSecond], forMs: 1e9 }, NOW);
  // A bucket holds two seconds. Below half of it a class is shared out fairly, at some more cost.
  if (kind === "scarce") admission.overdraw(0, 1.2 * perSecond);
  return {
    admission,
    fairness: new Fairness(),
    retries: new Retries(),
    signIns: new SignIns(),
    waiting: CROWDED,
    queued: [0, 0, 0, 0],
  };
}

function nsPerAdmit(kind: Kind, requests: number): number {
  const gate = gateFor(kind);
  const route = compile(rules).sites[0]?.routes.find(({ name }) => name === "prescriptions");
  if (!route) throw new Error("the bench's rules have no prescriptions");
  const stranger = kind === "none";
  const names = principalsApart();
  const asking = Array.from({ length: PRINCIPALS }, (_, n) => ({
    decision: { serviceClass: stranger ? (3 as const) : (0 as const), route },
    lane: stranger ? ("unknown" as const) : ("clinician" as const),
    principal: stranger ? null : (names[n] ?? ""),
    hasHadMuch: false,
    mayWaitToSignIn: () => false,
    request: "GET /app/prescriptions",
    gone: new AbortController().signal,
  }));
  let now = NOW;
  const expected = stranger ? "none" : "room";
  const nobodyWaits = (): Promise<never> => Promise.reject(new Error("nobody waits here"));
  const from = performance.now();
  for (let i = 0; i < requests; i++) {
    if (i % PER_MS === 0) now++;
    const one = asking[i % PRINCIPALS];
    if (one && admit(gate, one, nobodyWaits, () => now) !== expected) throw new Error(`not what is measured: ${kind}`);
  }
  return ((performance.now() - from) * 1e6) / requests;
}

/** Principals, no two of which have the same place: two who share one would be let in less often, and that is not measured. */
function principalsApart(): readonly string[] {
  const byPlace = new Map<number, string>();
  for (let n = 0; byPlace.size < PRINCIPALS; n++) {
    const name = n.toString(16).padStart(32, "0");
    const place = hash32(name) % PLACES;
    if (!byPlace.has(place)) byPlace.set(place, name);
  }
  return [...byPlace.values()];
}

export function admissionSpeed(requests: number): readonly Line[] {
  for (const kind of ["room", "scarce", "none"] as const) nsPerAdmit(kind, requests / 4); // warms up
  const room = nsPerAdmit("room", requests);
  return [
    figure("admission, one request, room for it", room, null, "ns"),
    figure("admission, one request, room is scarce: fair shares", nsPerAdmit("scarce", requests), room, "ns"),
    figure("admission, one request of a stranger, no room", nsPerAdmit("none", requests), room, "ns"),
  ];
}

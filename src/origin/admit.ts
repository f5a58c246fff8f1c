/** `admit`: waits for room at the origin where waiting is worth it. */
import type { Lane } from "../identity/identity.ts";
import { CLASS_OF_SERVICE } from "../policy/tables.ts";
import type { Decision } from "../policy/verdict.ts";
import type { Admission } from "./admission.ts";
import type { Fairness } from "./fairness.ts";
import type { Retries } from "./retries.ts";
import type { SignIns } from "./sign-ins.ts";

/**
 * How long a proven person or system, or who signs in, waits for room, and how often it looks: often at first,
 * as whoever took little finds room soon. An isolate cannot wake another request.
 */
const QUEUE_MS = 2000;
const POLL_FIRST_MS = 10;
const POLL_MS = 50;
/** Others wait a moment, and not many of them: several pages at once are no reason to refuse, while there is room on the whole. */
const MOMENT_MS = 500;
const MOMENT_POLL_MS = 25;
const MOMENT_WAITING_MAX = 64;

/** Whoever had much waits only where hardly anybody does. */
const HAD_MUCH_WAITING_MAX = 16;

/** What one isolate knows of the room at one site's origin. */
export interface Gate {
  readonly admission: Admission;
  readonly fairness: Fairness;
  readonly retries: Retries;
  readonly signIns: SignIns;
  /** How many wait a moment who are not proven clients. */
  waiting: number;
  /** What is waited for by those who wait longer, cost units by class: demand for as long as they wait. */
  readonly queued: [number, number, number, number];
}

export interface Asking {
  readonly decision: Pick<Decision, "serviceClass" | "route">;
  readonly lane: Lane;
  /** Who is proven to ask; null for strangers. */
  readonly principal: string | null;
  /** Whether it is a stranger who had much already, in an attack (policy/in-use.ts). */
  readonly hasHadMuch: boolean;
  /** Whether it signs somebody in who may wait for it. Asked only where there is no room at once: it may cost her something. */
  readonly mayWaitToSignIn: () => boolean;
  /** Method and target: to recognise a retry. */
  readonly request: string;
  readonly gone: AbortSignal;
}

/** `overdrawn`: there was no room, and it goes all the same. */
export type Room = "room" | "overdrawn" | "none" | "gone";

/**
 * Whether a request may go to the origin. Proven clients wait up to 2 s for room; then what is critical passes all the
 * same, held by its principal's budget only. Who signs in waits as long. Everybody else waits a moment, as long as few do;
 * strangers who had much take what others leave. No promise where there is room.
 */
export function admit(
  gate: Gate,
  asking: Asking,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Room | Promise<Room> {
  const { lane, principal, decision, gone } = asking;
  if (gone.aborted) return "gone";
  const from = clock();
  const excessive = principal !== null && gate.retries.isExcessive(principal, asking.request, from);
  const serviceClass = excessive ? CLASS_OF_SERVICE[lane].sheddable : decision.serviceClass;
  const { cost } = decision.route;
  const take = asking.hasHadMuch
    ? () => gate.admission.takeLeftOver(serviceClass, cost, clock())
    : () => takeFairly(gate, serviceClass, cost, principal, clock());
  const isProven = (lane === "machine" || lane === "clinician") && !excessive;
  if (isProven) return take() ? "room" : inQueue(gate, asking, serviceClass, take, wait, clock);
  const takeAfterSignIns = () => {
    if (gate.signIns.goBefore(serviceClass) || !take()) return false;
    gate.signIns.noteOther(serviceClass, cost);
    return true;
  };
  if (takeAfterSignIns()) return "room";
  if (!asking.hasHadMuch && gate.signIns.hasPlaceFor(decision.route) && asking.mayWaitToSignIn())
    return toSignIn(gate, asking, serviceClass, take, wait, clock);
  const most = asking.hasHadMuch ? HAD_MUCH_WAITING_MAX : MOMENT_WAITING_MAX;
  return gate.waiting < most ? forAMoment(gate, asking, takeAfterSignIns, wait, clock) : refused(gate, asking, from);
}

async function inQueue(
  gate: Gate,
  asking: Asking,
  serviceClass: Decision["serviceClass"],
  take: () => boolean,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<Room> {
  const { principal, decision } = asking;
  const { cost, importance } = decision.route;
  const room = await whileQueued(gate, asking, serviceClass, take, wait, clock);
  if (room !== "none") return room;
  if (importance !== "critical") return refused(gate, asking, clock());
  gate.admission.overdraw(serviceClass, cost);
  if (principal !== null) gate.fairness.note(principal, cost);
  return "overdrawn";
}

/** Nobody is overdrawn for her: anybody can begin to sign in. */
async function toSignIn(
  gate: Gate,
  asking: Asking,
  serviceClass: Decision["serviceClass"],
  take: () => boolean,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<Room> {
  let taken = 0;
  gate.signIns.enter();
  try {
    const room = await whileQueued(gate, asking, serviceClass, take, wait, clock);
    if (room === "room") taken = asking.decision.route.cost;
    return room;
  } finally {
    gate.signIns.leave(taken);
  }
}

async function whileQueued(
  gate: Gate,
  asking: Asking,
  serviceClass: Decision["serviceClass"],
  take: () => boolean,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<"room" | "none" | "gone"> {
  const { cost } = asking.decision.route;
  const from = clock();
  gate.queued[serviceClass] += cost;
  try {
    for (let waitedMs = 0; waitedMs < QUEUE_MS; waitedMs = clock() - from) {
      await wait(Math.min(POLL_MS, QUEUE_MS - waitedMs, Math.max(POLL_FIRST_MS, waitedMs)));
      if (asking.gone.aborted) return "gone";
      if (take()) return "room";
    }
    return "none";
  } finally {
    gate.queued[serviceClass] -= cost;
  }
}

/** An isolate that has just started is about to hear how much it has: the moment begins then. */
async function forAMoment(
  gate: Gate,
  asking: Asking,
  take: () => boolean,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<Room> {
  let from = clock();
  gate.waiting++;
  try {
    while (clock() - from < MOMENT_MS) {
      await wait(MOMENT_POLL_MS);
      if (asking.gone.aborted) return "gone";
      if (take()) return "room";
      if (gate.admission.isNew(clock())) from = clock();
    }
    return refused(gate, asking, clock());
  } finally {
    gate.waiting--;
  }
}

/** What a client sends again because it was refused must not take the place of those who have not asked yet. */
function refused(gate: Gate, { principal, request }: Asking, now: number): "none" {
  if (principal !== null) gate.retries.noteFailed(principal, request, now);
  return "none";
}

function takeFairly(
  { admission, fairness }: Gate,
  serviceClass: Decision["serviceClass"],
  units: number,
  principal: string | null,
  now: number,
): boolean {
  if (principal === null || !admission.isScarce(serviceClass)) return admission.take(serviceClass, units, now);
  if (!admission.take(serviceClass, units, now, fairness.leaves(principal, now))) return false;
  fairness.note(principal, units);
  return true;
}

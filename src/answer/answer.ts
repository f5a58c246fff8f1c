/**
 * `answer`: every answer that is not the origin's, in the client's own media type and language. Answers of one kind are the
 * same for some seconds (support code, seconds to wait), so a flood of denials is served from prebuilt bodies and headers.
 */
import type { Fault } from "../request/facts.ts";
import type { Carried } from "../resend/carried.ts";
import { type Answer, type Recipient, type Service, sends, statusOf } from "./answer-kinds.ts";
import { headersFor } from "./headers.ts";
import { machineBody } from "./machine.ts";
import { pageFor } from "./pages.ts";
import { carryingBody, splitAtSlots } from "./resend-form.ts";

export interface Prebuilt {
  /** Status and headers, as an answer without a body: a new one is made of it faster than of a dictionary. */
  readonly head: Response;
  /** Bytes: a page would otherwise be encoded anew for every denial. */
  readonly body: Uint8Array<ArrayBuffer> | null;
  /** Of a page that carries a form: what stands before, between and after what is its own. */
  readonly around: readonly Uint8Array<ArrayBuffer>[] | null;
}

/** Bounded: kinds × formats × languages × seconds to wait × codes of the moment. Emptied when full: 256 × ≤ 14 kB. */
const PREBUILT_MAX = 256;
const prebuilt = new WeakMap<Service, Map<string, Prebuilt>>();
const encoder = new TextEncoder();

/** @param carried what the page carries back; given if and only if `to.carries` */
export function answer(what: Answer, to: Recipient, service: Service, carried: Carried | null = null): Response {
  return send(prebuiltFor(what, to, service), carried);
}

export function send({ head, body, around }: Prebuilt, carried: Carried | null = null): Response {
  return new Response(carried && around ? carryingBody(around, carried) : body, head);
}

export function prebuiltFor(what: Answer, to: Recipient, service: Service): Prebuilt {
  let kept = prebuilt.get(service);
  if (!kept) {
    kept = new Map();
    prebuilt.set(service, kept);
  }
  const body = to.method === "HEAD" ? "none" : sends(to.method) ? "sent" : "asked";
  const key = `${variantOf(what)} ${what.supportCode} ${to.format} ${to.language} ${body} ${to.frame} ${to.carries} ${to.signInAt} ${to.corsOrigin}`;
  let made = kept.get(key);
  if (!made) {
    if (kept.size >= PREBUILT_MAX) kept.clear();
    made = build(what, to, service);
    kept.set(key, made);
  }
  return made;
}

/** Everything in which two answers of one kind can differ. */
function variantOf(what: Answer): string {
  switch (what.kind) {
    case "challenge":
    case "block":
      return what.kind;
    case "limit":
      return `limit ${what.retryAfterS} ${what.budget?.name}`;
    case "wait":
      return `wait ${what.retryAfterS} ${what.turn?.kind} ${what.turn?.kind === "in" ? what.turn.minutes : ""}`;
    case "closed":
      return `closed ${what.retryAfterS} ${what.page} ${what.received} ${what.updatedAt} ${what.notice?.lv} ${what.notice?.en}`;
    case "fault":
      return `fault ${what.fault.status} ${what.fault.code} ${what.fault.received} ${minuteOf(what.fault)}`;
  }
}

/** Pages say no more of the time. */
function minuteOf({ sentAtMs }: Fault): number {
  return Math.floor((sentAtMs ?? 0) / 60_000);
}

function build(what: Answer, to: Recipient, service: Service): Prebuilt {
  const text = bodyFor(what, to, service);
  const body = text === null || to.method === "HEAD" ? null : new Uint8Array(encoder.encode(text));
  const around = text !== null && to.carries ? splitAtSlots(text) : null;
  const head = new Response(null, { status: statusOf(what), headers: headersFor(what, to) });
  return { head, body: around ? null : body, around };
}

function bodyFor(what: Answer, to: Recipient, service: Service): string | null {
  switch (to.format) {
    case "none":
      return null;
    case "html":
      return pageFor(what, to, service);
    case "problem":
    case "soap11":
    case "soap12":
    case "fhir":
      return machineBody(to.format, what, to);
  }
}

/** Forms that come back from a page of ours: recognised, opened, and from then on what they were when they were first sent. */
import type { Identity } from "../identity/identity.ts";
import type { Facts, Fault } from "../request/facts.ts";
import type { Bytes, Sealer } from "../seal.ts";
import { decodeBase64url } from "./base64-bytes.ts";
import { readWhole } from "./body.ts";
import { CONTENTS_FIELD, DEADLINE_FIELD } from "./carried.ts";
import { FORM_MAX_BYTES, FormInHand, type Means } from "./form-in-hand.ts";
import { roomFor } from "./held.ts";
import { openForm, RESTORED_HEADERS, type SealedForm } from "./seal-form.ts";
import { subjectOf } from "./subject.ts";

/** Base64 of the largest form with its headers (four of 16 kB at the most), and the token. */
const SENT_AGAIN_MAX_BYTES = Math.ceil(((FORM_MAX_BYTES + 131_072) * 4) / 3) + 4_096;

export type Taken =
  /** `facts`: of the request as it was first sent. `form`: null where nothing will ever be given back. */
  | { readonly kind: "request"; readonly request: Request; readonly facts: Facts; readonly form: FormInHand | null }
  | { readonly kind: "refused"; readonly fault: Fault }
  /** Too many at once: this one was not read, and is sent again by reloading. */
  | { readonly kind: "busy" };

const EXPIRED: Taken = { kind: "refused", fault: { status: 400, code: "form-expired" } };
const FOREIGN: Taken = { kind: "refused", fault: { status: 400, code: "form-foreign" } };

/** @returns at once, not a promise, where nothing is read: so it is with nearly every request */
export function takeForm(
  means: Means,
  request: Request,
  facts: Facts,
  identity: Identity,
  nowMs: number,
): Taken | Promise<Taken> {
  const { sealer } = means;
  return sealer !== null && mayHaveComeBack(facts)
    ? takeBack(means, sealer, request, facts, identity, nowMs)
    : { kind: "request", request, facts, form: FormInHand.first(means, request, facts, identity) };
}

async function takeBack(
  means: Means,
  sealer: Sealer,
  request: Request,
  facts: Facts & { readonly bodyBytes: number },
  identity: Identity,
  nowMs: number,
): Promise<Taken> {
  const release = means.held.take(facts.bodyBytes, roomFor(identity, true), nowMs);
  if (!release) return { kind: "busy" };
  const body = await readWhole(request.body, facts.bodyBytes);
  if (body === null) {
    release();
    return FOREIGN;
  }
  const sealed = fieldsOf(body);
  if (sealed === "no") {
    // An ordinary form that happens to be text/plain.
    release();
    const again = new Request(request, { body });
    return { kind: "request", request: again, facts, form: FormInHand.first(means, again, facts, identity, body) };
  }
  const opened = sealed === "broken" ? null : await open(sealer, sealed, facts, identity, nowMs);
  if (!opened?.ok) {
    release();
    return opened?.why === "expired" ? EXPIRED : FOREIGN;
  }
  const { form } = opened;
  const header = (name: (typeof RESTORED_HEADERS)[number]): string =>
    (form.headers[RESTORED_HEADERS.indexOf(name)] ?? "").slice(0, 1_024);
  const original: Facts = {
    ...facts,
    bodyBytes: form.body.length,
    hasBody: form.body.length > 0,
    headers: {
      ...facts.headers,
      contentType: header("Content-Type"),
      origin: header("Origin"),
      referer: header("Referer"),
    },
  };
  const back = FormInHand.again(means, request, original, identity, form, release);
  return { kind: "request", request, facts: original, form: back };
}

/** Judged by headers alone, so that no other body is ever read. */
function mayHaveComeBack(facts: Facts): facts is Facts & { readonly bodyBytes: number } {
  const { method, asker, site, headers, bodyBytes, hasBody } = facts;
  return (
    method === "POST" &&
    asker === "navigation" &&
    site === "same-origin" &&
    headers.contentType.toLowerCase().startsWith("text/plain") &&
    hasBody &&
    bodyBytes !== null &&
    bodyBytes <= SENT_AGAIN_MAX_BYTES
  );
}

async function open(sealer: Sealer, sealed: SealedForm, facts: Facts, identity: Identity, nowMs: number) {
  const subject = await subjectOf(sealer, facts, identity);
  return openForm(sealer, sealed, facts, subject.is, nowMs);
}

const FIRST = new TextEncoder().encode(`${DEADLINE_FIELD}=`);
const SECOND = new TextEncoder().encode(`\r\n${CONTENTS_FIELD}=`);
const END = new TextEncoder().encode("\r\n");
const DEADLINE_MAX_BYTES = 1_024;

/** `name=value` lines, as text/plain has them (https://html.spec.whatwg.org/#plain-text-form-data). */
function fieldsOf(body: Bytes): SealedForm | "no" | "broken" {
  if (!matches(body, FIRST, 0)) return "no";
  let middle = FIRST.length;
  while (middle < FIRST.length + DEADLINE_MAX_BYTES && !matches(body, SECOND, middle)) middle++;
  const from = middle + SECOND.length;
  const to = body.length - END.length;
  if (!matches(body, SECOND, middle) || from > to || !matches(body, END, to)) return "broken";
  const contents = decodeBase64url(body.subarray(from, to));
  return contents ? { deadline: new TextDecoder().decode(body.subarray(FIRST.length, middle)), contents } : "broken";
}

function matches(body: Uint8Array, expected: Uint8Array, at: number): boolean {
  return expected.every((byte, i) => body[at + i] === byte);
}

/** Forms that come back from a page of ours: recognised, opened, and from then on what they were when they were first sent. */

import type { Bytes } from "../bytes.ts";
import type { Identity } from "../identity/identity.ts";
import type { Facts, Fault } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { decodeBase64url } from "./base64-bytes.ts";
import { BegunBody } from "./body.ts";
import { CONTENTS_FIELD, DEADLINE_FIELD } from "./carried.ts";
import { FORM_MAX_BYTES, FormInHand, type Means } from "./form-in-hand.ts";
import { roomFor } from "./held.ts";
import { openDeadline, openForm, RESTORED_HEADERS } from "./seal-form.ts";
import { subjectOf } from "./subject.ts";

/** Base64 of the largest form with its headers (four of 16 kB at the most), and the token. */
const SENT_AGAIN_MAX_BYTES = Math.ceil(((FORM_MAX_BYTES + 131_072) * 4) / 3) + 4_096;

export type Taken =
  /** `facts`: of the request as it was first sent. `form`: null where nothing will ever be given back. */
  | { readonly kind: "request"; readonly request: Request; readonly facts: Facts; readonly form: FormInHand | null }
  | { readonly kind: "refused"; readonly fault: Fault }
  /** Too many at once, or it came too slowly: this one was not read, and is sent again by reloading. */
  | { readonly kind: "busy" };

const EXPIRED: Taken = { kind: "refused", fault: { status: 400, code: "form-expired" } };
const FOREIGN: Taken = { kind: "refused", fault: { status: 400, code: "form-foreign" } };

const BUSY: Taken = { kind: "busy" };

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
  const begun = await BegunBody.begin(request.body, Math.min(BEGINNING_BYTES, facts.bodyBytes), facts.bodyBytes);
  if (!begun) return BUSY;
  const { beginning } = begun;
  if (!matches(beginning, FIRST, 0)) {
    // An ordinary form that happens to be text/plain.
    const again = new Request(request, { body: begun.untouched() });
    return { kind: "request", request: again, facts, form: FormInHand.first(means, again, facts, identity) };
  }
  // Before a decision only what we sealed for her is read to its end: what others make up costs one MAC.
  const deadline = deadlineIn(beginning);
  const { is: isHers } = await subjectOf(sealer, facts, identity);
  const terms = deadline === null ? "foreign" : await openDeadline(sealer, deadline, facts.host, isHers, nowMs);
  if (deadline === null || typeof terms === "string") {
    begun.leave();
    return terms === "expired" ? EXPIRED : FOREIGN;
  }
  const release = means.held.take(facts.bodyBytes, roomFor(identity, true), nowMs);
  if (!release) return BUSY;
  const body = await begun.whole();
  if (body === null) {
    release();
    return BUSY; // a slow uplink: it is hers, and still good
  }
  const contents = contentsIn(body, FIRST.length + deadline.length);
  const opened = contents && (await openForm(sealer, { deadline, contents }, facts, isHers, nowMs));
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

const FIRST = new TextEncoder().encode(`${DEADLINE_FIELD}=`);
const SECOND = new TextEncoder().encode(`\r\n${CONTENTS_FIELD}=`);
const END = new TextEncoder().encode("\r\n");
const DEADLINE_MAX_BYTES = 1_024;

/** Where the token has ended, whatever comes after it. */
const BEGINNING_BYTES = FIRST.length + DEADLINE_MAX_BYTES + SECOND.length;

/** `name=value` lines, as text/plain has them (https://html.spec.whatwg.org/#plain-text-form-data). ASCII only. */
function deadlineIn(beginning: Bytes): string | null {
  let end = FIRST.length;
  while (end < beginning.length && !matches(beginning, SECOND, end)) end++;
  return end < beginning.length ? new TextDecoder("latin1").decode(beginning.subarray(FIRST.length, end)) : null;
}

function contentsIn(body: Bytes, deadlineEnd: number): Bytes | null {
  const from = deadlineEnd + SECOND.length;
  const to = body.length - END.length;
  return from <= to && matches(body, END, to) ? decodeBase64url(body.subarray(from, to)) : null;
}

function matches(body: Uint8Array, expected: Uint8Array, at: number): boolean {
  return expected.every((byte, i) => body[at + i] === byte);
}

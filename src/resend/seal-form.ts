/**
 * A form that somebody posted, sealed so that a page of ours can carry it back to her and she can send it again: the same
 * bytes to the same URL.
 *
 * The contents are encrypted (AES-256-GCM), as they travel through a page that may be saved or printed. They are bound to
 * method, host, path and query, to whom the page was given, and to an id; the original headers lie inside, so a form cannot
 * be sent elsewhere, by others, as another media type or with other cookies. How long it may be sent again says a token of
 * its own, which the open page renews without handing in the form: at most 10 minutes at a time, two hours in all.
 */
import type { Bytes } from "../bytes.ts";
import { decodeFields, encodeFields, shapedAtLeast } from "../fields.ts";
import type { Sealer } from "../seal.ts";

/** What the browser says of a form post. All of it reaches the origin as it was the first time. */
export const RESTORED_HEADERS = [
  "Content-Type",
  "Cookie",
  "Origin",
  "Referer",
  "Sec-Fetch-Site",
  "Sec-Fetch-Mode",
  "Sec-Fetch-Dest",
  "Sec-Fetch-User",
] as const;
/** Longer than any that gets as far as here, except a Referer, which is then left out. */
const HEADER_MAX_CHARACTERS = 16_384;

export const SENDABLE_FOR_MS = 10 * 60_000;
export const SENDABLE_LONGEST_MS = 2 * 3_600_000;
const CLOCK_SKEW_MS = 60_000;

/** Where a form was going, and whose it is. */
export interface Bound {
  /** Hostname in lower case. */
  readonly host: string;
  /** Path and query as sent. */
  readonly target: string;
  /** The browser or network that the page was given to (subject.ts). */
  readonly subject: string;
}

export interface Form {
  /** 32 hex digits, random; names the shard that knows whether the form was sent. */
  readonly id: string;
  /** When it was sealed for the first time, ms since 1970. */
  readonly sealedAtMs: number;
  /** Values of RESTORED_HEADERS in their order, "" where absent. */
  readonly headers: readonly string[];
  readonly body: Bytes;
  /** Attempts to send it that never reached the origin, though a shard may hold it for sent because of them. */
  readonly inVain: readonly string[];
}

/** The latest. Each is 32 hex digits. */
export const IN_VAIN_MAX = 8;

export interface SealedForm {
  readonly deadline: string;
  readonly contents: Bytes;
}

export function headersToSeal(headers: { get(name: string): string | null }): readonly string[] {
  return RESTORED_HEADERS.map((name) => {
    const value = headers.get(name) ?? "";
    return value.length > HEADER_MAX_CHARACTERS || !value.isWellFormed() ? "" : value;
  });
}

export async function sealForm(sealer: Sealer, form: Form, bound: Bound, nowMs: number): Promise<SealedForm> {
  const { id, sealedAtMs, headers, body, inVain } = form;
  const head = encodeFields([...headers, ...inVain.slice(-IN_VAIN_MAX)]);
  const plain = new Uint8Array(4 + head.length + body.length);
  new DataView(plain.buffer).setUint32(0, head.length);
  plain.set(head, 4);
  plain.set(body, 4 + head.length);
  return {
    deadline: await sealDeadline(sealer, { id, sealedAtMs, host: bound.host, subject: bound.subject }, nowMs),
    contents: await sealer.encrypt("form", boundFields(bound, id, sealedAtMs), plain),
  };
}

export type OpenFault = "expired" | "foreign";

export type Opened = { readonly ok: true; readonly form: Form } | { readonly ok: false; readonly why: OpenFault };

/** @param isHers whether a subject is whoever hands the form in now */
export async function openForm(
  sealer: Sealer,
  { deadline, contents }: SealedForm,
  { host, target }: Omit<Bound, "subject">,
  isHers: (subject: string) => boolean,
  nowMs: number,
): Promise<Opened> {
  const terms = await openDeadline(sealer, deadline, host, isHers, nowMs);
  if (typeof terms === "string") return { ok: false, why: terms };
  const { id, sealedAtMs, subject } = terms;
  const plain = await sealer.decrypt("form", boundFields({ host, target, subject }, id, sealedAtMs), contents);
  const form = plain && parse(plain);
  return form ? { ok: true, form: { id, sealedAtMs, ...form } } : { ok: false, why: "foreign" };
}

/** All that can be refused without the form itself. */
export async function openDeadline(
  sealer: Sealer,
  deadline: string,
  host: string,
  isHers: (subject: string) => boolean,
  nowMs: number,
): Promise<Terms | OpenFault> {
  const terms = await readDeadline(sealer, deadline);
  if (!terms || terms.host !== host || !isHers(terms.subject)) return "foreign";
  return nowMs >= terms.untilMs ? "expired" : terms;
}

/** A later deadline for a form whose page is still open; null when it has passed, or will not be moved any further. */
export async function renewDeadline(
  sealer: Sealer,
  deadline: string,
  host: string,
  isHers: (subject: string) => boolean,
  nowMs: number,
): Promise<string | null> {
  const terms = await readDeadline(sealer, deadline);
  if (!terms || terms.host !== host || !isHers(terms.subject) || nowMs >= terms.untilMs) return null;
  return nowMs < terms.sealedAtMs + SENDABLE_LONGEST_MS ? sealDeadline(sealer, terms, nowMs) : null;
}

/** After that no page can send it again: as long it must be known that it was sent. */
export function knownUntilMs(form: Form): number {
  return form.sealedAtMs + SENDABLE_LONGEST_MS + SENDABLE_FOR_MS + CLOCK_SKEW_MS;
}

/** The method is always POST; it stands here so that no other is ever meant. */
function boundFields({ host, target, subject }: Bound, id: string, sealedAtMs: number) {
  return ["POST", host, target, subject, id, sealedAtMs] as const;
}

interface Terms {
  readonly id: string;
  readonly sealedAtMs: number;
  readonly host: string;
  readonly subject: string;
}

function sealDeadline(sealer: Sealer, { id, host, subject, sealedAtMs }: Terms, nowMs: number): Promise<string> {
  const untilMs = Math.min(nowMs, sealedAtMs + SENDABLE_LONGEST_MS) + SENDABLE_FOR_MS;
  return sealer.seal("deadline", [id, host, subject, sealedAtMs, untilMs]);
}

async function readDeadline(sealer: Sealer, token: string): Promise<(Terms & { readonly untilMs: number }) | null> {
  const fields = shapedAtLeast(await sealer.open("deadline", token), [
    "string",
    "string",
    "string",
    "number",
    "number",
  ]);
  if (!fields) return null;
  const [id, host, subject, sealedAtMs, untilMs] = fields;
  return { id, host, subject, sealedAtMs, untilMs };
}

function parse(plain: Bytes): Pick<Form, "headers" | "body" | "inVain"> | null {
  if (plain.length < 4) return null;
  const headEnd = 4 + new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  const fields = headEnd > plain.length ? null : decodeFields(plain.subarray(4, headEnd));
  const texts = fields?.filter((field) => typeof field === "string") ?? [];
  const headers = texts.slice(0, RESTORED_HEADERS.length);
  if (headers.length < RESTORED_HEADERS.length) return null;
  return { headers, body: plain.subarray(headEnd), inVain: texts.slice(RESTORED_HEADERS.length) };
}

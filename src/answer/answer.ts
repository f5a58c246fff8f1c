/**
 * `answer`: every answer that is not the origin's, in the client's own media type and language. Answers of one kind are the
 * same for some seconds (support code, seconds to wait), so a flood of denials is served from prebuilt bodies and headers.
 */
import type { Budget } from "../policy/policy.ts";
import type { AnswerFormat, Fault } from "../request/facts.ts";
import { MEDIA_TYPES, machineBody } from "./machine.ts";
import { challengePage, faultPage, type PageSlots, unsentPage, verdictPage } from "./pages.ts";
import type { Language } from "./texts.ts";

export type AnswerKind = "challenge" | "limit" | "block" | "wait" | "closed" | "fault";

const STATUS: Record<Exclude<AnswerKind, "fault">, number> = {
  challenge: 403,
  block: 403,
  limit: 429,
  wait: 503,
  closed: 503,
};

export interface Answer {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
  /** Whether the request carried a form or the like, which a page of ours cannot carry on. */
  readonly posted: boolean;
  readonly language: Language;
  readonly languages: readonly Language[];
  readonly supportCode: string | null;
  readonly supportPhone: string;
  /** Seconds, jittered already; null where coming back later does not help. */
  readonly retryAfterS: number | null;
  /** The budget that is spent, told to the client. */
  readonly budget: Budget | null;
  readonly fault: Fault | null;
}

/** Spreads a wait by ±30 %, or all who were turned away together come back together. At least 1 s. */
export function jittered(seconds: number, random01: number): number {
  return Math.max(1, Math.round(seconds * (0.7 + 0.6 * random01)));
}

interface Prebuilt {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | null;
}

/** Bounded: kinds × formats × languages × seconds to wait × codes of the moment. Emptied when full. */
const PREBUILT_MAX = 256;
const prebuilt = new Map<string, Prebuilt>();

export function answer(what: Answer): Response {
  const key = `${what.kind} ${what.format} ${what.posted} ${what.language} ${what.retryAfterS} ${what.supportCode} ${what.budget?.name} ${what.fault?.code}`;
  let made = prebuilt.get(key);
  if (!made) {
    if (prebuilt.size >= PREBUILT_MAX) prebuilt.clear();
    made = build(what);
    prebuilt.set(key, made);
  }
  return new Response(made.body, { status: made.status, headers: made.headers });
}

function build(what: Answer): Prebuilt {
  const { kind, format, fault, supportCode, retryAfterS, budget } = what;
  const status = kind === "fault" ? (fault?.status ?? 502) : STATUS[kind];
  const headers = new Headers({
    "Shield-Mitigated": kind,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  if (supportCode !== null) headers.set("Shield-Support", supportCode);
  if (retryAfterS !== null) headers.set("Retry-After", String(retryAfterS));
  if (kind === "limit" && budget) {
    // draft-ietf-httpapi-ratelimit-headers-10: structured fields, quota per window, what is left and when more comes.
    const name = `"${budget.name.replace(/[^ -~]|["\\]/g, "")}"`;
    headers.set("RateLimit-Policy", `${name};q=${budget.perMinute};w=60`);
    headers.set("RateLimit", `${name};r=0;t=${retryAfterS ?? 60}`);
  }
  if (format === "none") return { status, headers, body: null };
  if (format !== "html") {
    headers.set("Content-Type", MEDIA_TYPES[format]);
    return { status, headers, body: machineBody(format, kind, { status, supportCode, retryAfterS, fault }) };
  }
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Content-Security-Policy", CSP);
  headers.set("Content-Language", what.language);
  // Not no-referrer: it would make the Origin of our own posts "null".
  headers.set("Referrer-Policy", "same-origin");
  return { status, headers, body: page(what) };
}

function page(what: Answer): string {
  const slots: PageSlots = {
    language: what.language,
    languages: what.languages,
    supportCode: what.supportCode,
    supportPhone: what.supportPhone,
    seconds: what.retryAfterS ?? 0,
  };
  switch (what.kind) {
    case "challenge":
      return what.posted ? unsentPage(slots) : challengePage(slots);
    case "fault":
      return faultPage(what.fault ?? { status: 502, code: "internal" }, slots);
    default:
      return verdictPage(what.kind, slots);
  }
}

/** SHA-256 of the one style sheet, so that no other may be slipped in. A test compares it with the sheet in pages.ts. */
export const STYLE_HASH = "sha256-A6w33nN3ULqWR1t++zLk358luH1iEeBxiVRFwTgkC+c=";

const CSP =
  `default-src 'none'; style-src '${STYLE_HASH}'; script-src 'self'; worker-src 'self'; connect-src 'self'; ` +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

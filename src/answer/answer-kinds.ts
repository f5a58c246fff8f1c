/** What the shield can answer, to whom, and what follows from that in every format. */
import type { Notice } from "../policy/modes.ts";
import type { Budget } from "../policy/policy.ts";
import type { AnswerFormat, Fault } from "../request/facts.ts";
import type { Turn } from "../waiting/line.ts";
import type { Fate, Language } from "./texts.ts";

export type Answer = { readonly supportCode: string | null } & (
  | { readonly kind: "challenge"; readonly entry?: EntryLink }
  | { readonly kind: "block" }
  /** `budget`: the one that is spent, told to the client; null when a rule decided. Seconds are jittered already. */
  | { readonly kind: "limit"; readonly retryAfterS: number; readonly budget: Budget | null }
  /** `turn`: of a person who stands in line; null for all others. */
  | { readonly kind: "wait"; readonly retryAfterS: number; readonly turn: Turn | null }
  /**
   * `notice`: what staff tell people, as of `updatedAt` (ms since 1970), null where they tell nothing.
   * `page`: which one people get: `static` while only critical routes work, `off` where staff switched off just this.
   * `received`: whether the origin may have what was sent.
   */
  | {
      readonly kind: "closed";
      readonly retryAfterS: number;
      readonly page: "closed" | "static" | "off";
      readonly received: "no" | "unknown";
      readonly notice: Notice | null;
      readonly updatedAt: number | null;
    }
  | { readonly kind: "fault"; readonly fault: Fault }
);
/** How a challenge page opens without the check: at this address, escaped already, and by itself after `waitS` seconds. */
export interface EntryLink {
  readonly link: string;
  readonly waitS: number;
}

export type AnswerKind = Answer["kind"];

/** Whoever gets the answer. */
export interface Recipient {
  readonly format: AnswerFormat;
  readonly language: Language;
  readonly method: string;
  /** Where a page of ours will stand: in a frame of a foreign site it gets no cookies, so nothing can be done there. */
  readonly frame: "none" | "own" | "foreign";
  /** Whether the page carries back what was sent. Only ever a page, after a POST. */
  readonly carries: boolean;
  /** Of whoever came back from signing in: where she can start again. Null for all others. */
  readonly signInAt: string | null;
  /** The asker's Origin if the rules let its scripts read our answers, else null. */
  readonly corsOrigin: string | null;
}

/** What the pages say of the service itself. One object for all answers of an isolate: they are cached by it. */
export interface Service {
  /** The languages that pages show; Recipient.language is one of them. */
  readonly languages: readonly Language[];
  /** "" when there is none. */
  readonly supportPhone: string;
}

/** Whether a request of this method may carry something that its sender would miss (RFC 9110 section 9.2.1). */
export function sends(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS" && method !== "TRACE";
}

/** What became of what was sent. Whoever reads "not passed on" sends again, so that is said only where it is certain. */
export function fateOf(what: Answer): Fate | null {
  switch (what.kind) {
    case "challenge":
    case "limit":
    case "wait":
      return "held";
    case "closed":
      return what.received === "no" ? "held" : "uncertain";
    case "block":
      return "refused";
    case "fault":
      return fateOfFault(what.fault);
  }
}

/** Null where the page itself is about what became of it. */
function fateOfFault({ code, received }: Fault): Fate | null {
  switch (code) {
    case "url-too-long":
    case "cookie-too-long":
    case "too-many-headers":
    case "malformed-path":
    case "unknown-host":
    case "clock-skew":
    case "body-too-large":
      return "refused";
    case "origin-unreachable":
    case "origin-timeout":
      return received === "no" ? "held" : "uncertain";
    case "internal":
      return "uncertain";
    case "already-sent":
    case "form-expired":
    case "form-foreign":
      return null;
  }
}

export function statusOf(what: Answer): number {
  switch (what.kind) {
    case "challenge":
    case "block":
      return 403;
    case "limit":
      return 429;
    case "wait":
    case "closed":
      return 503;
    case "fault":
      return what.fault.status;
  }
}

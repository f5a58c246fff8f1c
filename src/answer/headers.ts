/** The headers of our own answers. */
import type { Budget } from "../policy/policy.ts";
import type { AnswerFormat } from "../request/facts.ts";
import { type Answer, fateOf, type Recipient, sends, statusOf } from "./answer-kinds.ts";

const MEDIA_TYPES: Record<Exclude<AnswerFormat, "none">, string> = {
  html: "text/html; charset=utf-8",
  problem: "application/problem+json", // RFC 9457
  soap11: "text/xml; charset=utf-8", // SOAP 1.1 section 6
  soap12: "application/soap+xml; charset=utf-8", // RFC 3902
  fhir: "application/fhir+json", // HL7 FHIR R4 section 3.1.0.1.11
};

/** SHA-256 of the one style sheet, so that no other may be slipped in. A test compares it with the sheet in layout.ts. */
export const STYLE_HASH = "sha256-EGyY50urZhr6hRbuDFY+9f3QFWcocxw7bz0k9DDdG/Y=";

const CSP =
  `default-src 'none'; style-src '${STYLE_HASH}'; script-src 'self'; worker-src 'self'; connect-src 'self'; ` +
  "base-uri 'none'; form-action 'self'";
/**
 * What a browser asks for a frame is shown in it, or people would see nothing but an empty box. In a frame of a foreign site
 * there is one link on the page and no script: nothing to be tricked into clicking.
 */
const CSP_OF: Readonly<Record<Recipient["frame"], string>> = {
  none: `${CSP}; frame-ancestors 'none'`,
  own: CSP,
  foreign: `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`,
};

/** Of a page of ours that stands alone in its window. */
export const PAGE_CSP = CSP_OF.none;
/**
 * Browsers hold a form's redirects to form-action as well, and what was posted may lead anywhere: to the identity provider,
 * say. The form on such a page is ours, its target is where she was going, and nothing else on it was written by anybody.
 */
const CARRYING_CSP = CSP_OF.none.replace("; form-action 'self'", "");

export function headersFor(what: Answer, { method, format, language, frame, carries, corsOrigin }: Recipient): Headers {
  const headers = new Headers({
    "Shield-Mitigated": what.kind,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  if (what.supportCode !== null) headers.set("Shield-Support", what.supportCode);
  // After a redirect a script cannot see whether it was this request that carried what it sent, or the one before.
  if (sends(method) && fateOf(what) === "held") headers.set("Shield-Unsent", "1");
  const status = statusOf(what);
  if ((status === 429 || status === 503) && "retryAfterS" in what) headers.set("Retry-After", String(what.retryAfterS));
  if (what.kind === "limit" && what.budget) setRateLimit(headers, what.budget, what.retryAfterS);
  if (corsOrigin !== null) setCors(headers, corsOrigin);
  if (format === "none") return headers;
  headers.set("Content-Type", MEDIA_TYPES[format]);
  headers.set("Content-Language", language);
  if (format === "html") {
    headers.set("Content-Security-Policy", carries ? CARRYING_CSP : CSP_OF[frame]);
    // Not no-referrer: it would make the Origin of our own posts "null".
    headers.set("Referrer-Policy", "same-origin");
  }
  return headers;
}

/**
 * draft-ietf-httpapi-ratelimit-headers-10: lists of strings with parameters (RFC 9651). In the policy `q` is the quota and
 * `w` its window in seconds; in the limit `r` is what is left and `t` in how many seconds there is more.
 */
function setRateLimit(headers: Headers, { name, perMinute }: Budget, retryAfterS: number): void {
  const policy = sfString(name);
  headers.set("RateLimit-Policy", `${policy};q=${Math.floor(perMinute)};w=60`);
  headers.set("RateLimit", `${policy};r=0;t=${retryAfterS}`);
}

/** A string as RFC 9651 section 3.3.3 has it: printable ASCII, quotes and backslashes escaped. */
function sfString(text: string): string {
  return `"${text.replace(/[^ -~]/g, "").replace(/["\\]/g, "\\$&")}"`;
}

const EXPOSED = "Shield-Mitigated, Shield-Unsent, Shield-Support, Retry-After, RateLimit, RateLimit-Policy";

/** https://fetch.spec.whatwg.org/#http-cors-protocol. The origin is one that the rules list: the caller has checked it. */
function setCors(headers: Headers, origin: string): void {
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Allow-Credentials", "true");
  headers.set("Access-Control-Expose-Headers", EXPOSED);
  headers.set("Vary", "Origin");
}

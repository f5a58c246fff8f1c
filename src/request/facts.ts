/**
 * What the shield knows of a request: plain data, read once and bounded. Nothing later looks at the Request again,
 * except to forward it. `identify` (identify.ts) makes it.
 */
import type { ClientAddress } from "./address.ts";
import type { OwnCookies } from "./cookies.ts";
import type { Credentials } from "./credentials.ts";

/**
 * What asked, judged from Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) with a fallback for browsers
 * that do not send it. It says which answers the client can use; it never buys anything.
 */
export type Asker =
  | "navigation" // a person's top-level navigation: may be shown a page
  | "frame" // a page inside another page
  | "script" // fetch, XHR, EventSource, beacon: reads JSON, if at all
  | "subresource" // image, script, style: can show nothing
  | "prefetch" // asked ahead by the browser, prerender too: nobody looks at it yet
  | "preflight" // CORS OPTIONS: carries no cookies
  | "websocket" // upgrade request
  | "program"; // no browser that we know: practice software, curl, a bot

/** The media type in which our own answers reach this client. */
export type AnswerFormat = "html" | "problem" | "soap11" | "soap12" | "fhir" | "none";

export interface Facts {
  readonly method: string;
  /** Full URL, already as a URL parser leaves it (url.ts): what is decided on is what is forwarded. */
  readonly url: string;
  /** Hostname in lower case, without port. */
  readonly host: string;
  /** Scheme and authority of `url`: `https://portal.example.lv`. */
  readonly authority: string;
  /** Path and query, sliced from `url` byte for byte: what the origin will be asked for. */
  readonly target: string;
  readonly path: PathFacts;
  readonly address: ClientAddress;
  readonly network: NetworkFacts;
  readonly asker: Asker;
  readonly format: AnswerFormat;
  /** Language for people, from Accept-Language; Latvian unless English is clearly preferred. */
  readonly language: "lv" | "en";
  /** Sec-Fetch-Site, or judged from Origin for a client that does not send it. */
  readonly site: "same-origin" | "same-site" | "cross-site" | "none" | "unknown";
  readonly cookies: OwnCookies;
  /** The client's certificate as Cloudflare found it; null when none was presented. */
  readonly certificate: CertificateFacts | null;
  /** Credentials in headers, "" where absent; unverified, bounded, and secret: for `prove` only. */
  readonly credentials: Credentials;
  /** Any other header a rule may look at, "" where absent; bounded to 1,024 characters each. */
  readonly headers: {
    readonly userAgent: string;
    readonly accept: string;
    readonly contentType: string;
    readonly origin: string;
    readonly referer: string;
  };
  /** Names, in lower case, of the headers that must not reach the origin. */
  readonly withheld: readonly string[];
  /** Content-Length in bytes; null where the client sent none (no body, or chunked). */
  readonly bodyBytes: number | null;
  /** Whether the request carries a body at all. */
  readonly hasBody: boolean;
}

export interface PathFacts {
  /** As forwarded: percent-encoding untouched, dot segments resolved as every URL parser does (url.ts). */
  readonly raw: string;
  /**
   * The one spelling under which rules match: lower case, all decoded that a URL parser would not encode again, `//`, dot
   * segments, backslashes and `;parameters` resolved as a lenient origin might. An unusual spelling therefore still meets
   * every restriction.
   */
  readonly canonical: string;
  /** Whether the client sent the canonical spelling itself, in any case. If not, a route grants it no privilege. */
  readonly plain: boolean;
}

export interface NetworkFacts {
  /** Cloudflare data centre, IATA code; "" when unknown. */
  readonly colo: string;
  /** Autonomous system number; 0 when unknown. */
  readonly asn: number;
  /** ISO 3166-1 alpha-2; "T1" is Tor; "" when unknown. */
  readonly country: string;
  /** Set on requests made by other people's Workers, which all share one address. */
  readonly worker: string;
}

/** Mutual TLS. Each text is bounded to 512 characters. */
export interface CertificateFacts {
  /** Whether it leads to a certificate authority that the zone trusts, and was in its time. */
  readonly verified: boolean;
  readonly revoked: boolean;
  /** Distinguished name of the issuer, as RFC 2253 writes it. */
  readonly issuer: string;
  /** Serial number, hexadecimal. */
  readonly serial: string;
  /** SHA-256 over the certificate, hexadecimal. */
  readonly fingerprint: string;
  /** Milliseconds since 1970; null when it cannot be read. */
  readonly expiresAt: number | null;
}

/** A request that is answered before anything is decided about it. */
export interface Fault {
  readonly status: 400 | 401 | 413 | 414 | 431 | 502 | 504;
  readonly code: FaultCode;
  /** Of an origin's fault: "no" where it is certain that the origin cannot have what was sent. */
  readonly received?: "no";
  /** Of `already-sent`: when, ms since 1970. */
  readonly sentAtMs?: number;
}

export const FAULT_CODES = [
  "url-too-long",
  "cookie-too-long",
  "too-many-headers",
  "malformed-path",
  "unknown-host",
  "clock-skew",
  "body-too-large",
  "origin-unreachable",
  "origin-timeout",
  "already-sent",
  "form-expired",
  "form-foreign",
  "internal",
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

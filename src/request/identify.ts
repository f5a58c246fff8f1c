/**
 * `identify`: from a request to everything that the shield will ever look at. Pure: it asks nobody, reads its headers
 * in one walk and no body, and keeps nothing but how an address is parsed. It throws for no input; what is too long or
 * means nothing becomes a `Fault`.
 */
import { type ClientAddress, clientAddress, inNetwork, parseNetwork } from "./address.ts";
import { askerOf, askingSite } from "./asker.ts";
import { ownCookies } from "./cookies.ts";
import { credentialsIn } from "./credentials.ts";
import type { CertificateFacts, Facts, Fault, NetworkFacts } from "./facts.ts";
import { formatFor, languageFor } from "./format.ts";
import {
  CERTIFICATE_FIELD_MAX_CHARACTERS,
  COOKIE_MAX_CHARACTERS,
  HEADER_MAX_CHARACTERS,
  LANGUAGE_MAX_CHARACTERS,
  URL_MAX_CHARACTERS,
} from "./limits.ts";
import { pathFacts } from "./path.ts";
import { type HeaderWalk, ReadHeaders } from "./read-headers.ts";
import { urlParts } from "./url.ts";

const URL_TOO_LONG: Fault = { status: 414, code: "url-too-long" };
const COOKIE_TOO_LONG: Fault = { status: 431, code: "cookie-too-long" };
const TOO_MANY_HEADERS: Fault = { status: 431, code: "too-many-headers" };
const MALFORMED_PATH: Fault = { status: 400, code: "malformed-path" };

/** The part of a Request that is read. */
export interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderWalk;
  readonly body: unknown;
  readonly cf?: unknown;
}

export function identify(request: IncomingRequest): Facts | Fault {
  const { method, url: given } = request;
  if (given.length > URL_MAX_CHARACTERS) return URL_TOO_LONG;
  const headers = new ReadHeaders(request.headers);
  if (headers.tooMany) return TOO_MANY_HEADERS;
  const cookie = headers.get("cookie");
  if (cookie !== null && cookie.length > COOKIE_MAX_CHARACTERS) return COOKIE_TOO_LONG;
  const parts = urlParts(given);
  if (parts === null) return MALFORMED_PATH;
  const { url, authority, host, target } = parts;
  const path = pathFacts(parts.path, parts.pathAsSent);
  // A zero byte ends a path for some origins and not for others.
  if (path.canonical.includes("%00")) return MALFORMED_PATH;

  const read = (name: string): string => bounded(headers.get(name), HEADER_MAX_CHARACTERS);
  const accept = read("accept");
  const contentType = read("content-type");
  const origin = read("origin");
  const asker = askerOf(method, read("upgrade"), accept, headers);
  const soapAction = method === "POST" && headers.get("soapaction") !== null;
  const address = clientAddress(headers.get("cf-connecting-ip") ?? "");
  const bodyBytes = contentLength(headers.get("content-length"));
  return {
    method,
    url,
    host,
    authority,
    target,
    path,
    address,
    network: networkOf(request.cf, isOfWorkers(address) ? read("cf-worker") : ""),
    asker,
    format: formatFor({ method, asker, accept, contentType, soapAction }),
    language: languageFor(bounded(headers.get("accept-language"), LANGUAGE_MAX_CHARACTERS)),
    site: askingSite(headers.get("sec-fetch-site"), origin, authority),
    cookies: ownCookies(cookie),
    certificate: certificateOf(request.cf),
    credentials: credentialsIn(headers),
    headers: { userAgent: read("user-agent"), accept, contentType, origin, referer: read("referer") },
    withheld: headers.withheld,
    bodyBytes,
    // HTTP/2 needs neither Content-Length nor Transfer-Encoding to send a body: only the runtime knows.
    hasBody: bodyBytes === null ? request.body != null : bodyBytes > 0,
  };
}

/** Tells a fault from the facts, or from any other object. */
export function isFault(outcome: object): outcome is Fault {
  return "code" in outcome && "status" in outcome;
}

/** https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-connecting-ip-in-worker-subrequests */
const WORKERS = parseNetwork("2a06:98c0:3600::/48");

/** CF-Worker means something from there only: anybody else could make up a new one, and so a new budget, for each request. */
function isOfWorkers(address: ClientAddress): boolean {
  return inNetwork(address, WORKERS);
}

/** Cloudflare's own findings (https://developers.cloudflare.com/workers/runtime-apis/request/): any of them may be missing. */
function networkOf(cf: unknown, worker: string): NetworkFacts {
  const { colo, asn, country } = (cf ?? {}) as Readonly<Record<string, unknown>>;
  return {
    colo: typeof colo === "string" ? colo.slice(0, 3) : "",
    asn: typeof asn === "number" && Number.isSafeInteger(asn) && asn > 0 ? asn : 0,
    country: typeof country === "string" ? country.slice(0, 2) : "",
    worker,
  };
}

/** What the edge found out in the TLS handshake. Headers cannot say it, so nobody can make it up. */
function certificateOf(cf: unknown): CertificateFacts | null {
  const { tlsClientAuth } = (cf ?? {}) as { readonly tlsClientAuth?: Readonly<Record<string, unknown>> | null };
  if (tlsClientAuth?.certPresented !== "1") return null;
  const read = (name: string): string => {
    const value = tlsClientAuth[name];
    return typeof value === "string" ? bounded(value, CERTIFICATE_FIELD_MAX_CHARACTERS) : "";
  };
  const expiresAt = Date.parse(read("certNotAfter")); // "Dec 22 19:39:00 2018 GMT"
  return {
    verified: read("certVerified") === "SUCCESS",
    revoked: read("certRevoked") !== "0",
    issuer: read("certIssuerDNRFC2253"),
    serial: read("certSerial").toUpperCase(),
    fingerprint: read("certFingerprintSHA256").toLowerCase(),
    expiresAt: Number.isNaN(expiresAt) ? null : expiresAt,
  };
}

/** RFC 9110 section 8.6: decimal digits only. Null for none, or for one that no body can have. */
function contentLength(header: string | null): number | null {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

function bounded(value: string | null, most: number): string {
  if (value === null) return "";
  return value.length > most ? value.slice(0, most) : value;
}

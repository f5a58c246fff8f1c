/**
 * `identify`: from a request to everything that the shield will ever look at. Pure: it asks nobody, keeps nothing, reads
 * each header once and no body. It throws for no input; what is too long or means nothing becomes a `Fault`.
 */
import { parseAddress } from "./address.ts";
import { askerOf, askingSite } from "./asker.ts";
import { ownCookies } from "./cookies.ts";
import type { Facts, Fault, NetworkFacts } from "./facts.ts";
import { formatFor, languageFor } from "./format.ts";
import {
  COOKIE_MAX_CHARACTERS,
  HEADER_MAX_CHARACTERS,
  HEADERS_MAX,
  LANGUAGE_MAX_CHARACTERS,
  URL_MAX_CHARACTERS,
} from "./limits.ts";
import { pathFacts } from "./path.ts";

const URL_TOO_LONG: Fault = { status: 414, code: "url-too-long" };
const COOKIE_TOO_LONG: Fault = { status: 431, code: "cookie-too-long" };
const TOO_MANY_HEADERS: Fault = { status: 431, code: "too-many-headers" };
const MALFORMED_PATH: Fault = { status: 400, code: "malformed-path" };

/** The part of a Request that is read. */
export interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null; keys(): Iterable<string> };
  readonly body: unknown;
  readonly cf?: unknown;
}

export function identify(request: IncomingRequest): Facts | Fault {
  const { method, url, headers } = request;
  if (url.length > URL_MAX_CHARACTERS) return URL_TOO_LONG;
  const cookie = headers.get("Cookie");
  if (cookie !== null && cookie.length > COOKIE_MAX_CHARACTERS) return COOKIE_TOO_LONG;
  if (hasTooMany(headers.keys())) return TOO_MANY_HEADERS;
  const { authority, host, target } = splitUrl(url);
  const query = target.indexOf("?");
  const path = pathFacts(query < 0 ? target : target.slice(0, query));
  // A zero byte ends a path for some origins and not for others.
  if (path.canonical.includes("%00")) return MALFORMED_PATH;

  const read = (name: string): string => bounded(headers.get(name), HEADER_MAX_CHARACTERS);
  const accept = read("Accept");
  const contentType = read("Content-Type");
  const origin = read("Origin");
  const asker = askerOf(method, read("Upgrade"), accept, headers);
  const soapAction = method === "POST" && headers.get("SOAPAction") !== null;
  const bodyBytes = contentLength(headers.get("Content-Length"));
  return {
    method,
    url,
    host,
    authority,
    target,
    path,
    address: parseAddress(headers.get("CF-Connecting-IP") ?? ""),
    network: networkOf(request.cf, read("CF-Worker")),
    asker,
    format: formatFor({ method, asker, accept, contentType, soapAction }),
    language: languageFor(bounded(headers.get("Accept-Language"), LANGUAGE_MAX_CHARACTERS)),
    site: askingSite(headers.get("Sec-Fetch-Site"), origin, authority),
    cookies: ownCookies(cookie),
    headers: { userAgent: read("User-Agent"), accept, contentType, origin, referer: read("Referer") },
    bodyBytes,
    // HTTP/2 needs neither Content-Length nor Transfer-Encoding to send a body: only the runtime knows.
    hasBody: bodyBytes === null ? request.body != null : bodyBytes > 0,
  };
}

/** Tells a fault from the facts, or from any other object. */
export function isFault(outcome: object): outcome is Fault {
  return "code" in outcome && "status" in outcome;
}

/** There is no other way to count headers than to walk along them; over the names only it takes half the time. */
function hasTooMany(names: Iterable<string>): boolean {
  let count = 0;
  for (const _ of names) if (++count > HEADERS_MAX) return true;
  return false;
}

/**
 * By slicing: a URL object would cost more than all the rest, and its `pathname + search` turns `/a?` into `/a`. The
 * runtime gives an absolute URL that is normalised already.
 */
function splitUrl(url: string): { readonly authority: string; readonly host: string; readonly target: string } {
  const schemeEnd = url.indexOf("://") + 3;
  const hash = url.indexOf("#");
  const end = hash < 0 ? url.length : hash;
  const slash = url.indexOf("/", schemeEnd);
  const authorityEnd = slash < 0 || slash > end ? end : slash;
  const name = url.slice(schemeEnd, authorityEnd);
  const nameFrom = name.lastIndexOf("@") + 1; // user:password@ names nobody that we know
  const authority = nameFrom === 0 ? url.slice(0, authorityEnd) : url.slice(0, schemeEnd) + name.slice(nameFrom);
  const hostAndPort = name.slice(nameFrom);
  const port = hostAndPort.lastIndexOf(":");
  const host = port > hostAndPort.lastIndexOf("]") ? hostAndPort.slice(0, port) : hostAndPort;
  const target = url.slice(authorityEnd, end);
  return { authority, host: host.toLowerCase(), target: target.startsWith("/") ? target : `/${target}` };
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

/** RFC 9110 section 8.6: decimal digits only. Null for none, or for one that no body can have. */
function contentLength(header: string | null): number | null {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

function bounded(value: string | null, most: number): string {
  if (value === null) return "";
  return value.length > most ? value.slice(0, most) : value;
}

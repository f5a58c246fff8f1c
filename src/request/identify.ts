/** `identify`: Request → Facts. Reads everything the shield will ever look at, once and bounded; judges nothing. */
import { parseAddress } from "./address.ts";
import { askerOf, siteOf } from "./asker.ts";
import { readCookie } from "./cookies.ts";
import type { Facts, Fault, NetworkFacts } from "./facts.ts";
import { formatOf, languageOf } from "./format.ts";
import { COOKIE_MAX_CHARACTERS, HEADER_READ_CHARACTERS, HEADERS_MAX, URL_MAX_CHARACTERS } from "./limits.ts";
import { describePath } from "./path.ts";

export function isFault(result: Facts | Fault): result is Fault {
  return "status" in result;
}

/** The facts, or the fault for which a request is refused before anything is decided about it. Never throws. */
export function identify(request: Request): Facts | Fault {
  const { url, method, headers } = request;
  if (url.length > URL_MAX_CHARACTERS) return { status: 414, code: "url-too-long" };
  const read = (name: string): string => headers.get(name) ?? "";
  const cookie = read("Cookie");
  if (cookie.length > COOKIE_MAX_CHARACTERS) return { status: 431, code: "cookie-too-long" };
  if (tooMany(headers)) return { status: 431, code: "too-many-headers" };

  // The runtime's URL is normalised already: slicing keeps byte for byte what will be forwarded.
  const pathAt = url.indexOf("/", url.indexOf("//") + 2);
  const authority = pathAt < 0 ? url : url.slice(0, pathAt);
  const target = pathAt < 0 ? "/" : url.slice(pathAt);
  const queryAt = target.indexOf("?");
  const rawPath = queryAt < 0 ? target : target.slice(0, queryAt);
  if (rawPath.includes("%00")) return { status: 400, code: "malformed-path" };

  const short = (name: string): string => read(name).slice(0, HEADER_READ_CHARACTERS);
  const accept = short("Accept");
  const contentType = short("Content-Type");
  const origin = short("Origin");
  const asker = askerOf({
    method,
    accept,
    fetchMode: read("Sec-Fetch-Mode"),
    fetchDest: read("Sec-Fetch-Dest"),
    upgrade: read("Upgrade"),
    upgradeInsecure: read("Upgrade-Insecure-Requests"),
    corsMethod: method === "OPTIONS" ? read("Access-Control-Request-Method") : "",
  });
  return {
    method,
    url,
    host: hostOf(authority),
    authority,
    target,
    path: describePath(rawPath),
    address: parseAddress(read("CF-Connecting-IP")),
    network: networkOf(request, read("CF-Worker")),
    asker,
    format: formatOf(asker, method, accept.toLowerCase(), contentType.toLowerCase(), headers.has("SOAPAction")),
    language: languageOf(read("Accept-Language")),
    site: siteOf(read("Sec-Fetch-Site"), origin, authority),
    cookies: {
      clearance: readCookie(cookie, "__Host-shield-clearance"),
      pass: readCookie(cookie, "__Host-shield-pass"),
    },
    headers: { userAgent: short("User-Agent"), accept, contentType, origin, referer: short("Referer") },
    bodyBytes: lengthOf(read("Content-Length")),
    hasBody: request.body !== null,
  };
}

/** Counted to the limit and no further. */
function tooMany(headers: Headers): boolean {
  let count = 0;
  for (const _ of headers.keys()) if (++count > HEADERS_MAX) return true;
  return false;
}

/** Hostname in lower case, without userinfo, port and the trailing dot of a fully qualified name. */
function hostOf(authority: string): string {
  const host = authority.slice(authority.indexOf("//") + 2);
  const at = host.lastIndexOf("@") + 1;
  const port = host.startsWith("[", at) ? host.indexOf("]", at) + 1 : host.indexOf(":", at);
  return host
    .slice(at, port > 0 ? port : host.length)
    .toLowerCase()
    .replace(/\.$/, "");
}

function lengthOf(contentLength: string): number | null {
  return /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : null;
}

/** Every field is optional, and locally whatever a test says: nothing here may throw. */
function networkOf(request: Request, worker: string): NetworkFacts {
  const cf = (request as { cf?: unknown }).cf;
  const field = (name: string): unknown =>
    typeof cf === "object" && cf !== null ? (cf as Record<string, unknown>)[name] : undefined;
  const [colo, country, asn] = [field("colo"), field("country"), field("asn")];
  return {
    colo: typeof colo === "string" ? colo.slice(0, 8) : "",
    country: typeof country === "string" ? country.slice(0, 2).toUpperCase() : "",
    asn: typeof asn === "number" && Number.isSafeInteger(asn) && asn >= 0 ? asn : 0,
    worker: worker.slice(0, 255).toLowerCase(),
  };
}

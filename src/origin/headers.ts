/** Which headers pass between client and origin. Headers are edited in place: copying them costs more than all the rest. */
import { withoutOwnCookies } from "../request/cookies.ts";
import { HEADERS_MAX } from "../request/limits.ts";

/** What the origin is told about the client. */
export interface ClientNews {
  /** "" when the edge gave none. */
  readonly clientIp: string;
  readonly lane: string;
  readonly principal: string | null;
  readonly originKey: string | null;
}

/**
 * Connection-specific fields (RFC 9110 section 7.6.1) and what belongs to one hop (sections 11.7.2, 10.1.1). Workerd drops
 * most of them on the way to an HTTP origin, and none on the way to a service binding. Upgrade stays: WebSockets need it.
 *
 * Fields that Connection names stay: a client could use it to remove what others on the way have added.
 */
const REQUEST_HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "proxy-connection",
  "proxy-authorization",
  "expect", // workerd answered 100 Continue itself
]);

/** Names under which origins and frameworks believe in another client, host or path. Only our own say so. */
const FORGEABLE: ReadonlySet<string> = new Set(["forwarded", "x-real-ip", "true-client-ip"]);
const FORGEABLE_PREFIXES = ["shield-", "x-forwarded-", "x-original-", "x-rewrite-", "mf-"] as const;

const SUSPECT_INITIALS: ReadonlySet<number> = new Set(
  [...REQUEST_HOP_BY_HOP, ...FORGEABLE, ...FORGEABLE_PREFIXES].map((name) => name.charCodeAt(0)),
);

const RESPONSE_HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
]);

/** Cloudflare's verdicts of its cache that mean: this answer was made for somebody else. */
const CACHED: ReadonlySet<string> = new Set(["HIT", "STALE", "UPDATING", "REVALIDATED"]);

/**
 * The names, in lower case, of what the client sent that the origin must not get; null when it sent more headers than any
 * origin should read. To count them they must be walked along, so both is done at once, and only for what is forwarded.
 */
export function namesToRemove(headers: Headers): readonly string[] | null {
  let count = 0;
  const names: string[] = [];
  for (const name of headers.keys()) {
    if (++count > HEADERS_MAX) return null;
    if (mayNotReachOrigin(name)) names.push(name);
  }
  return names;
}

/**
 * Turns a copy of the headers that the client sent into those that the origin gets.
 * @param remove what `namesToRemove` found
 * @param authority scheme and authority that the client asked
 */
export function prepareForOrigin(
  headers: Headers,
  remove: readonly string[],
  news: ClientNews,
  authority: string,
): void {
  for (const name of remove) headers.delete(name);
  const cookie = headers.get("Cookie");
  if (cookie !== null) {
    const others = withoutOwnCookies(cookie);
    if (others === null) headers.delete("Cookie");
    else if (others !== cookie) headers.set("Cookie", others);
  }
  const colon = authority.indexOf(":");
  headers.set("X-Forwarded-Proto", authority.slice(0, colon));
  headers.set("X-Forwarded-Host", authority.slice(colon + 3));
  headers.set("Shield-Lane", news.lane);
  if (news.clientIp !== "") {
    headers.set("X-Forwarded-For", news.clientIp);
    headers.set("Shield-Client-IP", news.clientIp);
  }
  if (news.principal !== null) headers.set("Shield-Principal", news.principal);
  if (news.originKey !== null) headers.set("Shield-Origin-Key", news.originKey);
}

/** Asked for each header of each request, so most are let go by their first letter. */
function mayNotReachOrigin(name: string): boolean {
  if (!SUSPECT_INITIALS.has(name.charCodeAt(0))) return false;
  if (REQUEST_HOP_BY_HOP.has(name) || FORGEABLE.has(name)) return true;
  for (const prefix of FORGEABLE_PREFIXES) if (name.startsWith(prefix)) return true;
  return false;
}

/**
 * The names, in lower case, that the client must not see: every Shield-* of the origin, and hop-by-hop. Upgrade stays on
 * a 101 only.
 */
export function namesToHide(headers: Headers, status: number): readonly string[] {
  return namesWhere(
    headers,
    (name) => name.startsWith("shield-") || RESPONSE_HOP_BY_HOP.has(name) || (name === "upgrade" && status !== 101),
  );
}

/** What the origin vouches for in this very answer; a copy from a cache vouches for nobody. Null when for nothing. */
export function vouchIn(headers: Headers): string | null {
  const vouch = headers.get("Shield-Vouch");
  if (vouch === null || headers.has("Age")) return null;
  return CACHED.has(headers.get("CF-Cache-Status")?.toUpperCase() ?? "") ? null : vouch;
}

/**
 * A Location (RFC 9110 section 10.2.2) that leads to the origin's own host leads the client around the shield: it is
 * mapped back, whichever scheme the origin believes in. Null when it may stay as it is: relative, or to somewhere else.
 *
 * @param origin scheme and authority of the origin
 * @param authority scheme and authority that the client asked
 */
export function publicLocation(location: string, origin: string, authority: string): string | null {
  const found = /^(?:https?:)?\/\/([^/?#\\]+)/i.exec(location);
  if (!found) return null;
  const absolute = location.startsWith("//") ? origin.slice(0, origin.indexOf(":") + 1) + location : location;
  const host = URL.parse(absolute)?.host;
  if (host === undefined || host !== URL.parse(origin)?.host) return null;
  return authority + location.slice(found[0].length);
}

function namesWhere(headers: Headers, chosen: (name: string) => boolean): string[] {
  const names: string[] = [];
  for (const name of headers.keys()) if (chosen(name)) names.push(name);
  return names;
}

/** Which headers pass between client and origin. Headers are edited in place: copying them costs more than all the rest. */
import { withoutOwnCookies } from "../request/cookies.ts";

/** What the origin is told about the client. */
export interface ClientNews {
  /** "" when the edge gave none. */
  readonly clientIp: string;
  readonly lane: string;
  readonly principal: string | null;
  readonly originKey: string | null;
}

/** RFC 9110 section 7.6.1. What of it must not go the other way: request/read-headers.ts. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
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
 * Turns a copy of the headers that the client sent into those that the origin gets.
 * @param withheld names of what it must not get (request/read-headers.ts)
 * @param authority scheme and authority that the client asked
 */
export function prepareForOrigin(
  headers: Headers,
  withheld: readonly string[],
  news: ClientNews,
  authority: string,
): void {
  for (const name of withheld) headers.delete(name);
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

/**
 * The names, in lower case, that the client must not see: every Shield-* of the origin, and hop-by-hop. Upgrade stays on
 * a 101 only.
 */
export function namesToHide(headers: Headers, status: number): readonly string[] {
  const names: string[] = [];
  headers.forEach((_, name) => {
    if (name.startsWith("shield-") || HOP_BY_HOP.has(name) || (name === "upgrade" && status !== 101)) names.push(name);
  });
  return names;
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

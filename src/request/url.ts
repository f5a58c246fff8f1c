/**
 * The URL that is decided on is the one that is forwarded. The runtime gives it as the client sent it, `/a//../b` and
 * all, but whoever builds a Request from it gets what the URL standard makes of it (https://url.spec.whatwg.org/), `/a/b`.
 * So an unusual one goes through that parser first; nearly all are usual, and slicing them costs a tenth of parsing.
 */

export interface UrlParts {
  /** As it will be forwarded: without credentials, fragment, default port. */
  readonly url: string;
  /** Scheme and authority. */
  readonly authority: string;
  /** Hostname in lower case, without port. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly path: string;
  /** Whether the path is the one that the client sent, to the byte. */
  readonly pathAsSent: boolean;
}

/** Characters that a parser leaves alone in path and query, after a host that it leaves alone, without a default port. */
const USUAL = /^https?:\/\/[a-z0-9.-]+(?::(?!80\/|443\/)\d+)?\/[\w!$&()*+,\-./:;=?@%|~[\]]*$/;
/** What may begin a dot segment. */
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

/** Null when it is no URL of the web at all. */
export function urlParts(given: string): UrlParts | null {
  if (USUAL.test(given) && !DOT_SEGMENT.test(given)) return slice(given, null);
  const parsed = URL.parse(given);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return null;
  parsed.username = "";
  parsed.password = "";
  parsed.hash = "";
  return slice(parsed.href, pathIn(given)); // pathname + search would turn `/a?` into `/a`
}

/** @param sentPath the path that the client sent; null when it is the one in `url` */
function slice(url: string, sentPath: string | null): UrlParts {
  const slash = url.indexOf("/", 8);
  const authority = url.slice(0, slash);
  const target = url.slice(slash);
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const hostAndPort = authority.slice(authority.indexOf("//") + 2);
  const port = hostAndPort.lastIndexOf(":");
  // The colons inside the brackets of an IPv6 host begin no port.
  const host = port > hostAndPort.lastIndexOf("]") ? hostAndPort.slice(0, port) : hostAndPort;
  return { url, authority, host, target, path, pathAsSent: sentPath === null || sentPath === path };
}

/** The path in a URL that was not parsed yet. */
function pathIn(given: string): string {
  return /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(given)?.[1] ?? "";
}

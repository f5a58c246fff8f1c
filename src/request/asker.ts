/** What asked: judged from Fetch Metadata (https://www.w3.org/TR/fetch-metadata/), which scripts cannot set. */
import type { Asker } from "./facts.ts";

/** The part of `Headers` that is read. */
export interface HeaderReader {
  /** @param name in lower case */
  get(name: string): string | null;
}

/**
 * Where a `navigate` request shows what it gets. `empty` is `<a download>`: it saves what it gets, so a page of ours would
 * end up in a file, or as a failed download.
 */
const NAVIGATES: ReadonlyMap<string, Asker> = new Map([
  ["document", "navigation"],
  ["iframe", "frame"],
  ["frame", "frame"],
  ["fencedframe", "frame"],
  ["embed", "frame"],
  ["object", "frame"],
  ["empty", "subresource"],
]);

const FETCH_MODES: ReadonlySet<string> = new Set(["cors", "no-cors", "same-origin"]);

/**
 * @param upgrade value of Upgrade, "" when absent
 * @param accept value of Accept, "" when absent
 */
export function askerOf(method: string, upgrade: string, accept: string, headers: HeaderReader): Asker {
  if (upgrade !== "" && upgrade.toLowerCase() === "websocket") return "websocket";
  if (method === "OPTIONS" && headers.get("access-control-request-method") !== null) return "preflight";
  const mode = headers.get("sec-fetch-mode");
  if (isPrefetch(mode, headers)) return "prefetch";
  if (mode === null) return withoutMetadata(method, accept, headers);
  if (mode === "navigate") return NAVIGATES.get(headers.get("sec-fetch-dest") ?? "") ?? "program";
  if (mode === "websocket") return "websocket";
  if (!FETCH_MODES.has(mode)) return "program";
  // Everything but fetch, XHR, EventSource and beacons names what it is for: image, script, style, font, worker …
  const destination = headers.get("sec-fetch-dest");
  return destination === "empty" || destination === null ? "script" : "subresource";
}

/**
 * https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header. Only what a speculation can look like is looked
 * at: a navigation, and `<link rel=prefetch>`, which is `no-cors`.
 */
function isPrefetch(mode: string | null, headers: HeaderReader): boolean {
  if (mode !== "navigate" && mode !== "no-cors") return false;
  return headers.get("sec-purpose")?.startsWith("prefetch") ?? false;
}

/** Set by our own script on what it sends (browser/client.ts): it knows how to take a challenge. Not passed on. */
const CLIENT_HEADER = "shield-client";

/**
 * Browsers before 2023 (Safari until 16.4), and all of them on plain HTTP, send no Fetch Metadata. Upgrade-Insecure-Requests
 * (https://www.w3.org/TR/upgrade-insecure-requests/#preference) comes with navigations only, never with fetch or XHR;
 * those are known by the mark of our own script, where the portal includes it.
 */
function withoutMetadata(method: string, accept: string, headers: HeaderReader): Asker {
  const navigates = method === "GET" || method === "POST" || method === "HEAD";
  const html = accept.slice(0, 9).toLowerCase() === "text/html";
  if (navigates && html && headers.get("upgrade-insecure-requests") === "1") return "navigation";
  return headers.get(CLIENT_HEADER) === null ? "program" : "script";
}

/** Sec-Fetch-Site, or judged from Origin for a client that does not send it. */
export type AskingSite = "same-origin" | "same-site" | "cross-site" | "none" | "unknown";

/**
 * Without Fetch Metadata a sibling host counts as another site: which hosts belong together only the public suffix list
 * knows. `Origin: null` may be anybody (a sandboxed frame), so it is another site too.
 *
 * @param origin value of Origin, "" when absent
 * @param authority scheme and authority of the request
 */
export function askingSite(fetchSite: string | null, origin: string, authority: string): AskingSite {
  switch (fetchSite) {
    case "same-origin":
    case "same-site":
    case "cross-site":
    case "none":
      return fetchSite;
  }
  if (origin === "") return "unknown";
  return origin === authority ? "same-origin" : "cross-site";
}

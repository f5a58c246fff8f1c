/** What kind of request this is, and so which answers it can use. */
import type { Asker, Facts } from "./facts.ts";

/** The headers that tell, "" where absent. */
export interface AskerHeaders {
  readonly method: string;
  readonly fetchMode: string;
  readonly fetchDest: string;
  readonly upgrade: string;
  readonly upgradeInsecure: string;
  readonly accept: string;
  readonly corsMethod: string;
}

const EMBEDDED = new Set(["iframe", "frame", "embed", "object", "fencedframe"]);

export function askerOf(headers: AskerHeaders): Asker {
  const { method, fetchMode, fetchDest } = headers;
  if (headers.upgrade.toLowerCase() === "websocket" || fetchDest === "websocket") return "websocket";
  if (method === "OPTIONS" && headers.corsMethod !== "") return "preflight";
  if (fetchMode === "" && fetchDest === "") {
    // Older browsers: only navigations send this pair; fetch and XHR never send the first.
    const navigates = headers.upgradeInsecure === "1" && headers.accept.startsWith("text/html");
    return navigates ? "navigation" : "program";
  }
  if (EMBEDDED.has(fetchDest)) return "frame";
  if (fetchMode === "navigate" && fetchDest === "document") return "navigation";
  // Downloads by link navigate with an empty destination: whoever downloads can show nothing.
  if (fetchDest === "empty") return fetchMode === "navigate" ? "subresource" : "script";
  return "subresource";
}

/** Sec-Fetch-Site, or what Origin says in a browser that does not send it. */
export function siteOf(fetchSite: string, origin: string, authority: string): Facts["site"] {
  if (fetchSite === "same-origin" || fetchSite === "same-site" || fetchSite === "cross-site" || fetchSite === "none")
    return fetchSite;
  if (origin === "") return "unknown";
  return origin === authority ? "same-origin" : "cross-site";
}

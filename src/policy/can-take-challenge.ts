/**
 * Can this request take a challenge at all? Pure. Whoever cannot gains nothing by it: where others are asked to work, it is
 * told to come back later (`ask` in decide.ts).
 */
import type { Facts } from "../request/facts.ts";
import type { CompiledRoute } from "./policy.ts";

export function canTakeChallenge(
  { asker, site }: Pick<Facts, "asker" | "site">,
  { usedBy, challenge }: Pick<CompiledRoute, "usedBy" | "challenge">,
): boolean {
  if (usedBy === "machine" || challenge === "never") return false;
  switch (asker) {
    case "navigation":
      return true;
    case "frame": // of another site: its cookies are missing there, so the page offers a window of its own
      return true;
    case "script":
      // A puzzle is redeemed by the site's own pages only. A browser without Fetch Metadata sends no Origin with a GET.
      return site === "same-origin" || site === "unknown";
    case "subresource": // can show nothing
    case "prefetch": // nobody looks at it, and the browser asks again when somebody does
    case "preflight": // no cookies: it could never prove that it was solved
    case "websocket": // its page learns no more than that it failed
    case "program":
      return false;
  }
}

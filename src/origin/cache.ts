/**
 * Public answers kept at the edge, so that a flood of stylesheets never competes with a prescription. Only what the origin
 * itself calls public, only on routes that say `cache`, and only under the query names that the route knows: a random
 * query string (HULK, WordPress pingback) meets the copy that is there already.
 */
import type { CompiledRoute } from "../policy/policy.ts";
import type { Facts } from "../request/facts.ts";

/** Null when this request may not be answered from a copy, nor its answer be kept. */
export function cacheKey(facts: Facts, route: CompiledRoute, authorized: boolean): Request | null {
  if (route.cache === null || facts.method !== "GET" || authorized || facts.hasBody) return null;
  const at = facts.target.indexOf("?");
  const known =
    at < 0
      ? []
      : facts.target
          .slice(at + 1)
          .split("&", 64)
          .filter((pair) => route.cache?.query.has(pair.split("=", 1)[0] ?? ""));
  const query = known.length === 0 ? "" : `?${known.join("&")}`;
  return new Request(`${facts.authority}${facts.path.raw}${query}`);
}

export function mayKeep(response: Response): boolean {
  const control = response.headers.get("Cache-Control")?.toLowerCase() ?? "";
  return (
    response.status === 200 &&
    /\bpublic\b/.test(control) &&
    !/\b(no-store|private|no-cache)\b/.test(control) &&
    !response.headers.has("Set-Cookie") &&
    !["*", "cookie", "authorization"].some((name) => (response.headers.get("Vary") ?? "").toLowerCase().includes(name))
  );
}

/** A copy to keep, for as long as the route says. */
export function copyOf(response: Response, seconds: number): Response {
  const copy = new Response(response.clone().body, response);
  copy.headers.set("Cache-Control", `public, max-age=${seconds}`);
  return copy;
}

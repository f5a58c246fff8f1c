/** Where a site's requests go. */
import type { Site } from "../policy/policy.ts";

export type Destination =
  | { readonly kind: "url"; readonly origin: string }
  | { readonly kind: "fetcher"; readonly fetcher: Fetcher }
  /** `fetch(request)`: the origin in the zone's DNS. */
  | { readonly kind: "zone" };

/** The site's own origin, else variable ORIGIN, else service binding ORIGIN_SERVICE, else the zone's. */
export function resolveDestination(
  site: Pick<Site, "name" | "origin">,
  env: { readonly ORIGIN?: string; readonly ORIGIN_SERVICE?: Fetcher },
): Destination {
  if (site.origin !== undefined) {
    if ("url" in site.origin) return { kind: "url", origin: site.origin.url };
    const fetcher = (env as Record<string, unknown>)[site.origin.binding];
    if (typeof fetcher !== "object" || fetcher === null || !("fetch" in fetcher))
      throw new Error(`site "${site.name}" names binding ${site.origin.binding}, which wrangler.toml does not have`);
    return { kind: "fetcher", fetcher: fetcher as Fetcher };
  }
  if (env.ORIGIN) return { kind: "url", origin: env.ORIGIN.replace(/\/+$/, "") };
  return env.ORIGIN_SERVICE ? { kind: "fetcher", fetcher: env.ORIGIN_SERVICE } : { kind: "zone" };
}

/** Where src/rules.ts and the routes of wrangler.toml do not name the same hosts: half of the shield is missing there. Pure. */
import { glob } from "../policy/glob.ts";

/** What a `[routes]` entry may be: https://developers.cloudflare.com/workers/wrangler/configuration/#types-of-routes */
export type Route = string | { readonly pattern: string };

export interface Hosts {
  /** All that the rules name: those of sites and those that ask for certificates. */
  readonly ofRules: Iterable<string>;
  /** "" for none. */
  readonly admin: string;
  readonly routes: readonly Route[];
}

export function routeWarnings({ ofRules, admin, routes }: Hosts): readonly string[] {
  const hosts = [...ofRules].filter((host) => !isLocal(host));
  const patterns = routes.map((route) => (typeof route === "string" ? route : route.pattern));
  const routed = patterns.map((pattern) => ({ pattern, isFor: glob(hostOf(pattern)) }));
  const hasRoute = (host: string): boolean => routed.some(({ isFor }) => isFor(host.toLowerCase()));
  const known = admin === "" ? hosts : [...hosts, admin];
  return [
    ...hosts
      .filter((host) => !hasRoute(host))
      .map(
        (host) =>
          `wrangler.toml: no route leads ${host} of src/rules.ts to the shield, so nothing protects it. ` +
          `Add { pattern = "${host}/*", zone_name = "…" } to routes, or take the host out of the rules.`,
      ),
    ...(admin !== "" && !hasRoute(admin)
      ? [
          `wrangler.toml: no route leads ADMIN_HOST ${admin} to the shield, so nobody can operate it. ` +
            `Add { pattern = "${admin}/*", zone_name = "…" } to routes.`,
        ]
      : []),
    ...routed
      .filter(({ isFor }) => !known.some((host) => isFor(host.toLowerCase())))
      .map(
        ({ pattern }) =>
          `src/rules.ts: no site has a host of the route "${pattern}" in wrangler.toml, so all who come there get 400. ` +
          "Add the host to a site's hosts, or take the route out.",
      ),
  ];
}

/** Of `npm start` and the tests: no zone has it (RFC 6761). */
function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^(127\.[\d.]+|\[::1\])$/.test(host);
}

/** A pattern may begin with a scheme; after the host comes a path, or nothing where it is a custom domain. */
function hostOf(pattern: string): string {
  return pattern.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
}

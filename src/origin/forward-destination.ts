/** Where a site's requests go: what the rules say, else the variable ORIGIN, else the binding ORIGIN_SERVICE, else the zone. */

/** The part of a binding that is used: a service, an mTLS certificate and a VPC service all have it. */
export interface OriginFetcher {
  fetch(request: Request, init?: RequestInit): Promise<Response>;
}

export type Destination =
  /** Scheme and authority of the origin, without a closing slash. */
  | { readonly kind: "url"; readonly url: string }
  /** A binding: it is asked under the public URL. */
  | { readonly kind: "fetcher"; readonly fetcher: OriginFetcher }
  /** The zone's own origin: a route's `fetch` of the same URL reaches it and not this Worker again. */
  | { readonly kind: "zone" };

/** The part of a site that is read. */
export interface OriginOfSite {
  readonly name: string;
  readonly origin: { readonly url: string } | { readonly binding: string } | undefined;
}

/** The part of the environment that is read, besides bindings that rules name. */
export interface OriginEnv {
  readonly ORIGIN?: string;
  readonly ORIGIN_SERVICE?: OriginFetcher;
}

/** The configuration leads nowhere. The message says what to do. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
}

const ZONE: Destination = { kind: "zone" };

/** URLs that were found good. As many as there are sites, plus one: both come from the deploy, not from requests. */
const checked = new Map<string, Destination>();

/** @throws {DestinationError} when the rules name a binding that does not exist, or ORIGIN is no origin */
export function resolveDestination(site: OriginOfSite, env: OriginEnv): Destination {
  const { origin, name } = site;
  if (origin !== undefined)
    return "url" in origin
      ? urlDestination(origin.url, `the rules of site "${name}"`)
      : boundTo(origin.binding, name, env);
  if (env.ORIGIN) return urlDestination(env.ORIGIN, "variable ORIGIN");
  return env.ORIGIN_SERVICE ? { kind: "fetcher", fetcher: env.ORIGIN_SERVICE } : ZONE;
}

function urlDestination(text: string, where: string): Destination {
  const known = checked.get(text);
  if (known) return known;
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && (text === url.origin || text === `${url.origin}/`);
  if (!isOrigin)
    throw new DestinationError(
      `${where} says "${text}", which is no origin. Write scheme and host only, like "https://origin.example.lv".`,
    );
  const destination: Destination = { kind: "url", url: url.origin };
  checked.set(text, destination);
  return destination;
}

function boundTo(binding: string, site: string, env: OriginEnv): Destination {
  const bound: unknown = Reflect.get(env, binding);
  if (!isFetcher(bound))
    throw new DestinationError(
      `The rules of site "${site}" name the binding ${binding}, which this Worker does not have. ` +
        "Add it to wrangler.toml, for example under [[services]], or correct the name in src/rules.ts.",
    );
  return { kind: "fetcher", fetcher: bound };
}

function isFetcher(bound: unknown): bound is OriginFetcher {
  return typeof bound === "object" && bound !== null && "fetch" in bound && typeof bound.fetch === "function";
}

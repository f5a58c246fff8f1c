/**
 * `forward`: the request to the origin, the answer back. Bodies stream both ways, untouched and unread; headers change only
 * where they must (headers.ts). Decided on and forwarded is the same URL, sliced, never rebuilt.
 */
import type { Lane } from "../identity/identity.ts";
import { withoutOwnCookies } from "../request/cookies.ts";
import type { Facts, Fault } from "../request/facts.ts";
import type { Destination } from "./forward-destination.ts";
import { goesToClient, goesToOrigin } from "./headers.ts";

/** What the origin is told beside the request. */
export interface Envelope {
  readonly clientIp: string;
  readonly lane: Lane;
  readonly principal: string | null;
  readonly originKey: string | null;
  /** To the first byte of the answer, beyond what the upload itself may take. */
  readonly timeoutMs: number;
  /** Whether `Shield-Vouch` is heard on this route. */
  readonly hasVouchRoute: boolean;
}

export type ForwardResult =
  | { readonly kind: "response"; readonly response: Response; readonly vouch: string | null }
  | { readonly kind: "fault"; readonly fault: Fault }
  /** The client left: nobody reads an answer. */
  | { readonly kind: "gone" };

/** Uploads get this much more time: the origin may answer only after the last byte. */
const SLOWEST_UPLOAD_BYTES_PER_MS = 50;
const CHUNKED_UPLOAD_MS = 15 * 60_000;

export async function forward(
  request: Request,
  facts: Facts,
  destination: Destination,
  envelope: Envelope,
): Promise<ForwardResult> {
  const stop = new AbortController();
  const onGone = () => stop.abort("gone");
  request.signal.addEventListener("abort", onGone);
  const timer = setTimeout(() => stop.abort("timeout"), envelope.timeoutMs + uploadMs(facts));
  try {
    const response = await send(outgoing(request, facts, destination, envelope, stop.signal), destination);
    return { kind: "response", ...incoming(response, facts, destination, envelope) };
  } catch {
    if (request.signal.aborted) return { kind: "gone" };
    const late = stop.signal.aborted;
    return {
      kind: "fault",
      fault: late ? { status: 504, code: "origin-timeout" } : { status: 502, code: "origin-unreachable" },
    };
  } finally {
    clearTimeout(timer);
  }
}

function uploadMs(facts: Facts): number {
  if (!facts.hasBody) return 0;
  return facts.bodyBytes === null ? CHUNKED_UPLOAD_MS : facts.bodyBytes / SLOWEST_UPLOAD_BYTES_PER_MS;
}

function send(request: Request, destination: Destination): Promise<Response> {
  return destination.kind === "fetcher" ? destination.fetcher.fetch(request) : fetch(request);
}

function outgoing(
  request: Request,
  facts: Facts,
  destination: Destination,
  envelope: Envelope,
  signal: AbortSignal,
): Request {
  const url = destination.kind === "url" ? destination.origin + facts.target : facts.url;
  const sent = new Request(url, new Request(request, { redirect: "manual", signal }));
  const { headers } = sent;
  for (const name of [...headers.keys()]) if (!goesToOrigin(name)) headers.delete(name);
  const cookie = headers.get("Cookie");
  if (cookie !== null) {
    const theirs = withoutOwnCookies(cookie);
    if (theirs === "") headers.delete("Cookie");
    else if (theirs !== cookie) headers.set("Cookie", theirs);
  }
  headers.set("X-Forwarded-Host", facts.authority.slice(facts.authority.indexOf("//") + 2));
  headers.set("X-Forwarded-Proto", facts.authority.slice(0, facts.authority.indexOf(":")));
  if (envelope.clientIp !== "") {
    headers.set("X-Forwarded-For", envelope.clientIp);
    headers.set("Shield-Client-IP", envelope.clientIp);
  }
  headers.set("Shield-Lane", envelope.lane);
  if (envelope.principal !== null) headers.set("Shield-Principal", envelope.principal);
  if (envelope.originKey !== null) headers.set("Shield-Origin-Key", envelope.originKey);
  return sent;
}

function incoming(
  response: Response,
  facts: Facts,
  destination: Destination,
  envelope: Envelope,
): { response: Response; vouch: string | null } {
  const vouch = envelope.hasVouchRoute && isFresh(response) ? response.headers.get("Shield-Vouch") : null;
  const unwanted = [...response.headers.keys()].filter((name) => !goesToClient(name));
  const location = mappedLocation(response.headers.get("Location"), facts, destination);
  // Re-wrapping costs time, and a WebSocket cannot stand it without need.
  if (unwanted.length === 0 && location === null) return { response, vouch };
  const changed = new Response(response.body, response);
  for (const name of unwanted) changed.headers.delete(name);
  if (location !== null) changed.headers.set("Location", location);
  return { response: changed, vouch };
}

/** A cached answer was meant for somebody else: it vouches for nobody. */
function isFresh(response: Response): boolean {
  return !response.headers.has("Age") && response.headers.get("CF-Cache-Status") !== "HIT";
}

/** A redirect to the origin's own authority goes to the public one; null when nothing is to be mapped. */
function mappedLocation(location: string | null, facts: Facts, destination: Destination): string | null {
  if (location === null || destination.kind !== "url") return null;
  const own = destination.origin;
  if (!location.startsWith(own)) return null;
  const rest = location.slice(own.length);
  return rest === "" || /^[/?#]/.test(rest) ? facts.authority + rest : null;
}

/**
 * `forward`: asks the origin and brings back its answer. Bodies stream both ways and are never read; path and query arrive
 * byte for byte; only scheme and authority change. Whatever goes wrong has an outcome of its own, nothing is thrown.
 */
import type { Lane } from "../identity/identity.ts";
import type { Facts, Fault } from "../request/facts.ts";
import type { Destination } from "./forward-destination.ts";
import { namesToHide, prepareForOrigin, publicLocation, vouchIn } from "./headers.ts";
import { type InFlightCounter, trackInFlight } from "./in-flight.ts";

export interface Envelope {
  /** Sent as Shield-Client-IP and X-Forwarded-For; "" when the edge gave none. */
  readonly clientIp: string;
  readonly lane: Lane;
  readonly principal: string | null;
  /** Proves to the origin that the request came this way. */
  readonly originKey: string | null;
  /** Milliseconds to the first byte of the answer, not counting the time that a body takes to arrive. */
  readonly timeoutMs: number;
  /** Whether Shield-Vouch is heard in answers from here. */
  readonly hasVouchRoute: boolean;
  /** Whether the invocation goes on when its client has left, as something of ours hangs on it (`waitUntil`). */
  readonly lingers: boolean;
}

export type ForwardResult =
  | { readonly kind: "response"; readonly response: Response; readonly vouch: string | null }
  | { readonly kind: "fault"; readonly fault: Fault }
  /** The client has left; there is nobody to answer. */
  | { readonly kind: "gone" };

const UNREACHABLE: ForwardResult = { kind: "fault", fault: { status: 502, code: "origin-unreachable" } };
const TIMED_OUT: ForwardResult = { kind: "fault", fault: { status: 504, code: "origin-timeout" } };
const GONE: ForwardResult = { kind: "gone" };

/** A body may come as slowly as this, bytes per millisecond (50 kB/s): a poor mobile uplink. */
const UPLOAD_BYTES_PER_MS = 50;
/** A body of unknown length may take this long. */
const CHUNKED_UPLOAD_MS = 15 * 60_000;
/** No body may take longer, whatever length it declares: 360 MB at the pace above. */
const LONGEST_UPLOAD_MS = 2 * 3_600_000;

export async function forward(
  request: Request,
  facts: Facts,
  destination: Destination,
  envelope: Envelope,
  counter: InFlightCounter,
): Promise<ForwardResult> {
  const { signal } = request;
  if (signal.aborted) return GONE;
  // What was asked ends with the invocation. Only where that goes on, or a body is on its way, it is called off by hand.
  const controller = envelope.lingers || facts.hasBody ? new AbortController() : null;
  const done = trackInFlight(signal, counter, () => controller?.abort());
  try {
    const asked = ask(outgoing(request, facts, destination, envelope, controller?.signal ?? null), destination);
    const response = await within(envelope.timeoutMs + uploadMs(facts), asked);
    if (!response) {
      controller?.abort();
      return TIMED_OUT;
    }
    const vouch = envelope.hasVouchRoute ? vouchIn(response.headers) : null;
    return { kind: "response", response: publicResponse(response, facts, destination), vouch };
  } catch {
    // The message of the exception may name the origin; what happened is said by what we did ourselves.
    return signal.aborted ? GONE : UNREACHABLE;
  } finally {
    done();
  }
}

/**
 * Copied, then edited in place; where the URL stays, only once, as `fetch(request, { signal })` would copy it again. As a
 * copy of the client's request it keeps the body's length.
 */
function outgoing(
  request: Request,
  facts: Facts,
  destination: Destination,
  envelope: Envelope,
  signal: AbortSignal | null,
): Request {
  const base = destination.kind === "url" ? destination.url : facts.authority;
  const url = base + facts.target;
  const asked = url === request.url ? request : new Request(url, request);
  const copy = new Request(asked, { signal, redirect: "manual" });
  prepareForOrigin(copy.headers, facts.withheld, envelope, facts.authority);
  return copy;
}

function ask(request: Request, destination: Destination): Promise<Response> {
  return destination.kind === "fetcher" ? destination.fetcher.fetch(request) : fetch(request);
}

/**
 * Null when it takes longer. The timer is never cleared: it ends with the invocation, and that costs less. So does one timer
 * without a promise of its own: a race with `scheduler.wait` takes three times as long.
 */
function within(ms: number, asked: Promise<Response>): Promise<Response | null> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, ms, null);
    asked.then(resolve, reject);
  });
}

/** The answer as the client may see it; the very same object when there is nothing to change. */
function publicResponse(response: Response, facts: Facts, destination: Destination): Response {
  const hidden = namesToHide(response.headers, response.status);
  const location = destination.kind === "url" ? response.headers.get("Location") : null;
  const mapped =
    destination.kind === "url" && location !== null ? publicLocation(location, destination.url, facts.authority) : null;
  if (hidden.length === 0 && mapped === null) return response;
  const mine = new Response(response.body, response);
  for (const name of hidden) mine.headers.delete(name);
  if (mapped !== null) mine.headers.set("Location", mapped);
  return mine;
}

/** How much longer the first byte of the answer may take because a body must arrive before it, ms. */
function uploadMs({ hasBody, bodyBytes }: Facts): number {
  if (!hasBody) return 0;
  return bodyBytes === null ? CHUNKED_UPLOAD_MS : Math.min(bodyBytes / UPLOAD_BYTES_PER_MS, LONGEST_UPLOAD_MS);
}

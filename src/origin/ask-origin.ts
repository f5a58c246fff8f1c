/** Asks the origin, or the edge's copy of a public answer, and turns a vouch of the origin into a pass. */
import { clearanceCookie, sealClearance } from "../challenge/clearance.ts";
import type { Desk } from "../desk.ts";
import type { Env } from "../env.ts";
import type { Identity } from "../identity/identity.ts";
import { parseVouch, passCookie } from "../identity/pass.ts";
import { endedTransactionCookie, transactionCookie } from "../identity/transaction.ts";
import type { CompiledRoute } from "../policy/policy.ts";
import type { Decision } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { cacheKey, copyOf, mayKeep } from "./cache.ts";
import { type Envelope, forward } from "./forward.ts";
import { resolveDestination } from "./forward-destination.ts";
import { isOverload, type OriginAnswer } from "./origin-answer.ts";
import { withOwnCookies } from "./own-cookies.ts";

/** A body of this size arrives within a moment. */
const QUICK_BODY_BYTES = 65_536;

export interface Errand {
  readonly request: Request;
  readonly facts: Facts;
  readonly identity: Identity;
  readonly decision: Pick<Decision, "route" | "serviceClass">;
  readonly desk: Desk;
  readonly sealer: Sealer | null;
  /** Called when the origin ended the asker's session. */
  readonly signOut: () => Promise<void>;
  readonly lingers: Envelope["lingers"];
}

/** The edge's own copy of a public answer, or null: it costs the origin nothing, so nobody waits for room to get it. */
export function keptAnswer(request: Request, facts: Facts, route: CompiledRoute): Promise<Response | null> | null {
  const key = cacheKey(facts, route, facts.credentials.authorization !== "");
  return key && caches.default.match(conditional(key, request)).then((kept) => kept ?? null);
}

export async function askOrigin(errand: Errand, env: Env, ctx: ExecutionContext): Promise<OriginAnswer> {
  const { request, facts, identity, desk } = errand;
  const { route, serviceClass } = errand.decision;
  const envelope: Envelope = {
    clientIp: facts.address.text,
    lane: identity.lane,
    principal: identity.principal,
    originKey: env.ORIGIN_KEY ?? null,
    timeoutMs: route.timeoutMs,
    hasVouchRoute: route.vouches,
    lingers: errand.lingers,
  };
  const askedAt = Date.now();
  const counter = desk.inFlight(serviceClass, tells(facts, identity));
  const destination = resolveDestination(desk.site, env);
  const answer = await forward(request, facts, destination, envelope, counter);
  if (answer.kind === "response") {
    noteAnswer(errand, isOverload(answer.response.status), askedAt);
    const cookies = cookiesFrom(answer, errand);
    const response = cookies ? withOwnCookies(answer.response, await cookies) : answer.response;
    const key = route.cache && cacheKey(facts, route, facts.credentials.authorization !== "");
    if (key && route.cache && mayKeep(response))
      ctx.waitUntil(caches.default.put(key, copyOf(response, route.cache.seconds)));
    return { kind: "response", response };
  }
  // The others say something about the request, not about the origin.
  if (answer.kind === "fault" && answer.fault.status >= 500) noteAnswer(errand, true, askedAt);
  return answer;
}

/** Null, not a promise, where nothing is to be told: so it is with nearly every answer. */
function cookiesFrom(
  answer: { readonly response: Response; readonly vouch: string | null },
  { facts, identity, decision: { route }, sealer, signOut }: Errand,
): Promise<readonly string[]> | null {
  if (sealer === null || (answer.vouch === null && identity.renewal === null && route.signIn === null)) return null;
  return Promise.all([
    passFrom(answer.vouch, sealer, facts.host, identity, signOut),
    clearanceFrom(identity, sealer),
    transactionFrom(answer, route, sealer, facts.host),
  ]).then((cookies) => cookies.filter((cookie) => cookie !== null));
}

function noteAnswer({ facts, identity, desk }: Errand, overloaded: boolean, askedAt: number): void {
  const now = Date.now();
  desk.noteForwarded(overloaded, askedAt, now);
  if (overloaded && identity.principal !== null)
    desk.retries.noteFailed(identity.principal, `${facts.method} ${facts.target}`, now);
}

/** Whether the time that a request spends at the origin is the origin's doing: a stranger may send a body as slowly as he likes. */
function tells({ hasBody, bodyBytes }: Facts, { lane }: Identity): boolean {
  if (!hasBody) return true;
  return (lane === "machine" || lane === "clinician") && bodyBytes !== null && bodyBytes <= QUICK_BODY_BYTES;
}

async function passFrom(
  header: string | null,
  sealer: Sealer,
  host: string,
  { evidence, knownDevice, proof }: Identity,
  signOut: Errand["signOut"],
): Promise<string | null> {
  const vouch = header === null ? null : parseVouch(header);
  if (!vouch) return null;
  if (vouch.ttlS === 0) await signOut();
  const now = Date.now();
  // Who signs in again on a device that had a pass keeps its rank in an attack.
  const hadPass = proof !== null && (evidence === "pass" || knownDevice);
  return await passCookie(sealer, vouch, host, now, hadPass ? proof.since : now);
}

/** Opened by the answer where signing in begins, ended where the origin vouches for whoever returned. */
async function transactionFrom(
  { response, vouch }: { readonly response: Response; readonly vouch: string | null },
  { signIn }: CompiledRoute,
  sealer: Sealer,
  host: string,
): Promise<string | null> {
  if (response.status >= 400) return null;
  if (signIn === "start") return transactionCookie(sealer, host, Date.now());
  return signIn === "return" && vouch !== null ? endedTransactionCookie() : null;
}

/** Renewed silently while it is used: nobody is interrupted in the middle of her work. */
async function clearanceFrom({ renewal }: Identity, sealer: Sealer): Promise<string | null> {
  return renewal ? clearanceCookie(await sealClearance(sealer, renewal)) : null;
}

/** The copy answers conditional and range requests itself when it is asked with their headers. */
function conditional(key: Request, request: Request): Request {
  const asked = new Request(key);
  for (const name of ["If-None-Match", "If-Modified-Since", "Range", "If-Range"]) {
    const value = request.headers.get(name);
    if (value !== null) asked.headers.set(name, value);
  }
  return asked;
}

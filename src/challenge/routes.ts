/**
 * The shield's own paths for the challenge, as plain functions. The caller mounts `challengeRoutes`, limits how often a
 * client may ask, and hands in everything that is not in the request.
 */
import type { Bytes } from "../bytes.ts";
import type { Sealer } from "../seal.ts";
import { clearanceCookie } from "./clearance.ts";
import { issuePuzzle, MAX_PROOF_CHARS } from "./puzzle.ts";
import { type Issuance, type RedeemFault, redeem, type Spend } from "./redeem.ts";
import { challengeScript, clientScript, scriptVersion, solverScript, waitScript } from "./scripts.ts";

/** The part of a Request that is read. */
export interface ChallengeRequest {
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface ChallengeContext {
  /** Null when SHIELD_SECRET is missing or weak: then nothing is issued or redeemed. */
  readonly sealer: Sealer | null;
  /** Hostname in lower case. */
  readonly host: string;
  /** Scheme and authority, what `Origin` must equal. */
  readonly authority: string;
  /** Keyed hash of the asker's network, "" when unknown. Asked only for a puzzle: a garbage proof must cost next to nothing. */
  readonly network: () => Promise<string>;
  readonly difficulty: () => Promise<number>;
  /** Whether it has proven already who it is, or that it worked, or nobody is asked any more. */
  readonly needsNone: () => Promise<boolean>;
  readonly spend: Spend;
  readonly issuance: Issuance;
  readonly nowMs: number;
  /** Gives that many fresh random bytes. */
  readonly randomBytes: (count: number) => Bytes;
}

export interface ChallengeRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly handle: (request: ChallengeRequest, context: ChallengeContext) => Promise<Response>;
}

export const challengeRoutes: readonly ChallengeRoute[] = [
  { method: "POST", path: "/.shield/puzzle", handle: givePuzzle },
  { method: "POST", path: "/.shield/redeem", handle: takeProof },
  { method: "GET", path: "/.shield/challenge.js", handle: async (request) => giveScript(request, challengeScript) },
  { method: "GET", path: "/.shield/client.js", handle: async (request) => giveScript(request, clientScript) },
  { method: "GET", path: "/.shield/wait.js", handle: async (request) => giveScript(request, waitScript) },
  { method: "GET", path: "/.shield/solver.js", handle: async (request) => giveScript(request, solverScript) },
];

/**
 * Answers 200 with the puzzle, or 204 when none is needed: twenty tabs of a browser share one solve. Stores nothing: a flood of these costs two HMACs and eight hashes each (46 µs in
 * workerd).
 */
export async function givePuzzle(request: ChallengeRequest, context: ChallengeContext): Promise<Response> {
  const fault = checkPost(request, context.authority);
  if (fault) return problem(fault, context);
  if (!context.sealer) return problem("unavailable", context);
  if (await context.needsNone()) return new Response(null, { status: 204, headers: { "Cache-Control": "no-store" } });
  const { sealer, host, nowMs } = context;
  const terms = { difficulty: await context.difficulty(), host, network: await context.network() };
  const puzzle = await issuePuzzle(sealer, terms, nowMs, context.randomBytes(16));
  return Response.json(puzzle, { headers: { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } });
}

/** Answers 204 with the clearance as a cookie, or a problem (RFC 9457) that says why not. */
export async function takeProof(request: ChallengeRequest, context: ChallengeContext): Promise<Response> {
  const fault = checkPost(request, context.authority);
  if (fault) return problem(fault, context);
  if (!context.sealer) return problem("unavailable", context);
  const body = await readBounded(request.body);
  if (body === null) return problem("size", context);
  const result = await redeem(context.sealer, body, context, context.spend, context.issuance, context.nowMs);
  if (!result.ok) return problem(result.why, context);
  const headers = { "Cache-Control": "no-store", "Set-Cookie": clearanceCookie(result.clearance) };
  return new Response(null, { status: 204, headers });
}

/** The scripts change only with a deployment; an hour bounds how long an old one can meet a new shield. */
function giveScript(request: ChallengeRequest, script: string): Response {
  const headers = {
    "Cache-Control": "public, max-age=3600",
    "Content-Type": "text/javascript; charset=utf-8",
    "Cross-Origin-Resource-Policy": "same-origin",
    ETag: `"${scriptVersion}"`,
    "X-Content-Type-Options": "nosniff",
  };
  // Weak comparison, RFC 9110 section 13.1.2: a proxy that compresses may have made the tag weak.
  const known = request.headers.get("If-None-Match")?.includes(headers.ETag);
  return known ? new Response(null, { status: 304, headers }) : new Response(script, { headers });
}

type PostFault = "cross-site" | "media-type" | "size";

/**
 * Only our own page may post here. JSON keeps out plain HTML forms; Fetch Metadata, or Origin where a browser does not
 * send it, keeps out scripts of other sites.
 */
function checkPost(request: ChallengeRequest, authority: string): PostFault | null {
  const site = request.headers.get("Sec-Fetch-Site");
  const own = site === null ? request.headers.get("Origin") === authority : site === "same-origin";
  if (!own) return "cross-site";
  const [mediaType = ""] = (request.headers.get("Content-Type") ?? "").split(";", 1);
  if (mediaType.trim().toLowerCase() !== "application/json") return "media-type";
  const declared = request.headers.get("Content-Length");
  return declared !== null && !(Number(declared) <= MAX_PROOF_CHARS) ? "size" : null;
}

/** The body as text, null when it is longer than a proof can be, whatever length it declared. */
async function readBounded(body: ReadableStream<Uint8Array> | null): Promise<string | null> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  try {
    const reader = body?.getReader();
    for (let chunk = await reader?.read(); reader && chunk && !chunk.done; chunk = await reader.read()) {
      bytes += chunk.value.byteLength;
      if (bytes > MAX_PROOF_CHARS) {
        await reader.cancel();
        return null;
      }
      text += decoder.decode(chunk.value, { stream: true });
    }
  } catch {
    return ""; // the client went away; half a body is no proof
  }
  return text + decoder.decode();
}

const PROBLEMS: { readonly [why in RedeemFault | PostFault]: { readonly status: number; readonly title: string } } = {
  "cross-site": { status: 403, title: "This path serves the challenge page of this site only" },
  "media-type": { status: 415, title: "Send application/json" },
  size: { status: 413, title: "The proof is too long" },
  syntax: { status: 400, title: "This is not a proof" },
  mac: { status: 403, title: "The challenge was not issued here" },
  expired: { status: 403, title: "The challenge has expired" },
  future: { status: 403, title: "The challenge is not valid yet" },
  host: { status: 403, title: "The challenge was issued for another host" },
  work: { status: 403, title: "The answers are wrong" },
  "too-many": { status: 429, title: "Too many clearances were given to this network lately" },
  "already-spent": { status: 409, title: "The challenge was used before" },
  unavailable: { status: 503, title: "Clearances cannot be given at the moment" },
};

function problem(why: keyof typeof PROBLEMS, context: ChallengeContext): Response {
  const { status, title } = PROBLEMS[why];
  const headers = new Headers({ "Cache-Control": "no-store", "Content-Type": "application/problem+json" });
  // Jitter, or all who failed together come back together.
  const jitterS = (context.randomBytes(1)[0] ?? 0) % 4;
  if (status === 503) headers.set("Retry-After", String(2 + jitterS));
  if (status === 429) headers.set("Retry-After", String(Math.ceil(context.issuance.waitS) + jitterS));
  return new Response(JSON.stringify({ type: "about:blank", title, status, code: why }), { status, headers });
}

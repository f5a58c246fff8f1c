/**
 * Who may operate the shield: whoever holds SHIELD_ADMIN_TOKEN, on ADMIN_HOST only. That host is another one than those
 * protected, so that it can be closed to the world by itself and no script of a protected site ever reaches it.
 *
 * Whoever is not let in costs one keyed hash at the most: no Durable Object call, no log line.
 */
import type { Facts } from "./request/facts.ts";

export interface OperatorsEnv {
  /** At least 32 bytes: whoever shows it on ADMIN_HOST is an operator. */
  readonly SHIELD_ADMIN_TOKEN?: string;
  /** Host of the operators' paths; absent or "": there are none. `npm start` sets it. */
  readonly ADMIN_HOST?: string;
}

export type Operator =
  | { readonly ok: true /** For explanations and the record. */; readonly operator: string }
  | { readonly ok: false; readonly response: Response };

const TOKEN_MIN_BYTES = 32;
const TOKEN_MAX_CHARACTERS = 512;

const encoder = new TextEncoder();

export async function authorizeOperator(request: Request, facts: Facts, env: OperatorsEnv): Promise<Operator> {
  if (!isAdminHost(facts.host, env)) return { ok: false, response: notFound() };
  const bearer = bearerIn(request.headers.get("Authorization"));
  if (bearer === null || !(await isAdminToken(bearer, env))) return { ok: false, response: refusal("unauthorized") };
  const writes = facts.method !== "GET" && facts.method !== "HEAD";
  if (writes && !isJson(facts.headers.contentType)) return { ok: false, response: refusal("media-type") };
  return { ok: true, operator: "administrator's token" };
}

/** Whether operators' paths exist on this host at all. */
export function isAdminHost(host: string, { ADMIN_HOST = "" }: OperatorsEnv): boolean {
  return ADMIN_HOST !== "" && host === ADMIN_HOST.toLowerCase();
}

/** What is wrong with an administrator's token, for the deploy gate; null when it is good. */
export function adminTokenProblem(token: string): "short" | "long" | null {
  if (encoder.encode(token).length < TOKEN_MIN_BYTES) return "short";
  return token.length > TOKEN_MAX_CHARACTERS ? "long" : null;
}

/** RFC 6750 section 2.1. */
function bearerIn(authorization: string | null): string | null {
  if (authorization === null || authorization.length > TOKEN_MAX_CHARACTERS + 16) return null;
  return /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? null;
}

/** Compares under a fresh key: how long it takes says nothing about the token. */
async function isAdminToken(presented: string, { SHIELD_ADMIN_TOKEN: token = "" }: OperatorsEnv): Promise<boolean> {
  if (adminTokenProblem(token) !== null) return false;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const once = crypto.getRandomValues(new Uint8Array(32));
  const key = await crypto.subtle.importKey("raw", once, hmac, false, ["sign", "verify"]);
  const tag = await crypto.subtle.sign("HMAC", key, encoder.encode(token));
  return crypto.subtle.verify("HMAC", key, tag, encoder.encode(presented));
}

function isJson(contentType: string): boolean {
  return contentType.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}

/** As any path of ours that there is not: who asks on another host learns nothing. */
export function notFound(): Response {
  return new Response(null, { status: 404, headers: { "Cache-Control": "no-store" } });
}

const REFUSALS = {
  unauthorized: { status: 401, title: "Operators only: send the administrator's token as Authorization: Bearer" },
  "media-type": { status: 415, title: "Send application/json" },
} as const;

function refusal(why: keyof typeof REFUSALS): Response {
  const { status, title } = REFUSALS[why];
  const headers = new Headers({ "Cache-Control": "no-store", "Content-Type": "application/problem+json" });
  if (status === 401) headers.set("WWW-Authenticate", 'Bearer realm="shield"');
  return new Response(JSON.stringify({ type: "about:blank", title, status, code: why }), { status, headers });
}

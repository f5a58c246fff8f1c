/**
 * Who may operate the shield: whoever holds SHIELD_ADMIN_TOKEN or signed in at Cloudflare Access, on ADMIN_HOST only. That
 * host is another one than those protected, so that it can be closed to the world by itself and no script of a protected
 * site ever reaches it.
 *
 * Whoever is not let in costs one keyed hash or one look at a token at the most: no Durable Object call, no log line.
 */
import type { KeySource } from "../identity/jwks.ts";
import { verifyToken } from "../identity/jwt.ts";
import type { Facts } from "../request/facts.ts";

export interface OperatorsEnv {
  /** At least 32 bytes: whoever shows it on ADMIN_HOST is an operator. */
  readonly SHIELD_ADMIN_TOKEN?: string;
  /** Host of the operators' paths; absent or "": there are none. `npm start` sets it. */
  readonly ADMIN_HOST?: string;
  /** The team's name at Cloudflare Access, `<team>.cloudflareaccess.com`, and the application's audience tag; "": none. */
  readonly ACCESS_TEAM?: string;
  readonly ACCESS_AUD?: string;
}

export type Operator =
  | { readonly ok: true /** For explanations and the record. */; readonly operator: string }
  | { readonly ok: false; readonly response: Response };

const TOKEN_MIN_BYTES = 32;
const TOKEN_MAX_CHARACTERS = 512;

const encoder = new TextEncoder();

/** @param keysAt where to get the keys that sign Access's tokens */
export async function authorizeOperator(
  request: Request,
  facts: Facts,
  env: OperatorsEnv,
  keysAt: (url: string) => KeySource,
): Promise<Operator> {
  if (!isAdminHost(facts.host, env)) return { ok: false, response: notFound() };
  const writes = facts.method !== "GET" && facts.method !== "HEAD";
  const bearer = bearerIn(request.headers.get("Authorization"));
  if (bearer === null) {
    const name = await nameFromAccess(request.headers.get("Cf-Access-Jwt-Assertion"), env, keysAt);
    if (name === null) return { ok: false, response: refusal("unauthorized") };
    // Access knows her by a cookie, which a page of another site could make her browser send.
    if (writes && facts.site !== "same-origin") return { ok: false, response: refusal("cross-site") };
    return asJson(facts, writes, name);
  }
  return (await isAdminToken(bearer, env))
    ? asJson(facts, writes, "administrator's token")
    : { ok: false, response: refusal("unauthorized") };
}

/** JSON keeps out what a form of another site can send. */
function asJson({ headers }: Facts, writes: boolean, operator: string): Operator {
  const json = headers.contentType.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
  return writes && !json ? { ok: false, response: refusal("media-type") } : { ok: true, operator };
}

/** Whether operators' paths exist on this host at all. */
export function isAdminHost(host: string, { ADMIN_HOST = "" }: OperatorsEnv): boolean {
  return ADMIN_HOST !== "" && host === ADMIN_HOST.toLowerCase();
}

/** What is wrong with ADMIN_HOST, and the remedy, for the deploy gate; null when it is good. */
export function adminHostProblem(host: string, protectedHosts: { has(host: string): boolean }): string | null {
  return protectedHosts.has(host.toLowerCase())
    ? `ADMIN_HOST "${host}" is a host that src/rules.ts protects, so scripts of its pages could operate the shield. ` +
        "Give the operators a host of their own, or none."
    : null;
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

const OPERATORS_NAME_MAX_CHARACTERS = 100;

/** Who signed in at Cloudflare Access; null for nobody (https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/). */
async function nameFromAccess(
  token: string | null,
  { ACCESS_TEAM: team = "", ACCESS_AUD: audience = "" }: OperatorsEnv,
  keysAt: (url: string) => KeySource,
): Promise<string | null> {
  if (token === null || audience === "" || !/^[a-z0-9-]+$/.test(team)) return null;
  const issuer = `https://${team}.cloudflareaccess.com`;
  const refreshes: Promise<unknown>[] = [];
  const expected = { issuer, audience: [audience], algorithms: ["RS256"] as const, clockSkewS: 60 };
  const keys = keysAt(`${issuer}/cdn-cgi/access/certs`);
  const outcome = await verifyToken(token, expected, keys, Date.now(), (work) => refreshes.push(work));
  await Promise.all(refreshes);
  if (outcome.kind === "refused") return null;
  const { email, common_name: service, sub } = outcome.claims;
  for (const name of [email, service, sub])
    if (typeof name === "string" && name !== "") return name.slice(0, OPERATORS_NAME_MAX_CHARACTERS);
  return null;
}

/** As any path of ours that there is not: who asks on another host learns nothing. */
export function notFound(): Response {
  return new Response(null, { status: 404, headers: { "Cache-Control": "no-store" } });
}

const REFUSALS = {
  unauthorized: {
    status: 401,
    title: "Operators only: sign in at Cloudflare Access, or send the administrator's token as Authorization: Bearer",
  },
  "cross-site": { status: 403, title: "Pages of other sites may not operate the shield" },
  "media-type": { status: 415, title: "Send application/json" },
} as const;

function refusal(why: keyof typeof REFUSALS): Response {
  const { status, title } = REFUSALS[why];
  const headers = new Headers({ "Cache-Control": "no-store", "Content-Type": "application/problem+json" });
  if (status === 401) headers.set("WWW-Authenticate", 'Bearer realm="shield"');
  return new Response(JSON.stringify({ type: "about:blank", title, status, code: why }), { status, headers });
}

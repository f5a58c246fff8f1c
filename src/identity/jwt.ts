/**
 * Signed tokens (JSON Web Token, RFC 7519; best practice RFC 8725). What is garbage is seen at a glance, before a key is
 * looked up or a signature is computed: a token costs a client nothing to make up, and us some 100 µs to verify.
 */
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { KeySource, Later, TokenAlgorithm } from "./jwks.ts";

export const TOKEN_MAX_CHARACTERS = 4_096;
const PART = /^[A-Za-z0-9_-]+$/;

export interface TokenExpectations {
  readonly issuer: string;
  /** The token must be meant for one of these. */
  readonly audience: readonly string[];
  readonly algorithms: readonly TokenAlgorithm[];
  /** How far the issuer's clock may be from ours. */
  readonly clockSkewS: number;
}

export type TokenRefusal =
  | "too-long"
  | "malformed"
  | "other-algorithm"
  | "other-issuer"
  | "other-audience"
  | "expired"
  | "not-yet-valid"
  | "unknown-key"
  | "bad-signature";

export type TokenOutcome =
  | { readonly kind: "verified"; readonly claims: JWTPayload }
  | { readonly kind: "refused"; readonly why: TokenRefusal };

/** What a token says of itself. Nothing of it is proven. */
export interface SaidByToken {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  /** Seconds since 1970. */
  readonly expiresAtS: number;
}

/** @param nowMs milliseconds since 1970 */
export async function verifyToken(
  token: string,
  expected: TokenExpectations,
  keys: KeySource,
  nowMs: number,
  later: Later,
): Promise<TokenOutcome> {
  const seen = glance(token, expected, nowMs);
  if (typeof seen === "string") return refused(seen);
  const key = await keys.keyFor(seen.kid, seen.algorithm, later);
  if (key === null) return refused("unknown-key");
  try {
    const { payload } = await jwtVerify(token, key, {
      issuer: expected.issuer,
      audience: [...expected.audience],
      algorithms: [seen.algorithm],
      clockTolerance: expected.clockSkewS,
      currentDate: new Date(nowMs),
      requiredClaims: ["exp", "iss", "aud"],
    });
    return { kind: "verified", claims: payload };
  } catch (error) {
    return refused(refusalOf(error));
  }
}

/** All that can be refused without a key. Every refusal here is repeated by the real verification. */
export function glance(token: string, expected: TokenExpectations, nowMs: number): SaidByToken | TokenRefusal {
  if (token.length > TOKEN_MAX_CHARACTERS) return "too-long";
  const [head, body, signature, ...more] = token.split(".", 4);
  if (!head || !body || !signature || more.length > 0 || !PART.test(signature)) return "malformed";
  const header = readPart(head);
  // RFC 7515 section 4.1.11: who does not understand what is critical must refuse. We understand none.
  if (header === null || header.crit !== undefined || typeof header.kid !== "string") return "malformed";
  const algorithm = expected.algorithms.find((allowed) => allowed === header.alg);
  if (algorithm === undefined) return "other-algorithm";
  const claims = readPart(body);
  if (claims === null || typeof claims.exp !== "number") return "malformed";
  if (claims.iss !== expected.issuer) return "other-issuer";
  const audience: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (!expected.audience.some((ours) => audience.includes(ours))) return "other-audience";
  if (nowMs / 1000 >= claims.exp + expected.clockSkewS) return "expired";
  return { kid: header.kid, algorithm, expiresAtS: claims.exp };
}

function readPart(part: string): Readonly<Record<string, unknown>> | null {
  if (!PART.test(part)) return null;
  try {
    // Latin-1 instead of UTF-8: what is compared here is ASCII.
    const value: unknown = JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function refused(why: TokenRefusal): TokenOutcome {
  return { kind: "refused", why };
}

function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "nbf" || error.claim === "iat") return "not-yet-valid";
    if (error.claim === "aud") return "other-audience";
    return error.claim === "iss" ? "other-issuer" : "malformed";
  }
  return error instanceof errors.JWSSignatureVerificationFailed ? "bad-signature" : "malformed";
}

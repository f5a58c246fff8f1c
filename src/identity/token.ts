/**
 * Bearer tokens of an identity provider (RFC 6750): practice software with client credentials, or people's apps. jwt.ts
 * verifies, jwks.ts knows the keys; here is what is remembered, and whom a token makes of its bearer.
 *
 * A token is verified once in each isolate: then its hash is known, good or bad, for ten minutes. Both memories are
 * bounded and apart, so that a flood of garbage pushes out no doctor.
 */
import type { JWTPayload } from "jose";
import { toBase64url } from "../bytes.ts";
import { list } from "../policy/condition.ts";
import type { OneOf } from "../policy/language.ts";
import { type Report, unique } from "../policy/report.ts";
import { Remembered } from "../remembered.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import type { RefusalReason } from "./identity.ts";
import { Jwks, type KeySource, TOKEN_ALGORITHMS, type TokenAlgorithm } from "./jwks.ts";
import { glance, type TokenExpectations, type TokenRefusal, verifyToken } from "./jwt.ts";
import { principalOf } from "./principal.ts";
import {
  type KindOfProof,
  type ProofAid,
  type ProofKind,
  type ProofOutcome,
  type ProvenLane,
  refused,
} from "./proof.ts";

/** Bearer tokens (JWT) of an identity provider. Each must name its key (`kid`), its subject and its end. */
export interface TokenRules {
  readonly name: string;
  /** Exactly as the tokens' `iss` says it. */
  readonly issuer: string;
  /** Where the issuer publishes its keys (`jwks_uri`). */
  readonly keys: string;
  /** What tokens must be meant for (`aud`): one of these. */
  readonly audience: OneOf<string>;
  /** How they may be signed: RS256, PS256, ES256, ES384 or EdDSA. Name only what the issuer uses. */
  readonly algorithms: OneOf<TokenAlgorithm>;
  /** Whom a token makes of its bearer. With `laneBy`: where its claim says nothing else. */
  readonly lane?: "machine" | "clinician" | "resident";
  /** The claim that says the lane, and what its values mean: { claim: "role", values: { doctor: "clinician" } }. */
  readonly laneBy?: {
    readonly claim: string;
    readonly values: Readonly<Record<string, "machine" | "clinician" | "resident">>;
  };
  /** How far the issuer's clock may be from ours. Default 60, at most 300. */
  readonly clockSkewSeconds?: number;
}

export interface TokenPolicy extends TokenExpectations {
  /** Where the issuer publishes its keys. */
  readonly keys: string;
  /** The claim whose value says the lane, and which value means which; without a claim every token is of `lane`. */
  readonly laneBy: { readonly claim: string; readonly lanes: ReadonlyMap<string, ProvenLane> } | null;
  readonly lane: ProvenLane | null;
}

/** A token of one issuer, and the keys that it may be signed with. */
export interface TokenSource {
  readonly policy: TokenPolicy;
  readonly keys: KeySource;
}

export const TOKENS: KindOfProof<"token", readonly TokenRules[], readonly TokenPolicy[]> = {
  name: "token",
  words({ array, number, oneOf, only, exactOptional, picklist, record, text }) {
    const lane = picklist(["machine", "clinician", "resident"]);
    return array(
      only({
        name: text,
        issuer: text,
        keys: text,
        audience: oneOf(text),
        algorithms: oneOf(picklist(TOKEN_ALGORITHMS)),
        lane: exactOptional(lane),
        laneBy: exactOptional(only({ claim: text, values: record(text, lane) })),
        clockSkewSeconds: exactOptional(number()),
      }),
    );
  },
  compile(written = [], { report }) {
    const policies = written.map((each) => compileTokens(each, report));
    unique(written, "tokens", report);
    return policies.length > 0 ? policies : null;
  },
  make(policies, { sealer, outside }) {
    const sources = policies.map((policy) => ({ policy, keys: new Jwks(policy.keys, outside) }));
    return tokenProof(sources, sealer);
  },
};

/** The furthest that two clocks kept by NTP may be apart, and then some. */
const CLOCK_SKEW_MAX_S = 300;

/** 2,048 × (hash of 43 characters and an object): some 0.5 MB each. */
const REMEMBERED_MAX = 2_048;

const SCHEME = /^Bearer /i;
const encoder = new TextEncoder();

/** A key that the issuer has withdrawn or replaced shows at the tokens that were seen before after so long, too. */
const REMEMBERED_FOR_MS = 10 * 60_000;

type Proven = Extract<ProofOutcome, { kind: "proven" }>;

function tokenProof(sources: readonly TokenSource[], sealer: Sealer): ProofKind {
  const good = new Remembered<{ readonly proven: Proven; readonly at: number }>(REMEMBERED_MAX);
  const bad = new Remembered<{ readonly why: RefusalReason; readonly at: number }>(REMEMBERED_MAX);

  async function bearerOf(claims: JWTPayload, policy: TokenPolicy): Promise<Proven | null> {
    const lane = laneOf(claims, policy);
    if (lane === null || typeof claims.sub !== "string" || !claims.sub.isWellFormed()) return null;
    return {
      kind: "proven",
      lane,
      principal: await principalOf(sealer, ["token", policy.issuer, claims.sub]),
      facts: { since: sinceOf(claims, lane), expiresAt: (claims.exp ?? 0) * 1000, clockSkewMs: null },
    };
  }

  return {
    name: "token",
    // A Bearer that looks like no token of ours may be one that the origin understands: that is no proof and no failure.
    presents: ({ credentials }) => SCHEME.test(credentials.authorization),
    async check(facts: Facts, now: number, aid: ProofAid): Promise<ProofOutcome> {
      const token = facts.credentials.authorization.slice("Bearer ".length).trim();
      let refusal: TokenRefusal = "malformed";
      for (const source of sources) {
        const seen = glance(token, source.policy, now);
        if (typeof seen === "string") {
          // Its times are looked at last: an issuer that finds it expired is its own, whatever others say of it.
          if (refusal !== "expired") refusal = seen;
          continue;
        }
        const hash = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(token))));
        const known = good.get(hash);
        if (known && now - known.at < REMEMBERED_FOR_MS) return known.proven; // `glance` saw that it has not expired
        const knownBad = bad.get(hash);
        if (knownBad && now - knownBad.at < REMEMBERED_FOR_MS) return refused(knownBad.why);
        if (!aid.attempts.mayTry(facts, now)) return refused("not-checked");
        const outcome = await verifyToken(token, source.policy, source.keys, now, aid.later);
        if (outcome.kind === "refused") {
          // Without its key nothing was computed: an issuer that is down uses up nobody's attempts.
          if (outcome.why !== "unknown-key") aid.attempts.noteFailure(facts, now);
          const why = REASONS[outcome.why];
          // Keys may yet come, and times pass; a signature becomes right only by a new key under an old name.
          if (why === "forged") bad.set(hash, { why, at: now });
          return refused(why);
        }
        const proven = await bearerOf(outcome.claims, source.policy);
        if (proven === null) {
          // Rightly signed, for nobody: what it says does not change, so it is not verified again and again.
          bad.set(hash, { why: "not-accepted", at: now });
          return refused("not-accepted");
        }
        good.set(hash, { proven, at: now });
        return proven;
      }
      return refused(REASONS[refusal]);
    },
  };
}

const REASONS: Readonly<Record<TokenRefusal, RefusalReason>> = {
  "too-long": "malformed",
  malformed: "malformed",
  "other-algorithm": "not-accepted",
  "other-issuer": "not-accepted",
  "other-audience": "not-accepted",
  "unknown-key": "not-accepted",
  expired: "expired",
  "not-yet-valid": "not-yet-valid",
  "bad-signature": "forged",
};

function laneOf(claims: JWTPayload, { laneBy, lane }: TokenPolicy): ProvenLane | null {
  if (laneBy === null) return lane;
  const value = Object.hasOwn(claims, laneBy.claim) ? claims[laneBy.claim] : undefined;
  for (const one of Array.isArray(value) ? value : [value]) {
    const meant = typeof one === "string" ? laneBy.lanes.get(one) : undefined;
    if (meant) return meant;
  }
  return lane;
}

/** Systems get new tokens all the time: they were known before. A person is known since she signed in. */
function sinceOf(claims: JWTPayload, lane: ProvenLane): number {
  if (lane === "machine") return 0;
  const signedInAtS = typeof claims.auth_time === "number" ? claims.auth_time : claims.iat;
  return signedInAtS === undefined ? Number.MAX_SAFE_INTEGER : signedInAtS * 1000;
}

function compileTokens(rules: TokenRules, report: Report): TokenPolicy {
  const where = `tokens "${rules.name}"`;
  const algorithms = list(rules.algorithms);
  for (const algorithm of algorithms)
    if (!TOKEN_ALGORITHMS.includes(algorithm))
      report(where, `algorithm ${algorithm} is not accepted.`, `Use one of ${TOKEN_ALGORITHMS.join(", ")}.`);
  if (algorithms.length === 0) report(where, "it has no algorithms.", "Name the one that the issuer uses.");
  if (list(rules.audience).length === 0)
    report(where, "it has no audience: tokens for any other service would count.", "Name what `aud` says.");
  const keys = URL.parse(rules.keys);
  const local = keys?.hostname === "localhost" || keys?.hostname === "127.0.0.1";
  if (keys === null || !(keys.protocol === "https:" || (local && keys.protocol === "http:")))
    report(where, `keys from "${rules.keys}" could be anybody's.`, "Give the issuer's jwks_uri, with https.");
  if (rules.lane === undefined && Object.keys(rules.laneBy?.values ?? {}).length === 0)
    report(where, "it says of no token whom it makes of its bearer.", "Give `lane`, or `laneBy` with its values.");
  const clockSkewS = rules.clockSkewSeconds ?? 60;
  if (!(clockSkewS >= 0 && clockSkewS <= CLOCK_SKEW_MAX_S))
    report(where, `clockSkewSeconds must be from 0 to ${CLOCK_SKEW_MAX_S}.`, "60 is enough where clocks are kept.");
  return {
    issuer: rules.issuer,
    audience: list(rules.audience),
    algorithms,
    clockSkewS,
    keys: rules.keys,
    lane: rules.lane ?? null,
    laneBy: rules.laneBy ? { claim: rules.laneBy.claim, lanes: new Map(Object.entries(rules.laneBy.values)) } : null,
  };
}

/**
 * The pass: what makes a signed-in person known at the edge. The origin vouches for a session with `Shield-Vouch`, the
 * shield seals that into a cookie. The trade-off accepted: a pass is not bound to an address, so that doctors may roam;
 * a stolen one is held to its principal's budget.
 */

import { type Fields, shapedAtLeast } from "../fields.ts";
import type { Report } from "../policy/report.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { principalOf } from "./principal.ts";
import { type KindOfProof, type ProofKind, type ProofOutcome, refused } from "./proof.ts";

export const PASS_COOKIE = "__Host-shield-pass";

/** How long a pass may be the full lane at the most, and how long it stays a known device. */
export const FULL_LANE_MAX_S = 12 * 3600;
export const KNOWN_DEVICE_S = 90 * 24 * 3600;
const SESSION_ID_MAX_CHARACTERS = 256;
/** Isolates' clocks agree within this, ms. */
const CLOCK_SKEW_MS = 60_000;

export type VouchedLane = "clinician" | "resident";

export interface Vouch {
  readonly session: string;
  /** Seconds; 0 ends the pass. */
  readonly ttlS: number;
  readonly lane: VouchedLane;
}

export interface Pass {
  readonly principal: string;
  readonly lane: VouchedLane;
  readonly issuedAt: number;
  readonly fullUntil: number;
  /** When this device first had a pass that led to this one without a gap: what it is worth in an attack. */
  readonly knownSince: number;
}

/** As compiled from the rules. */
export interface PassPolicy {
  /** Passes issued before this count for nothing, ms since 1970. */
  readonly validFrom: number;
}

/** Which passes ended before their time, as their bearer signed out: pass-ends.ts. */
export interface Ended {
  has(principal: string, issuedAt: number): boolean;
}

/** Always accepted, as the origin vouches for them: the rules only say since when. */
export const PASSES: KindOfProof<"pass", string, PassPolicy> = {
  name: "pass",
  words: ({ text }) => text,
  compile: (written, { report }) => ({ validFrom: compileValidFrom(written, report) }),
  make: (policy, { sealer, ended }) => passProof(policy, sealer, ended),
};

function passProof(policy: PassPolicy, sealer: Sealer, ended: Ended): ProofKind {
  return {
    name: "pass",
    presents: ({ cookies }) => cookies.pass !== "",
    check({ cookies, host }: Facts, now: number): ProofOutcome | Promise<ProofOutcome> {
      const opening = sealer.open("pass", cookies.pass);
      return opening instanceof Promise
        ? opening.then((fields) => outcomeOf(passIn(fields, host, now), policy, ended, now))
        : outcomeOf(passIn(opening, host, now), policy, ended, now);
    },
  };
}

function outcomeOf(pass: Pass | null, { validFrom }: PassPolicy, ended: Ended, now: number): ProofOutcome {
  if (pass === null) return refused("forged");
  if (pass.issuedAt < validFrom || ended.has(pass.principal, pass.issuedAt)) return refused("revoked");
  const { lane, principal, knownSince, fullUntil } = pass;
  const facts = { since: knownSince, expiresAt: fullUntil, clockSkewMs: null };
  return now < fullUntil ? { kind: "proven", lane, principal, facts } : { kind: "known-device", principal, facts };
}

/** `<opaque session id>; ttl=<s>; lane=clinician|resident`. Null for anything else: the origin's mistake mints nothing. */
export function parseVouch(header: string): Vouch | null {
  if (header.length > 512) return null;
  const [session = "", ...parameters] = header.split(";").map((part) => part.trim());
  if (session === "" || session.length > SESSION_ID_MAX_CHARACTERS || !/^[\x21-\x7e]+$/.test(session)) return null;
  const values = new Map(parameters.map((parameter) => splitOnce(parameter)));
  const ttl = values.get("ttl");
  const lane = values.get("lane");
  if (ttl === undefined || !/^\d{1,9}$/.test(ttl)) return null;
  if (lane !== "clinician" && lane !== "resident") return null;
  return { session, ttlS: Math.min(Number(ttl), FULL_LANE_MAX_S), lane };
}

/**
 * The cookie that a vouch turns into: a sealed pass, or its removal.
 * @param knownSince that of the pass which the device had already; now, for a new one
 */
export async function passCookie(
  sealer: Sealer,
  vouch: Vouch,
  host: string,
  now: number,
  knownSince = now,
): Promise<string> {
  if (vouch.ttlS === 0) return `${PASS_COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`;
  const principal = await principalOf(sealer, ["pass", host, vouch.session]);
  const fields = [host, principal, vouch.lane, now, now + vouch.ttlS * 1000, knownSince];
  const value = await sealer.seal("pass", fields);
  return `${PASS_COOKIE}=${value}; Max-Age=${KNOWN_DEVICE_S}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

/** The pass in a cookie, or null when it is no pass of ours for this host, from the future, or older than 90 days. */
export async function readPass(sealer: Sealer, cookie: string, host: string, now: number): Promise<Pass | null> {
  return passIn(await sealer.open("pass", cookie), host, now);
}

function passIn(opened: Fields | null, host: string, now: number): Pass | null {
  const fields = shapedAtLeast(opened, ["string", "string", "string", "number", "number", "number"]);
  if (fields === null) return null;
  const [forHost, principal, lane, issuedAt, fullUntil, knownSince] = fields;
  if (forHost !== host || (lane !== "clinician" && lane !== "resident")) return null;
  if (issuedAt > now + CLOCK_SKEW_MS || now > issuedAt + KNOWN_DEVICE_S * 1000) return null;
  return { principal, lane, issuedAt, fullUntil, knownSince };
}

function splitOnce(parameter: string): [string, string] {
  const at = parameter.indexOf("=");
  return at < 0
    ? [parameter.toLowerCase(), ""]
    : [parameter.slice(0, at).trim().toLowerCase(), parameter.slice(at + 1).trim()];
}

function compileValidFrom(text: string | undefined, report: Report): number {
  if (text === undefined) return 0;
  const at = Date.parse(text);
  if (Number.isNaN(at) || !/T.*(Z|[+-]\d\d:\d\d)$/.test(text)) {
    report("proofs", `passesValidFrom "${text}" is no moment.`, 'Write it with its zone, like "2027-03-01T14:00:00Z".');
    return 0;
  }
  return at;
}

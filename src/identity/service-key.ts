/**
 * Service keys: what practice software without a certificate proves itself with. It sends, anew with each try,
 *
 *     Shield-Key: id=praxis-0042, time=1800000000, nonce=9qZ3…, mac=…
 *
 * mac is base64url(HMAC-SHA-256(key, text)), text being six lines joined by a line feed, without one at the end:
 *
 *     SHIELD-KEY-1
 *     POST
 *     portal.example.lv
 *     /soap/prescription?trace=1
 *     1800000000
 *     9qZ3…
 *
 * that is method, host in lower case without port, path and query as sent (spelt as https://url.spec.whatwg.org/ has it),
 * seconds since 1970, and 16 to 64 random characters of A-Z a-z 0-9 - _. The key comes from SHIELD_SECRET by HKDF, one for
 * each id: nothing is stored, and `npm run service-key -- ID` prints it. A header of its own, so that Authorization stays
 * free for the origin; like all Shield-* headers it never gets there.
 *
 * Accepted trade-offs. The body is not covered, because it streams: who captures a request, which TLS prevents, may send
 * another body with it. Nonces are remembered by each isolate for itself: within the ten minutes that a time is good for, a
 * captured request may be sent once more in each other isolate. It stays on its method, host and path, and in its budget.
 */

import { fromBase64url } from "../bytes.ts";
import type { Report } from "../policy/report.ts";
import { Remembered } from "../remembered.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { sipKey } from "../siphash.ts";
import { principalOf } from "./principal.ts";
import { type KindOfProof, type ProofAid, type ProofKind, type ProofOutcome, refused } from "./proof.ts";
import { ReplayMemory } from "./replay.ts";

/** How far the system's clock may be from ours, either way. */
export const SERVICE_KEY_WINDOW_MS = 5 * 60_000;
export const SERVICE_KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Systems that proved themselves: 2,048 of some 600 bytes. */
const INSTALLATIONS_MAX = 2_048;
const FORMAT = "SHIELD-KEY-1";
const HEADER =
  /^id=([A-Za-z0-9][A-Za-z0-9._-]{0,63}), ?time=(\d{9,11}), ?nonce=([A-Za-z0-9_-]{16,64}), ?mac=([A-Za-z0-9_-]{43})$/;

const encoder = new TextEncoder();
const HMAC = { name: "HMAC", hash: "SHA-256" };

export interface ServiceKeyRules {
  /** Ids of installations whose keys count for nothing. */
  readonly revoked?: readonly string[];
}

export interface ServiceKeyPolicy {
  /** Ids that count for nothing. */
  readonly revoked: ReadonlySet<string>;
}

export const SERVICE_KEYS: KindOfProof<"service-key", ServiceKeyRules, ServiceKeyPolicy> = {
  name: "service-key",
  words: ({ array, only, exactOptional, text }) => only({ revoked: exactOptional(array(text)) }),
  compile: (written, { report }) => (written ? { revoked: compileRevoked(written.revoked ?? [], report) } : null),
  make(policy, { sealer }) {
    const seen = new ReplayMemory(sipKey(crypto.getRandomValues(new Uint8Array(16))), 2 * SERVICE_KEY_WINDOW_MS);
    return serviceKeyProof(policy, sealer, seen);
  },
};

interface Installation {
  /** Under every accepted secret, current first. */
  readonly keys: readonly CryptoKey[];
  readonly principal: string;
}

function serviceKeyProof(policy: ServiceKeyPolicy, sealer: Sealer, seen: ReplayMemory): ProofKind {
  const installations = new Remembered<Installation>(INSTALLATIONS_MAX);

  async function installationOf(id: string): Promise<Installation> {
    const raw = await sealer.serviceKeys(id);
    const imported = raw.map((bytes) => crypto.subtle.importKey("raw", bytes, HMAC, false, ["verify"]));
    return { keys: await Promise.all(imported), principal: await serviceKeyPrincipal(sealer, id) };
  }

  return {
    name: "service-key",
    presents: ({ credentials }) => credentials.serviceKey !== "",
    async check(facts: Facts, now: number, { attempts }: ProofAid): Promise<ProofOutcome> {
      const [, id = "", time = "", nonce = "", mac = ""] = HEADER.exec(facts.credentials.serviceKey) ?? [];
      const tag = fromBase64url(mac);
      if (id === "" || tag === null) return refused("malformed");
      const known = installations.get(id);
      // Whose key is known costs one HMAC; anybody else a derivation more, so failures are counted.
      if (!known && !attempts.mayTry(facts, now)) return refused("not-checked");
      const { keys, principal } = known ?? (await installationOf(id));
      if (!(await verifiesWithAny(keys, tag, signedText(facts, time, nonce)))) {
        attempts.noteFailure(facts, now);
        return refused("forged");
      }
      if (!known) installations.set(id, { keys, principal });
      const clockSkewMs = Number(time) * 1000 - now;
      if (policy.revoked.has(id)) return refused("revoked");
      if (Math.abs(clockSkewMs) > SERVICE_KEY_WINDOW_MS) return { kind: "refused", why: "clock", clockSkewMs };
      if (!seen.isNew(`${id} ${nonce}`, now)) return refused("replayed");
      return {
        kind: "proven",
        lane: "machine",
        principal,
        facts: { since: 0, expiresAt: null, clockSkewMs },
      };
    },
  };
}

export function serviceKeyPrincipal(sealer: Sealer, id: string): Promise<string> {
  return principalOf(sealer, ["service-key", id]);
}

/** Under the current secret, or under the previous one while it is accepted. */
async function verifiesWithAny(keys: readonly CryptoKey[], tag: BufferSource, text: BufferSource): Promise<boolean> {
  for (const key of keys) if (await crypto.subtle.verify("HMAC", key, tag, text)) return true;
  return false;
}

/** No part can hold a line feed, so no part can lend a line to its neighbour. */
function signedText({ method, host, target }: Facts, time: string, nonce: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode([FORMAT, method, host, target, time, nonce].join("\n")));
}

function compileRevoked(ids: readonly string[], report: Report): ReadonlySet<string> {
  for (const id of ids)
    if (!SERVICE_KEY_ID.test(id))
      report("service keys", `"${id}" is no id of one.`, "Copy it as it was given to npm run service-key.");
  return new Set(ids);
}

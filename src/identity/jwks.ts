/**
 * The public keys of one issuer (JSON Web Key Set, RFC 7517 section 5), as one isolate knows them.
 *
 * Kept are plain data and imported keys, never a promise: in workerd one dies with the request that made it, and whoever
 * else waited for it waits for ever. So fetches are single by a flag, and who needs the very first keys looks again and again.
 *
 * Accepted trade-off: after the issuer has withdrawn a key it is believed for up to ten minutes more, and for a day when
 * the issuer does not answer. Doctors would otherwise be strangers whenever the issuer is down, which attackers can arrange.
 */
import { type CryptoKey as ImportedKey, importJWK, type JWK } from "jose";

/** Signatures by public keys only: with a shared secret, whoever can verify could also sign. */
export const TOKEN_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Keys older than this are fetched anew, behind the back of whoever asks. */
const FRESH_MS = 10 * 60_000;
/** A copy this young, made by another isolate of the data centre, is as good as the issuer's word. */
const COPY_FRESH_MS = 5 * 60_000;
/** Keys older than this are no longer believed, whatever the issuer's trouble. */
const STALE_MAX_MS = 24 * 3_600_000;
/** How long the very first one who needs a key waits for it, and how often it looks. */
const FIRST_WAIT_MS = 1_500;
const LOOK_EVERY_MS = 25;
/** A fetch that has not ended after this was killed with its request. */
const LOST_AFTER_MS = 5_000;
/**
 * A key that we do not know may be a new one, or made up: it makes us ask again, but not more often than this, and neither
 * more often in a data centre: a copy that young is news enough.
 */
const UNKNOWN_KEY_RETRY_MS = 30_000;
const FAILURE_BACKOFF_MAX_MS = 60_000;
const DOCUMENT_MAX_CHARACTERS = 65_536;
const KEYS_MAX = 64;
const KID_MAX_CHARACTERS = 200;

/** The text of a key set, and when the issuer said so, ms since 1970. */
export interface KeySetText {
  readonly text: string;
  readonly fetchedAtMs: number;
}

export interface JwksDeps {
  /**
   * Rejects when neither the issuer nor a copy is to be had.
   * @param copyFreshMs a copy this young saves the way to the issuer
   */
  readonly fetch: (url: string, copyFreshMs: number) => Promise<KeySetText>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly now: () => number;
}

/** Work that goes on after the response: `ctx.waitUntil`. */
export type Later = (work: Promise<unknown>) => void;

/** What `verifyToken` needs to know of an issuer. */
export interface KeySource {
  /** Null when there is no such key, or none is known. Never rejects. */
  keyFor(kid: string, algorithm: TokenAlgorithm, later: Later): Promise<ImportedKey | null>;
}

export class Jwks implements KeySource {
  readonly #url: string;
  readonly #deps: JwksDeps;
  #keys: ReadonlyMap<string, JWK> = new Map();
  #imported = new Map<string, ImportedKey>();
  #fetchedAtMs = 0;
  #fetchingSinceMs = 0;
  #triedAtMs = 0;
  #failures = 0;

  constructor(url: string, deps: JwksDeps) {
    this.#url = url;
    this.#deps = deps;
  }

  async keyFor(kid: string, algorithm: TokenAlgorithm, later: Later): Promise<ImportedKey | null> {
    const now = this.#deps.now();
    if (!this.#usable(now)) await this.#firstKeys(now, later);
    else if (this.#mayFetch(now) && (now - this.#fetchedAtMs > FRESH_MS || !this.#keys.has(kid)))
      later(this.#refresh(this.#keys.has(kid) ? COPY_FRESH_MS : UNKNOWN_KEY_RETRY_MS));
    return await this.#import(kid, algorithm);
  }

  #usable(now: number): boolean {
    return this.#fetchedAtMs !== 0 && now - this.#fetchedAtMs < STALE_MAX_MS;
  }

  #fetching(now: number): boolean {
    return this.#fetchingSinceMs !== 0 && now - this.#fetchingSinceMs < LOST_AFTER_MS;
  }

  #mayFetch(now: number): boolean {
    if (this.#fetching(now)) return false;
    if (this.#triedAtMs === 0) return true;
    const pauseMs =
      this.#failures === 0 ? UNKNOWN_KEY_RETRY_MS : Math.min(FAILURE_BACKOFF_MAX_MS, 1000 * 2 ** this.#failures);
    return now - this.#triedAtMs >= pauseMs;
  }

  /** One fetches, all others who come meanwhile look whether it has come back. Whoever is late is a stranger this time. */
  async #firstKeys(now: number, later: Later): Promise<void> {
    this.#keys = new Map();
    this.#imported = new Map();
    if (this.#mayFetch(now)) {
      const refreshed = this.#refresh(COPY_FRESH_MS);
      later(refreshed); // also when this client leaves
      await Promise.race([refreshed, this.#deps.wait(FIRST_WAIT_MS)]);
      return;
    }
    while (this.#fetching(this.#deps.now()) && this.#deps.now() - now < FIRST_WAIT_MS)
      await this.#deps.wait(LOOK_EVERY_MS);
  }

  /** Never rejects: the keys that are known go on. */
  async #refresh(copyFreshMs: number): Promise<void> {
    const begunAt = this.#deps.now();
    this.#fetchingSinceMs = begunAt;
    this.#triedAtMs = begunAt;
    try {
      const { text, fetchedAtMs } = await this.#deps.fetch(this.#url, copyFreshMs);
      const keys = readKeySet(text);
      if (keys === null) throw new Error("no key set");
      if (fetchedAtMs > this.#fetchedAtMs) {
        this.#keys = keys;
        this.#imported = new Map();
        this.#fetchedAtMs = fetchedAtMs;
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      if (this.#failures === 1)
        console.warn({ event: "keys-not-fetched", why: error instanceof Error ? error.name : "unknown" });
    } finally {
      if (this.#fetchingSinceMs === begunAt) this.#fetchingSinceMs = 0;
    }
  }

  async #import(kid: string, algorithm: TokenAlgorithm): Promise<ImportedKey | null> {
    const name = `${algorithm} ${kid}`;
    const known = this.#imported.get(name);
    if (known) return known;
    const jwk = this.#keys.get(kid);
    if (!jwk || (jwk.alg !== undefined && jwk.alg !== algorithm)) return null;
    const imported = this.#imported;
    try {
      const key = await importJWK(jwk, algorithm);
      if (key instanceof Uint8Array) return null;
      imported.set(name, key);
      return key;
    } catch {
      return null; // a key of another kind than the token says
    }
  }
}

/** The signing keys of a key set by their id; null when there is none. Private and symmetric keys have no business there. */
export function readKeySet(text: string): ReadonlyMap<string, JWK> | null {
  if (text.length > DOCUMENT_MAX_CHARACTERS) return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(document) || !Array.isArray(document.keys)) return null;
  const keys = new Map<string, JWK>();
  for (const key of document.keys.slice(0, KEYS_MAX))
    if (isSigningKey(key) && !keys.has(key.kid)) keys.set(key.kid, key);
  return keys.size > 0 ? keys : null;
}

function isSigningKey(key: unknown): key is JWK & { readonly kid: string } {
  if (!isRecord(key)) return false;
  const { kid, kty, use, d } = key;
  if (typeof kid !== "string" || kid === "" || kid.length > KID_MAX_CHARACTERS) return false;
  return (kty === "RSA" || kty === "EC" || kty === "OKP") && (use === undefined || use === "sig") && d === undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/**
 * The one way to sign anything. Whatever the shield hands out and later believes (pass, clearance, puzzle) is
 * sealed here, so that a proof costs one HMAC and no look-up.
 *
 * Token = base64url( key id ‖ fields ‖ tag ), RFC 4648 section 5 without padding. The tag is the whole HMAC-SHA-256
 * (RFC 2104) over purpose ‖ key id ‖ fields. Each purpose has its own key by HKDF (RFC 5869) and stands inside the MAC as
 * well: a puzzle is never a clearance. Fields are readable by whoever holds the token: nothing secret goes in.
 *
 * Accepted trade-off: a seal holds until what it says expires; lifetimes are short instead. Only passes can be called back
 * one by one, by lists of their own (identity/revocations.ts, identity/pass-ends.ts).
 */
import { type Bytes, concat, fromBase64url, toBase64url } from "./bytes.ts";
import { decodeFields, encodeFields, type Fields } from "./fields.ts";
import { Remembered } from "./remembered.ts";
import { type SipKey, sipKey } from "./siphash.ts";

export type Purpose = "pass" | "clearance" | "puzzle" | "place" | "visit" | "deadline" | "signin";

/** What is encrypted as well: contents that must stay secret even from whoever carries them. */
export type SecretPurpose = "form";

/** Keyed hashes that are no tokens: counter keys, principals, networks, a puzzle's answers. */
export type HashPurpose = "client-key" | "principal" | "network" | "counter";

/**
 * What every page of ours is given at once, in a flood as well: 64 bits of SipHash in about 1 µs, where an HMAC of
 * WebCrypto costs many and has to be awaited. Only for what is worth little and can be tried only by asking us.
 */
export type QuickPurpose = "support-code" | "ticket";

/** SHIELD_SECRET and SHIELD_SECRET_PREVIOUS. The previous one is accepted, never used. */
export interface Secrets {
  readonly current: string | undefined;
  readonly previous?: string | undefined;
}

export interface Sealer {
  /** @throws RangeError on fields that cannot be encoded; those are mistakes of ours, never of a client. */
  seal(purpose: Purpose, fields: Fields): Promise<string>;
  /** The fields as sealed, or null for anything else whatsoever. Never throws. At once where it was good lately. */
  open(purpose: Purpose, token: string): Fields | Promise<Fields | null>;
  /**
   * Encrypts, and binds to fields that whoever opens it must know: AES-256-GCM (NIST SP 800-38D) under a key of its purpose.
   * Key id ‖ 12 random bytes ‖ ciphertext ‖ tag. Random nonces are good for 2^32 forms under one secret.
   * @throws RangeError on fields that cannot be encoded.
   */
  encrypt(purpose: SecretPurpose, bound: Fields, plain: Bytes): Promise<Bytes>;
  /** What was encrypted under just these fields, or null for anything else whatsoever. Never throws. */
  decrypt(purpose: SecretPurpose, bound: Fields, sealed: Bytes): Promise<Bytes | null>;
  /** HMAC-SHA-256 under the current secret, 32 bytes. */
  mac(purpose: HashPurpose, bytes: Uint8Array): Promise<Bytes>;
  /** The same under every accepted secret, current first: for what was computed before a rotation. */
  macs(purpose: HashPurpose, bytes: Uint8Array): Promise<readonly Bytes[]>;
  /** Key material for hashes computed elsewhere, from the current secret. At most 8,160 bytes (RFC 5869 section 2.3). */
  deriveBits(purpose: HashPurpose, lengthBytes: number): Promise<Bytes>;
  /** Of every accepted secret, current first. At once: they are derived with the sealer. */
  quickKeys(purpose: QuickPurpose): readonly SipKey[];
  /**
   * The key of one installation of practice software, 32 bytes, under every accepted secret, current first. The id is
   * ASCII without spaces: identity/service-key.ts checks it.
   */
  serviceKeys(id: string): Promise<readonly Bytes[]>;
}

export type SecretProblem = "missing" | "malformed" | "short" | "repetitive";

export const MAX_TOKEN_CHARS = 2_048;
const MIN_SECRET_BYTES = 32;
const MIN_SECRET_DISTINCT_BYTES = 16; // 32 random bytes hold fewer once in 10^15 draws; a typed password soon does
const KEY_ID_BYTES = 4;
const TAG_BYTES = 32;
const IV_BYTES = 12;
const GCM_TAG_BYTES = 16;
const MIN_TOKEN_CHARS = Math.ceil(((KEY_ID_BYTES + TAG_BYTES) * 4) / 3);
const FORMAT = "vairogs 1"; // another encoding needs another name here, or old tokens would be misread

/**
 * What comes with every request of a visit is opened once: so many of each kind, at most 2 kB each. Only what was good is
 * remembered, by all its characters, and whether it is still in force is for whoever reads the fields.
 */
const OPENED_MAX = 1024;

const encoder = new TextEncoder();

/** What is wrong with a secret, for the deploy gate; null when it is good. */
export function secretProblem(secret: string | undefined): SecretProblem | null {
  if (secret === undefined || secret === "") return "missing";
  const bytes = fromBase64url(secret);
  if (!bytes) return "malformed";
  if (bytes.length < MIN_SECRET_BYTES) return "short";
  return new Set(bytes).size < MIN_SECRET_DISTINCT_BYTES ? "repetitive" : null;
}

/**
 * Null when the current secret is missing or weak: then nothing is minted, accepted or asked. A bad previous secret is
 * left out, as it could only accept more; the deploy gate reports it through `secretProblem`.
 */
export async function createSealer(secrets: Secrets): Promise<Sealer | null> {
  const current = await createRing(secrets.current);
  if (!current) return null;
  const previous = secrets.previous === secrets.current ? null : await createRing(secrets.previous);
  const rings = previous ? [current, previous] : [current];
  const quickKeysOf = (purpose: QuickPurpose) =>
    Promise.all(rings.map(async (ring) => sipKey(await ring.derive(`quick ${purpose}`, 16))));
  const [supportCode, ticket] = await Promise.all([quickKeysOf("support-code"), quickKeysOf("ticket")]);
  const quickKeys: Readonly<Record<QuickPurpose, readonly SipKey[]>> = { "support-code": supportCode, ticket };
  const open = async (purpose: Purpose, token: string): Promise<Fields | null> => {
    if (typeof token !== "string" || token.length > MAX_TOKEN_CHARS || token.length < MIN_TOKEN_CHARS) return null;
    const bytes = fromBase64url(token);
    if (!bytes) return null;
    const body = bytes.subarray(0, bytes.length - TAG_BYTES);
    const tag = bytes.subarray(bytes.length - TAG_BYTES);
    for (const ring of rings) {
      if (!ring.id.every((byte, at) => byte === body[at])) continue; // the key id is public, the tag is not
      const key = await ring.key(`seal ${purpose}`);
      if (await crypto.subtle.verify("HMAC", key, tag, framed(purpose, body))) {
        return decodeFields(body.subarray(KEY_ID_BYTES));
      }
    }
    return null;
  };
  const opened: { readonly [P in Purpose]?: Remembered<Fields> } = {
    pass: new Remembered(OPENED_MAX),
    clearance: new Remembered(OPENED_MAX),
  };
  return {
    async seal(purpose, fields) {
      const body = concat(current.id, encodeFields(fields));
      const key = await current.key(`seal ${purpose}`);
      const tag = new Uint8Array(await crypto.subtle.sign("HMAC", key, framed(purpose, body)));
      const token = toBase64url(concat(body, tag));
      if (token.length > MAX_TOKEN_CHARS)
        throw new RangeError(`a sealed ${purpose} outgrew ${MAX_TOKEN_CHARS} characters`);
      return token;
    },
    open(purpose, token) {
      const remembered = opened[purpose];
      if (!remembered) return open(purpose, token);
      const remember = (fields: Fields | null): Fields | null => {
        if (fields) remembered.set(token, fields);
        return fields;
      };
      return remembered.get(token) ?? open(purpose, token).then(remember);
    },
    async encrypt(purpose, bound, plain) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const additionalData = framed(purpose, concat(current.id, encodeFields(bound)));
      const key = await current.key(`encrypt ${purpose}`);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
      return concat(current.id, iv, new Uint8Array(sealed));
    },
    async decrypt(purpose, bound, sealed) {
      if (sealed.length < KEY_ID_BYTES + IV_BYTES + GCM_TAG_BYTES) return null;
      const iv = sealed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + IV_BYTES);
      for (const ring of rings) {
        if (!ring.id.every((byte, at) => byte === sealed[at])) continue;
        const additionalData = framed(purpose, concat(ring.id, encodeFields(bound)));
        const key = await ring.key(`encrypt ${purpose}`);
        try {
          const rest = sealed.subarray(KEY_ID_BYTES + IV_BYTES);
          return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, rest));
        } catch {
          return null; // the one way in which WebCrypto says that a tag is wrong
        }
      }
      return null;
    },
    mac: (purpose, bytes) => sign(current, purpose, bytes),
    macs: (purpose, bytes) => Promise.all(rings.map((ring) => sign(ring, purpose, bytes))),
    deriveBits: (purpose, lengthBytes) => current.derive(`bits ${purpose}`, lengthBytes),
    quickKeys: (purpose) => quickKeys[purpose],
    serviceKeys: (id) => Promise.all(rings.map((ring) => ring.derive(`service key ${id}`, 32))),
  };
}

type KeyName = `seal ${Purpose}` | `encrypt ${SecretPurpose}` | `mac ${HashPurpose}`;

/** All keys of one secret. */
interface Ring {
  readonly id: Bytes;
  key(name: KeyName): Promise<CryptoKey>;
  derive(info: string, lengthBytes: number): Promise<Bytes>;
}

async function createRing(secret: string | undefined): Promise<Ring | null> {
  if (secret === undefined || secretProblem(secret) !== null) return null;
  const raw = fromBase64url(secret);
  if (!raw) return null;
  const root = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
  // Resolved keys only: in workerd a promise dies with the request that made it. Bounded, as the names are a closed union.
  const keys = new Map<KeyName, CryptoKey>();
  const derive = async (info: string, lengthBytes: number): Promise<Bytes> => {
    const salt = new Uint8Array(0); // the secret is uniformly random, RFC 5869 section 3.1
    const algorithm = { name: "HKDF", hash: "SHA-256", salt, info: encoder.encode(`${FORMAT} ${info}`) };
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, root, lengthBytes * 8));
  };
  return {
    id: await derive("key id", KEY_ID_BYTES),
    derive,
    async key(name) {
      const known = keys.get(name);
      if (known) return known;
      const bits = await derive(name, 32);
      const key = name.startsWith("encrypt ")
        ? await crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt", "decrypt"])
        : await crypto.subtle.importKey("raw", bits, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
      keys.set(name, key);
      return key;
    },
  };
}

async function sign(ring: Ring, purpose: HashPurpose, bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await ring.key(`mac ${purpose}`), concat(bytes)));
}

/** What the tag covers. The length byte keeps purpose and body apart. */
function framed(purpose: Purpose | SecretPurpose, body: Bytes): Bytes {
  const name = encoder.encode(purpose);
  return concat(new Uint8Array([name.length]), name, body);
}

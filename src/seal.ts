/**
 * The one way to sign anything. Whatever the shield hands out and later believes (pass, clearance, puzzle, ticket) is
 * sealed here, so that a proof costs one HMAC and no look-up.
 *
 * Token = base64url( key id ‖ fields ‖ tag ), RFC 4648 section 5 without padding. The tag is the whole HMAC-SHA-256
 * (RFC 2104) over purpose ‖ key id ‖ fields. Each purpose has its own key by HKDF (RFC 5869) and stands inside the MAC as
 * well: a puzzle is never a clearance. Fields are readable by whoever holds the token: nothing secret goes in.
 *
 * Accepted trade-off: a sealed thing cannot be called back one by one before it expires; lifetimes are short instead.
 */

import { Remembered } from "./remembered.ts";

export type Purpose = "pass" | "clearance" | "puzzle" | "ticket" | "place" | "visit" | "deadline" | "signin";

/** What is encrypted as well: contents that must stay secret even from whoever carries them. */
export type SecretPurpose = "form";

/** Keyed hashes that are no tokens: counter keys, principals, networks, support codes, a puzzle's answers. */
export type HashPurpose = "client-key" | "principal" | "network" | "counter" | "support";

export type Bytes = Uint8Array<ArrayBuffer>;
export type Field = string | number;
export type Fields = readonly Field[];

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

const STRING_TAG = 1; // then 2 bytes of length, then UTF-8
const NUMBER_TAG = 2; // then 7 bytes, big-endian
const NUMBER_BYTES = 7; // the fewest that hold 2^53 - 1

/**
 * Canonical: one tuple, one encoding. Every field says its type and length, so no field can lend bytes to its neighbour
 * (the splicing of CVE-2025-68113) and "1" is not 1.
 * @throws RangeError on a number that is no integer in [0, 2^53), on a text with lone surrogates (UTF-8 would fold them
 * all into U+FFFD) or one over 65,535 bytes.
 */
export function encodeFields(fields: Fields): Bytes {
  return concat(...fields.map(encodeField));
}

function encodeField(field: Field): Bytes {
  if (typeof field === "number") {
    if (!Number.isSafeInteger(field) || field < 0) throw new RangeError("only integers in [0, 2^53) can be sealed");
    const bytes = new Uint8Array(1 + NUMBER_BYTES);
    bytes[0] = NUMBER_TAG;
    for (let at = NUMBER_BYTES, rest = field; at > 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
    return bytes;
  }
  if (!field.isWellFormed()) throw new RangeError("a text with lone surrogates cannot be sealed");
  const text = encoder.encode(field);
  if (text.length > 0xffff) throw new RangeError("a sealed text has at most 65,535 bytes");
  return concat(new Uint8Array([STRING_TAG, text.length >> 8, text.length & 0xff]), text);
}

/** Null for bytes that `encodeFields` would not have written. */
export function decodeFields(bytes: Bytes): Fields | null {
  // A byte order mark is part of the text that was sealed: without ignoreBOM two texts would open as one.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    if (tag === NUMBER_TAG) {
      if (at + NUMBER_BYTES > bytes.length) return null;
      const number = bytes.subarray(at, at + NUMBER_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
      if (!Number.isSafeInteger(number)) return null;
      fields.push(number);
      at += NUMBER_BYTES;
    } else if (tag === STRING_TAG) {
      const start = at + 2;
      const end = start + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
      if (end > bytes.length) return null;
      try {
        fields.push(decoder.decode(bytes.subarray(start, end)));
      } catch {
        return null;
      }
      at = end;
    } else return null;
  }
  return fields;
}

type Kind = "string" | "number";
type Shaped<K extends readonly Kind[]> = { readonly [I in keyof K]: K[I] extends "string" ? string : number };

/** Checks opened fields against the tuple that the reader expects; null when count or types differ. */
export function shaped<const K extends readonly Kind[]>(fields: Fields | null, kinds: K): Shaped<K> | null {
  if (!fields || fields.length !== kinds.length) return null;
  return fields.every((field, at) => typeof field === kinds[at]) ? (fields as unknown as Shaped<K>) : null;
}

/**
 * The same for what may gain fields at its end: a version that knows fewer reads those that it knows, so that old and new
 * ones run side by side.
 */
export function shapedAtLeast<const K extends readonly Kind[]>(fields: Fields | null, kinds: K): Shaped<K> | null {
  return shaped(fields?.slice(0, kinds.length) ?? null, kinds);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SIXTETS = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value++) SIXTETS[ALPHABET.charCodeAt(value)] = value;

/** Two lower-case digits for each byte. */
export function toHex(bytes: Iterable<number>): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Base64url without padding, RFC 4648 section 5. */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET[(held >> bits) & 63];
    }
  }
  return bits > 0 ? text + ALPHABET[(held << (6 - bits)) & 63] : text;
}

/**
 * Null for padding, foreign characters, an impossible length, and trailing bits that are not zero (RFC 4648 section 3.5):
 * otherwise one token could be spelled in several ways.
 */
export function fromBase64url(text: string): Bytes | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array((text.length * 6) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const sixtet = SIXTETS[text.charCodeAt(index)] ?? -1;
    if (sixtet < 0) return null;
    held = ((held << 6) | sixtet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

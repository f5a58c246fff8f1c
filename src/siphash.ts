/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012, https://www.aumasson.jp/siphash/siphash.pdf): a short-input keyed hash that
 * nobody without the key can collide. Written on 32-bit halves and without allocation, because every request needs it
 * synchronously and WebCrypto is asynchronous.
 */

/** 128-bit key, as four little-endian words. */
export type SipKey = readonly [number, number, number, number];

/** A 64-bit hash in two unsigned halves. */
export interface KeyHash {
  readonly hi: number;
  readonly lo: number;
}

export function sipKey(bytes: Uint8Array): SipKey {
  if (bytes.length !== 16) throw new RangeError("SipHash takes a key of 16 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return [view.getInt32(0, true), view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)];
}

const encoder = new TextEncoder();
const SCRATCH_BYTES = 1_024;
const scratch = new Uint8Array(SCRATCH_BYTES);

/** Hashes a text of at most 340 characters, or 1,024 bytes in UTF-8; of a longer one the rest is ignored. */
export function sipHash(key: SipKey, text: string): KeyHash {
  let length = 0;
  for (; length < text.length && length < SCRATCH_BYTES; length++) {
    const code = text.charCodeAt(length);
    if (code > 127) return sipHashBytes(key, scratch, encoder.encodeInto(text, scratch).written);
    scratch[length] = code;
  }
  return sipHashBytes(key, scratch, length);
}

export function sipHashBytes(key: SipKey, bytes: Uint8Array, length: number): KeyHash {
  let v0h = key[1] ^ 0x736f6d65;
  let v0l = key[0] ^ 0x70736575;
  let v1h = key[3] ^ 0x646f7261;
  let v1l = key[2] ^ 0x6e646f6d;
  let v2h = key[1] ^ 0x6c796765;
  let v2l = key[0] ^ 0x6e657261;
  let v3h = key[3] ^ 0x74656462;
  let v3l = key[2] ^ 0x79746573;
  const words = (length >> 3) + 1;
  // One turn a word, the last of which carries the length, then one turn of four rounds that ends it.
  for (let word = 0; word <= words; word++) {
    let mh = 0;
    let ml = 0;
    const at = word << 3;
    if (word < words - 1) {
      ml = le32(bytes, at);
      mh = le32(bytes, at + 4);
    } else if (word === words - 1) {
      const left = length & 7;
      for (let i = 0; i < left && i < 4; i++) ml |= (bytes[at + i] ?? 0) << (8 * i);
      for (let i = 4; i < left; i++) mh |= (bytes[at + i] ?? 0) << (8 * (i - 4));
      mh |= (length & 0xff) << 24;
    } else {
      v2l ^= 0xff;
    }
    v3h ^= mh;
    v3l ^= ml;
    for (let round = word < words ? 2 : 4; round > 0; round--) {
      let low = (v0l >>> 0) + (v1l >>> 0);
      v0h = (v0h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
      v0l = low | 0;
      low = (v2l >>> 0) + (v3l >>> 0);
      v2h = (v2h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
      v2l = low | 0;
      let h = (v1h << 13) | (v1l >>> 19);
      let l = (v1l << 13) | (v1h >>> 19);
      v1h = h ^ v0h;
      v1l = l ^ v0l;
      h = (v3h << 16) | (v3l >>> 16);
      l = (v3l << 16) | (v3h >>> 16);
      v3h = h ^ v2h;
      v3l = l ^ v2l;
      h = v0h;
      v0h = v0l;
      v0l = h;
      low = (v2l >>> 0) + (v1l >>> 0);
      v2h = (v2h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
      v2l = low | 0;
      low = (v0l >>> 0) + (v3l >>> 0);
      v0h = (v0h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
      v0l = low | 0;
      h = (v1h << 17) | (v1l >>> 15);
      l = (v1l << 17) | (v1h >>> 15);
      v1h = h ^ v2h;
      v1l = l ^ v2l;
      h = (v3h << 21) | (v3l >>> 11);
      l = (v3l << 21) | (v3h >>> 11);
      v3h = h ^ v0h;
      v3l = l ^ v0l;
      h = v2h;
      v2h = v2l;
      v2l = h;
    }
    v0h ^= mh;
    v0l ^= ml;
  }
  return { hi: (v0h ^ v1h ^ v2h ^ v3h) >>> 0, lo: (v0l ^ v1l ^ v2l ^ v3l) >>> 0 };
}

function le32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

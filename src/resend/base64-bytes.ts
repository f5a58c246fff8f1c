/**
 * Base64url (RFC 4648 section 5, without padding) from bytes to bytes: a sealed form is up to 2.9 MB, and as a string it
 * would lie in memory a second time.
 */
import type { Bytes } from "../bytes.ts";

const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const SIXTETS = new Int8Array(256).fill(-1);
for (const [value, code] of ALPHABET.entries()) SIXTETS[code] = value;

/** Pieces whose lengths are multiples of 3 can be encoded one by one and joined. */
export function encodeBase64url(bytes: Uint8Array): Bytes {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  const put = (sixtet: number): void => {
    text[at++] = ALPHABET[sixtet & 63] ?? 0;
  };
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    put(a >> 2);
    put((a << 4) | (b >> 4));
    if (i + 1 < bytes.length) put((b << 2) | (c >> 6));
    if (i + 2 < bytes.length) put(c);
  }
  return text;
}

/** Decodes in place: the result lies in the memory of `text`. Null for anything that `encodeBase64url` would not write. */
export function decodeBase64url(text: Bytes): Bytes | null {
  if (text.length % 4 === 1) return null;
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const code of text) {
    const sixtet = SIXTETS[code] ?? -1;
    if (sixtet < 0) return null;
    held = ((held << 6) | sixtet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      text[at++] = held >> bits;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? text.subarray(0, at) : null;
}

/** The canonical encoding of what is sealed: one tuple, one encoding. */
import { type Bytes, concat } from "./bytes.ts";

export type Field = string | number;
export type Fields = readonly Field[];

const encoder = new TextEncoder();

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

/**
 * SHA-256 (FIPS 180-4) of one fixed message: id (16 bytes) ‖ index (4) ‖ counter (4), numbers big-endian. Plain JavaScript,
 * written out in full by src/tools/unroll-sha256.ts: as quick as a loop in WASM, which hardened machines switch off, and
 * without a word more in the Content-Security-Policy; `crypto.subtle` takes 30 × longer for each call.
 */
export { hashWords } from "../../../.build/sha256.ts";

/** Number of 32-bit words of the hash that a puzzle shows: 128 bits leave no second answer in any range. */
export const HASH_WORDS = 4;

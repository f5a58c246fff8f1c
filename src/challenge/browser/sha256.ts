/**
 * SHA-256 (FIPS 180-4) of one fixed message: id (16 bytes) ‖ index (4) ‖ counter (4), numbers big-endian. 24 bytes fit one
 * block, of which only the sixth word changes while a counter is searched. Plain JavaScript, because a WASM loop is only
 * 1.3 × faster, needs another file and is switched off on hardened machines; `crypto.subtle` is 10 × slower per call.
 */

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2). */
const K = new Int32Array(64);
/** The same of the square roots of the first 8 primes (section 5.3.3). */
const H = new Int32Array(8);

// Computed instead of listed: 64 constants would be a third of the script. Tests compare the result with node:crypto.
for (let candidate = 2, found = 0; found < 64; candidate++) {
  let prime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false;
  if (!prime) continue;
  if (found < 8) H[found] = fraction(Math.sqrt(candidate));
  K[found++] = fraction(Math.cbrt(candidate));
}

function fraction(root: number): number {
  return ((root % 1) * 0x100000000) | 0;
}

/** Number of 32-bit words of the hash that a puzzle shows: 128 bits leave no second answer in any range. */
export const HASH_WORDS = 4;

/** A message schedule with the fixed words set. */
export function prepare(id: Int32Array, index: number): Int32Array {
  const w = new Int32Array(64);
  w.set(id);
  w[4] = index;
  w[6] = 1 << 31; // section 5.1.1: a single 1 bit, zeros, and the length in bits
  w[15] = 24 * 8;
  return w;
}

/** Writes the first HASH_WORDS words of the hash for this counter into `out`. */
export function hashCounter(w: Int32Array, counter: number, out: Int32Array): void {
  w[5] = counter;
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15] as number;
    const y = w[t - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = ((w[t - 16] as number) + s0 + (w[t - 7] as number) + s1) | 0;
  }
  let a = H[0] as number;
  let b = H[1] as number;
  let c = H[2] as number;
  let d = H[3] as number;
  let e = H[4] as number;
  let f = H[5] as number;
  let g = H[6] as number;
  let h = H[7] as number;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (w[t] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  out[0] = a + (H[0] as number);
  out[1] = b + (H[1] as number);
  out[2] = c + (H[2] as number);
  out[3] = d + (H[3] as number);
}

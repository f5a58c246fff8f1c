/** Ways to damage a token: a character, a bit, the length, bytes moved within it. */
import { randomBytes } from "node:crypto";
import { fromBase64url, toBase64url } from "../src/bytes.ts";
import type { Purpose, Sealer } from "../src/seal.ts";

const BATCH = 1_000;

/** Tries so many damaged spellings of a token, or as many as there is time for; says how many were tried and accepted. */
export async function mutate(
  sealer: Sealer,
  purpose: Purpose,
  token: string,
  most: number,
  longestMs = Number.POSITIVE_INFINITY,
): Promise<{ readonly tried: number; readonly accepted: number }> {
  const bytes = fromBase64url(token) ?? new Uint8Array();
  const until = performance.now() + longestMs;
  let tried = 0;
  let accepted = 0;
  const attempt = async (forged: string) => {
    if (forged !== token && (await sealer.open(purpose, forged)) !== null) accepted++;
  };
  while (tried < most && performance.now() < until) {
    const size = Math.min(BATCH, most - tried);
    const noise = randomBytes(12 * size);
    await Promise.all(
      Array.from({ length: size }, (_, at) => attempt(damaged(token, bytes, at, noise.subarray(12 * at)))),
    );
    tried += size;
  }
  return { tried, accepted };
}

function damaged(token: string, bytes: Uint8Array, round: number, noise: Buffer): string {
  if (round % 4 === 0) {
    const at = noise.readUInt32LE() % token.length;
    return token.slice(0, at) + String.fromCharCode(noise.readUInt8(4) & 127) + token.slice(at + 1);
  }
  const forged = bytes.slice(0, round % 4 === 1 ? noise.readUInt32LE() % bytes.length : bytes.length);
  const at = noise.readUInt32LE(4) % Math.max(1, forged.length);
  if (round % 4 < 3) forged[at] = (forged[at] ?? 0) ^ (1 << (noise.readUInt8(8) & 7));
  else forged.copyWithin(at, noise.readUInt32LE(8) % forged.length);
  return toBase64url(forged);
}

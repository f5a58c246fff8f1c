/**
 * Puzzles made of secret counters. For each of 8 counters the shield picks c in [0, difficulty) by a keyed hash of the
 * puzzle's id and shows SHA-256( id ‖ index ‖ c ); the solver has to try them all. To verify, the shield picks the counters
 * again and compares: two HMACs, no hash, nothing stored (23 µs in workerd, 8 µs for a forged challenge). The sum of 8 uniform searches also varies far less than a search
 * for leading zero bits (p99 1.47 × the mean against 4.6 ×), so few people meet a slow one.
 *
 * Accepted trade-off: whoever holds SHIELD_SECRET needs no work.
 */
import * as v from "valibot";
import { type Bytes, toHex } from "../bytes.ts";
import { shapedAtLeast } from "../fields.ts";
import { MAX_TOKEN_CHARS, type Sealer } from "../seal.ts";
import { showHash } from "./browser/search.ts";
import { COUNTERS, MAX_DIFFICULTY } from "./difficulty.ts";

export const PUZZLE_ID_BYTES = 16; // too many to compute anything beforehand, and no two puzzles meet
export const PUZZLE_TTL_MS = 5 * 60_000; // long enough for a slow phone, short enough against hoarding
export const CLOCK_SKEW_MS = 60_000; // between data centres
export const MAX_PROOF_CHARS = 4_096;

/** What the shield decides about a puzzle. All of it is sealed into the challenge; nothing is taken from the client. */
export interface PuzzleTerms {
  readonly difficulty: number;
  /** Host for which it may be redeemed, lower case. */
  readonly host: string;
  /** Keyed hash of the asker's network, "" when unknown; it goes into the clearance. */
  readonly network: string;
}

/** What the browser receives. */
export interface Puzzle {
  readonly challenge: string;
  /** 32 hex digits. */
  readonly id: string;
  readonly counters: number;
  readonly difficulty: number;
  /** One per counter: the first 128 bits of its hash, 32 hex digits. */
  readonly hashes: readonly string[];
  readonly expiresInS: number;
}

/**
 * @param randomId 16 fresh random bytes.
 * @throws RangeError on a difficulty or an id that is out of range: a mistake of ours.
 */
export async function issuePuzzle(sealer: Sealer, terms: PuzzleTerms, nowMs: number, randomId: Bytes): Promise<Puzzle> {
  const { difficulty, host, network } = terms;
  if (!Number.isInteger(difficulty) || difficulty < 1 || difficulty > MAX_DIFFICULTY) {
    throw new RangeError(`difficulty must be an integer in [1, ${MAX_DIFFICULTY}]`);
  }
  if (randomId.length !== PUZZLE_ID_BYTES) throw new RangeError(`a puzzle id has ${PUZZLE_ID_BYTES} bytes`);
  const id = toHex(randomId);
  const fields = [id, difficulty, nowMs, nowMs + PUZZLE_TTL_MS, host, network];
  const challenge = await sealer.seal("puzzle", fields);
  const hashes = (await answersTo(sealer, id, difficulty)).map((counter, index) => showHash(id, index, counter));
  return { challenge, id, counters: COUNTERS, difficulty, hashes, expiresInS: PUZZLE_TTL_MS / 1_000 };
}

/** The secret counters of a puzzle. @param id 32 hex digits */
export async function answersTo(sealer: Sealer, id: string, difficulty: number): Promise<number[]> {
  return pickCounters(await sealer.mac("counter", idBytes(id)), difficulty);
}

/** Why a proof is refused, in the order in which it is looked at: cheap reasons first. */
export type ProofFault = "size" | "syntax" | "mac" | "expired" | "future" | "host" | "work";

export type ProofResult =
  | { readonly ok: true; readonly id: string; readonly expiresAtMs: number; readonly network: string }
  | { readonly ok: false; readonly why: ProofFault };

const Proof = v.strictObject({
  challenge: v.pipe(v.string(), v.maxLength(MAX_TOKEN_CHARS)),
  answers: v.pipe(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DIFFICULTY - 1))),
    v.length(COUNTERS),
  ),
});

/**
 * Judges a proof as it came over the wire. Whether it was spent before is not known here: see redeem.ts.
 * @param body `{"challenge": token, "answers": [8 integers]}`
 */
export async function verifyProof(
  sealer: Sealer,
  body: string,
  context: { readonly host: string },
  nowMs: number,
): Promise<ProofResult> {
  if (body.length > MAX_PROOF_CHARS) return refuse("size");
  const proof = parseProof(body);
  if (!proof) return refuse("syntax");
  const fields = await sealer.open("puzzle", proof.challenge);
  const terms = shapedAtLeast(fields, ["string", "number", "number", "number", "string", "string"]);
  if (!terms) return refuse("mac");
  const [id, difficulty, issuedAtMs, expiresAtMs, host, network] = terms;
  if (nowMs >= expiresAtMs) return refuse("expired");
  if (issuedAtMs > nowMs + CLOCK_SKEW_MS) return refuse("future");
  if (host !== context.host) return refuse("host");
  // Under every accepted secret: a puzzle issued before a rotation may be handed in after it.
  const worked = (await sealer.macs("counter", idBytes(id))).some((mac) =>
    pickCounters(mac, difficulty).every((counter, index) => counter === proof.answers[index]),
  );
  return worked ? { ok: true, id, expiresAtMs, network } : refuse("work");
}

function refuse(why: ProofFault): ProofResult {
  return { ok: false, why };
}

function parseProof(body: string): v.InferOutput<typeof Proof> | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  const result = v.safeParse(Proof, json, { abortEarly: true });
  return result.success ? result.output : null;
}

/** One HMAC has 256 bits: 32 for each counter, so the reduction favours no counter by more than 0.1 % (difficulty ÷ 2^32). */
function pickCounters(mac: Bytes, difficulty: number): number[] {
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength);
  return Array.from({ length: COUNTERS }, (_, index) => view.getUint32(index * 4) % difficulty);
}

function idBytes(id: string): Uint8Array {
  return new TextEncoder().encode(id);
}

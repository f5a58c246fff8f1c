/**
 * The support code: 40 bits that a person reads out on the phone, XXXX-XXXX. They are why and when she was turned away,
 * enciphered: to her they say nothing, to the shield everything, without a line in a log or anything stored. That holds for
 * each page of ours, in a flood as well, where a line for each would make a bill of it.
 *
 * cause 11 · lane and posture 5 · counting alone 1 · time 5 · number 18 bits. The cause is a hash of verdict and reason:
 * whoever explains tries the reasons that there are (policy/read-code.ts). The number is random, and not 0, on a page that can
 * be opened by its code, and 0 on all others, which are so the same for two minutes and served from prebuilt bytes. Accepted
 * trade-off: of 2,000 challenge pages in each second for one and the same cause, a page shares its code with one other.
 */
import { LANES, type Lane } from "./identity/identity.ts";
import { POSTURES, type Posture, type VerdictKind } from "./policy/verdict.ts";
import type { Sealer } from "./seal.ts";
import { type SipKey, sipHash, sipHashBytes } from "./siphash.ts";

export interface Turned {
  readonly verdict: Exclude<VerdictKind, "allow"> | "fault";
  /** Name of the rule, budget, posture or fault that decided. */
  readonly reason: string;
  readonly lane: Lane;
  readonly posture: Posture;
  /** Whether the isolate counted without news of the others: then it may be wrong about a client. */
  readonly alone: boolean;
}

/** What a code says, once the reasons are known that it may mean. */
export interface CodeContents {
  readonly means: (verdict: Turned["verdict"], reason: string) => boolean;
  readonly lane: Lane;
  readonly posture: Posture;
  readonly alone: boolean;
  /** Whether its page can be opened from the help desk. */
  readonly opens: boolean;
  /** Not before then, and less than CODE_EVERY_MS later; ms since 1970. */
  readonly from: number;
}

/** Codes of one cause stay the same for so long: a flood of denials is answered with the same bytes. */
export const CODE_EVERY_MS = 120_000;
const CODE_NUMBERS = 2 ** 18;
/** After that the same time comes again. */
export const CODE_TTL_MS = 31 * CODE_EVERY_MS;
const SLOTS = 32;
const CAUSES = 2 ** 11;
const HALF = 2 ** 20;
const ROUNDS = 8;
/** Without 0 O 1 I, which sound or look alike. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A number for a page that can be opened by its code. @param random any integer from 0 */
export function openingNumber(random: number): number {
  return 1 + (random % (CODE_NUMBERS - 1));
}

/**
 * @param number of a page that can be opened by its code, else 0
 * @param now milliseconds since 1970
 */
export function codeFor(sealer: Sealer, turned: Turned, number: number, now: number): string {
  const [key] = sealer.quickKeys("support-code");
  if (!key) throw new Error("a sealer has a current secret");
  const { verdict, reason, lane, posture, alone } = turned;
  const who = LANES.indexOf(lane) * POSTURES.length + POSTURES.indexOf(posture);
  const slot = Math.floor(now / CODE_EVERY_MS) % SLOTS;
  let left = (causeOf(key, verdict, reason) << 9) | (who << 4) | (Number(alone) << 3) | (slot >> 2);
  let right = ((slot & 3) << 18) | (number % CODE_NUMBERS);
  for (let round = 0; round < ROUNDS; round++) [left, right] = [right, left ^ mixed(key, round, right)];
  return `${spell(left)}-${spell(right)}`;
}

/** What a code says under each accepted secret: at most one of them made it, and perhaps none. */
export function openCode(sealer: Sealer, code: string, now: number): readonly CodeContents[] {
  const halves = code.split("-").map(read20Bits);
  return sealer.quickKeys("support-code").flatMap((key) => {
    let [left = 0, right = 0] = halves;
    for (let round = ROUNDS - 1; round >= 0; round--) [left, right] = [right ^ mixed(key, round, left), left];
    const who = (left >> 4) & 31;
    const lane = LANES[Math.floor(who / POSTURES.length)];
    const posture = POSTURES[who % POSTURES.length];
    if (lane === undefined || posture === undefined) return [];
    const slot = ((left & 7) << 2) | (right >> 18);
    const slotNow = Math.floor(now / CODE_EVERY_MS);
    const from = (slotNow - ((slotNow - slot + SLOTS) % SLOTS)) * CODE_EVERY_MS;
    const cause = left >> 9;
    return [
      {
        means: (verdict, reason) => causeOf(key, verdict, reason) === cause,
        lane,
        posture,
        alone: (left & 8) !== 0,
        from,
        opens: right % CODE_NUMBERS !== 0,
      },
    ];
  });
}

/** A code as somebody typed it, in any case, with or without what separates it; null when it is none. */
export function parseCode(typed: string): string | null {
  if (typed.length > 40) return null;
  const letters = typed.toUpperCase().replace(/[\s\-–.]/g, "");
  const known = letters.length === 8 && [...letters].every((letter) => ALPHABET.includes(letter));
  return known ? `${letters.slice(0, 4)}-${letters.slice(4)}` : null;
}

function causeOf(key: SipKey, verdict: string, reason: string): number {
  return sipHash(key, `${verdict}|${reason}`).lo % CAUSES;
}

const scratch = new Uint8Array(4);

/**
 * The round function of a balanced Feistel network (Luby and Rackoff, 1988): any keyed hash makes a permutation. Its input is
 * no text that a cause could be.
 */
function mixed(key: SipKey, round: number, half: number): number {
  scratch[0] = 0xf0 | round;
  scratch[1] = half >> 16;
  scratch[2] = half >> 8;
  scratch[3] = half;
  return sipHashBytes(key, scratch, scratch.length).lo % HALF;
}

/** 20 bits as four letters. */
function spell(half: number): string {
  return (
    (ALPHABET[half >> 15] ?? "") +
    (ALPHABET[(half >> 10) & 31] ?? "") +
    (ALPHABET[(half >> 5) & 31] ?? "") +
    (ALPHABET[half & 31] ?? "")
  );
}

function read20Bits(letters: string): number {
  let value = 0;
  for (const letter of letters) value = (value << 5) | ALPHABET.indexOf(letter);
  return value;
}

/**
 * Strict budgets, for the few places where a count some seconds old is not good enough: sign-in started from one prefix or
 * network, password reset. The isolate fetches tokens ahead from the shard that owns the key and spends them one by one; never
 * more than the budget passes, from however many isolates. Each exchange brings tokens for those who wait, and for those who
 * will come next by what was used lately: whoever opened the sign-in page finds one when she sends it. Who is the first finds
 * none and waits for the next exchange, which takes along all that is wanted (errands.ts): at once where calls are saved up,
 * as one who signs in on a quiet day finds it, else within the time of one call.
 *
 * Strict budgets so cost no calls of their own. A refused key is not asked about until the shard's word for "not before" is
 * over; a shard that was silent or does not know yet is left alone for a while too. One exchange asks about so many keys of a
 * budget at the most that nobody asked about before: whoever rotates prefixes uses up what prefixes have, not what networks
 * have. Beyond that a stranger is refused, not let through: the budget stays strict.
 */
import type { Budget } from "../policy/policy.ts";
import { type SipKey, sipHash } from "../siphash.ts";
import type { Batch, Errand, ErrandSource } from "./errands.ts";
import { EXCHANGE_PATIENCE_MS, STRICT_PATIENCE_MS } from "./patience.ts";
import type { Grant } from "./strict-grants.ts";

/** Entries of about 150 bytes. */
const KEYS_MAX = 2048;
/**
 * Keys of one budget that one exchange asks about which are new here, and as many that are not: an attacker who rotates keys
 * must not take it from a key that is known.
 */
const KEYS_PER_EXCHANGE = 16;
/** Who may wait for one exchange's tokens of one budget: for more it would not bring any. */
const WAITING_MAX = 256;
const TOKENS_AHEAD_MAX = 256;
/** A key that turns hot gets so many times what it used since the last fetch. */
const GROWTH_MAX = 8;
/** So long after its last use a key is given tokens ahead: one who signs in takes that long to type, ms. */
const AHEAD_FOR_MS = 20_000;
/** For the use of so much time: until the next exchange but one, ms. */
const AHEAD_MS = 2000;
/** Who found no place or no token in time may try again then, and a silent shard is asked again. */
const AGAIN_AFTER_MS = 1000;
/** However long a shard says that it will not know. */
const UNANSWERED_FOR_MAX_MS = 10_000;

/**
 * `unanswered`: the shard was slow, failed, or restarted lately and does not know what it granted (an object that is idle for
 * ten seconds is evicted, so in calm that is usual). What then becomes of the request is for the caller's table of failures
 * to say: an error must mint nothing, but it may let a critical request pass.
 */
export type Without = { readonly kind: "refused"; readonly retryAfterMs: number } | { readonly kind: "unanswered" };

/** `take` spends a token, at once; what it returns gives it back, so that another may have it while it is good. */
export type Found = { readonly kind: "token"; readonly take: () => () => void } | Without;

export type Figures = Pick<Budget, "name" | "emissionMs" | "toleranceMs">;

/** What is known of a key since it was last asked about. */
interface Purse {
  readonly budget: Figures;
  /** In the order in which they end. */
  readonly tokens: readonly Tokens[];
  readonly askedAt: number;
  /** Until then nobody asks again, and without a token this is the outcome. */
  readonly notBefore: number;
  readonly meanwhile: "refused" | "unanswered";
  /** Spends since then. */
  used: number;
  /** Spends lately: half as many after each `AHEAD_MS` without one. */
  usedLately: number;
  usedAt: number;
}

/** What one grant brought. */
interface Tokens {
  left: number;
  /** After this they are worth nothing, ms since 1970. */
  readonly goodUntil: number;
}

/** A key that the next exchange asks about, and how many wait for what it brings; 0 where it only asks ahead. */
export interface Wanted {
  readonly budget: Figures;
  waiting: number;
}

export class StrictPurses implements ErrandSource {
  readonly #key: SipKey;
  /** In order of their last fetch. To forget one loses tokens, never grants any. */
  readonly #purses = new Map<string, Purse>();
  /** For the next exchange. */
  readonly #wanted = new Map<string, Wanted>();
  /** Of these, how many there are by budget and whether they are known; and who waits, by budget. */
  readonly #counts = new Map<string, number>();
  /** Keys that an exchange asks about now. */
  #underWay: { readonly since: number; readonly keys: ReadonlySet<string> } | null = null;
  /** A shard did not answer lately: who is not asked about is then not refused either. */
  #silentUntil = 0;

  constructor(key: SipKey) {
    this.#key = key;
  }

  /** How long this key is known to be refused, ms; 0 when it is not. Costs nothing. */
  refusedForMs(budget: Pick<Budget, "name">, key: string, now: number): number {
    const known = this.#purses.get(textOf(budget, key));
    if (known?.meanwhile !== "refused" || known.tokens.some((each) => isGood(each, now))) return 0;
    return Math.max(0, known.notBefore - now);
  }

  /**
   * A token of this key, or why there is none; null while the next exchange may bring one.
   * @param waiter what the one who looks waits for already: she is counted once for each exchange
   */
  find(budget: Figures, key: string, now: number, waiter: Set<Wanted>): Found | null {
    const text = textOf(budget, key);
    const known = this.#fromPurse(text, now);
    if (known) return known;
    if (this.#isUnderWay(text, now)) return null;
    const wanted = this.#want(text, budget);
    if (wanted && waiter.has(wanted)) return null;
    if (!wanted || !this.#hasPlace(`${budget.name}|waiting`, WAITING_MAX)) return this.#notAsked(now);
    // A count ends with its exchange: whoever vanishes while she waits does not take a place for ever.
    wanted.waiting++;
    waiter.add(wanted);
    return null;
  }

  /** The same for whoever waits no longer. */
  findAtLast(budget: Figures, key: string, now: number): Found {
    const text = textOf(budget, key);
    const inTheEnd = (): Without => (this.#isUnderWay(text, now) ? { kind: "unanswered" } : this.#notAsked(now));
    return this.#fromPurse(text, now) ?? inTheEnd();
  }

  /** What the next exchange takes along. */
  take(now: number): Batch {
    this.#wantAhead(now);
    const asked = [...this.#wanted].filter(
      ([text, { waiting }]) => waiting === 0 || this.#fromPurse(text, now) === null,
    );
    this.#wanted.clear();
    this.#counts.clear();
    const underWay = { since: now, keys: new Set(asked.map(([text]) => text)) };
    this.#underWay = underWay;
    const errands = asked.map(([text, { budget, waiting }]): Errand => {
      const { emissionMs, toleranceMs } = budget;
      const tokens = tokensFor(this.#purses.get(text), waiting, now);
      return { kind: "grant", request: { ...sipHash(this.#key, text), ...tokens, emissionMs, toleranceMs } };
    });
    const settle: Batch["settle"] = (answers, then) => {
      if (this.#underWay === underWay) this.#underWay = null;
      for (const [i, [text, { budget, waiting }]] of asked.entries()) {
        const answer = answers?.[i];
        const grant = answer?.kind === "grant" ? answer.grant : null;
        // Where nobody waited, and the budget has nothing to spare, nothing is known that was not before.
        if (waiting > 0 || (grant && grant.tokens > 0)) this.#keep(text, budget, grant, now, then);
      }
    };
    return { errands, settle };
  }

  /** Keys that were used lately, as far as the exchange has place for them, the latest first. */
  #wantAhead(now: number): void {
    const recent = [...this.#purses].filter(
      ([text, purse]) =>
        now - purse.usedAt < AHEAD_FOR_MS && purse.notBefore <= now && !this.#wanted.has(text) && isShort(purse, now),
    );
    for (const [text, { budget }] of recent.toSorted(([, a], [, b]) => b.usedAt - a.usedAt)) this.#want(text, budget);
  }

  /** Undefined where the next exchange asks about enough such keys already. */
  #want(text: string, budget: Figures): Wanted | undefined {
    const before = this.#wanted.get(text);
    if (before) return before;
    const kind = this.#purses.has(text) ? "known" : "new";
    if (!this.#hasPlace(`${budget.name}|${kind}`, KEYS_PER_EXCHANGE)) return undefined;
    const wanted: Wanted = { budget, waiting: 0 };
    this.#wanted.set(text, wanted);
    return wanted;
  }

  #hasPlace(count: string, most: number): boolean {
    const taken = this.#counts.get(count) ?? 0;
    if (taken >= most) return false;
    this.#counts.set(count, taken + 1);
    return true;
  }

  /** An exchange whose invocation was killed brings nothing. */
  #isUnderWay(text: string, now: number): boolean {
    return (
      this.#underWay !== null && now - this.#underWay.since < EXCHANGE_PATIENCE_MS && this.#underWay.keys.has(text)
    );
  }

  /** What is known without asking. */
  #fromPurse(text: string, now: number): Found | null {
    const held = this.#purses.get(text);
    if (!held) return null;
    const tokens = held.tokens.find((each) => isGood(each, now));
    if (tokens) return { kind: "token", take: () => take(held, tokens, now) };
    return held.notBefore > now ? without(held, now) : null;
  }

  /** Nobody could be asked. While shards are silent that is a failure like theirs, else there are too many who want to ask. */
  #notAsked(now: number): Without {
    return this.#isSilent(now) ? { kind: "unanswered" } : { kind: "refused", retryAfterMs: AGAIN_AFTER_MS };
  }

  #isSilent(now: number): boolean {
    const { since } = this.#underWay ?? { since: now };
    return now < this.#silentUntil || (now - since >= STRICT_PATIENCE_MS && now - since < EXCHANGE_PATIENCE_MS);
  }

  /**
   * Tokens count from when they were asked for: whatever the way took, they end before the shard thinks they do.
   * @param grant null when the shard did not answer in time, or failed
   */
  #keep(text: string, budget: Figures, grant: Grant | null, since: number, now: number): void {
    const held = this.#purses.get(text);
    const goodUntil = since + (grant?.leaseMs ?? 0);
    const left = now < goodUntil ? (grant?.tokens ?? 0) : 0;
    const isUnanswered = grant === null || grant.recovering === true || grant.tokens > left;
    const pauseMs = isUnanswered ? Math.min(UNANSWERED_FOR_MAX_MS, grant?.retryMs || AGAIN_AFTER_MS) : grant.retryMs;
    const purse: Purse = {
      budget,
      tokens: [...(held?.tokens.filter((each) => isGood(each, now)) ?? []), ...(left > 0 ? [{ left, goodUntil }] : [])],
      askedAt: since,
      notBefore: pauseMs > 0 ? now + pauseMs : 0,
      meanwhile: isUnanswered ? "unanswered" : "refused",
      used: 0,
      usedLately: held?.usedLately ?? 0,
      usedAt: held?.usedAt ?? 0,
    };
    if (grant === null) this.#silentUntil = now + AGAIN_AFTER_MS;
    this.#purses.delete(text);
    if (this.#purses.size >= KEYS_MAX) this.#purses.delete(this.#purses.keys().next().value ?? "");
    this.#purses.set(text, purse);
  }
}

function textOf({ name }: Pick<Budget, "name">, key: string): string {
  return `strict ${name}|${key}`;
}

/**
 * What the key would need for a second at the pace of its last tokens, or what waits already; and ahead of that what is used
 * until the next exchange but one, or as much as waits: whoever waits now comes again in a moment.
 */
function tokensFor(
  held: Purse | undefined,
  waiting: number,
  now: number,
): { readonly tokens: number; readonly ahead: number } {
  const used = held?.used ?? 0;
  const forSecond = Math.min(GROWTH_MAX * used, Math.ceil((used * 1000) / Math.max(1, now - (held?.askedAt ?? 0))));
  const ahead = Math.min(TOKENS_AHEAD_MAX, Math.max(held ? aheadFor(held, now) : 1, waiting));
  if (waiting === 0) return { tokens: 0, ahead };
  return { tokens: Math.min(TOKENS_AHEAD_MAX, Math.max(1 + forSecond, waiting)), ahead };
}

/** One at the least, for one who types. */
function aheadFor({ usedLately, usedAt }: Purse, now: number): number {
  return Math.max(1, Math.ceil(faded(usedLately, usedAt, now)));
}

/** Whether it holds less than what it should have by the next exchange. */
function isShort(purse: Purse, now: number): boolean {
  const good = purse.tokens.reduce((sum, each) => sum + (isGood(each, now + AHEAD_MS / 2) ? each.left : 0), 0);
  return good < aheadFor(purse, now);
}

function isGood({ left, goodUntil }: Tokens, at: number): boolean {
  return left > 0 && at < goodUntil;
}

function take(purse: Purse, tokens: Tokens, now: number): () => void {
  tokens.left--;
  purse.used++;
  purse.usedLately = faded(purse.usedLately, purse.usedAt, now) + 1;
  purse.usedAt = now;
  return () => void tokens.left++;
}

function faded(used: number, at: number, now: number): number {
  return used * 0.5 ** (Math.max(0, now - at) / AHEAD_MS);
}

function without({ meanwhile, notBefore }: Purse, now: number): Without {
  return meanwhile === "unanswered" ? { kind: "unanswered" } : { kind: "refused", retryAfterMs: notBefore - now };
}

/**
 * Strict budgets, for the few places where a count some seconds old is not good enough: sign-in started from one prefix or
 * network, password reset. The isolate fetches tokens ahead from the shard that owns the key and spends them one by one; never
 * more than the budget passes, from however many isolates. Whoever has no token waits for one call, at most `patienceMs`.
 *
 * A hot key costs about one call a second, as so many tokens are fetched as a second needs; a refused one costs none until the
 * shard's word for "not before" is over; a shard that was silent or does not know yet is left alone for a while too. Calls
 * about keys that nobody asked about before are bounded by budget: whoever rotates prefixes uses up what prefixes have, not
 * what networks have. Beyond that a stranger is refused, not let through: the budget stays strict.
 */
import type { Budget } from "../policy/policy.ts";
import { type KeyHash, type SipKey, sipHash } from "./siphash.ts";
import type { Grant, GrantRequest } from "./strict-grants.ts";

/** How long one who signs in waits for a counter, ms. */
export const STRICT_PATIENCE_MS = 250;
/** Entries of about 150 bytes. */
const KEYS_MAX = 2048;
/**
 * Calls for one budget about keys that are new here, and as many about those that are not: an attacker who rotates keys must
 * not turn strict budgets into a flood of calls, nor take them from a key that is known.
 */
const CALLS_PER_SECOND_MAX = 16;
const TOKENS_AHEAD_MAX = 256;
/** A key that turns hot gets so many times what it used since the last fetch. */
const GROWTH_MAX = 8;
const LOOK_EVERY_MS = 5;
/** Who found no call or no token in time may try again then, and a silent shard is asked again. */
const AGAIN_AFTER_MS = 1000;
/** However long a shard says that it will not know. */
const UNANSWERED_FOR_MAX_MS = 10_000;

/**
 * `unanswered`: the shard was slow, failed, or restarted lately and does not know what it granted (an object that is idle for
 * ten seconds is evicted, so in calm that is usual). What then becomes of the request is for the caller's table of failures
 * to say: an error must mint nothing, but it may let a critical request pass.
 */
export type StrictOutcome =
  /** `giveBack`: nothing came of it, so that another may have the token while it is good. */
  | { readonly kind: "granted"; readonly giveBack: () => void }
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  | { readonly kind: "unanswered" };

export interface StrictDeps {
  /** Asks the shard that owns the key; a fresh stub each time. */
  readonly ask: (request: GrantRequest) => Promise<Grant>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly now: () => number;
  readonly patienceMs: number;
}

type Figures = Pick<Budget, "name" | "emissionMs" | "toleranceMs">;

/** What is known of a key since it was last asked about. */
interface Purse {
  tokens: number;
  /** After this the tokens are worth nothing, ms since 1970. */
  readonly goodUntil: number;
  readonly askedAt: number;
  /** Until then nobody asks again, and without a token this is the outcome. */
  readonly notBefore: number;
  readonly meanwhile: "refused" | "unanswered";
  /** Spends since then. */
  used: number;
  /** How many waited for it. */
  readonly crowd: number;
}

/** One call under way, and how many wait for what it brings. */
interface Asking {
  readonly since: number;
  waiting: number;
}

export class StrictPurses {
  readonly #key: SipKey;
  /** In order of their last fetch. To forget one loses tokens, never grants any. */
  readonly #purses = new Map<string, Purse>();
  /** Who asks a shard now. Whoever vanishes while she asks leaves her entry behind: too many of those are forgotten at once. */
  readonly #asking = new Map<string, Asking>();
  /** By budget and whether the key was known: the rules say how many there are. */
  readonly #allowances = new Map<string, { since: number; calls: number }>();
  /** A shard did not answer lately: who is not asked about is then not refused either. */
  #silentUntil = 0;

  constructor(key: SipKey) {
    this.#key = key;
  }

  /** How long this key is known to be refused, ms; 0 when it is not. Costs nothing. */
  refusedForMs(budget: Pick<Budget, "name">, key: string, now: number): number {
    const known = this.#purses.get(textOf(budget, key));
    if (known?.meanwhile !== "refused" || hasToken(known, now)) return 0;
    return Math.max(0, known.notBefore - now);
  }

  /** Spends one token of this key's budget, or says why not. */
  async spend(budget: Figures, key: string, deps: StrictDeps): Promise<StrictOutcome> {
    const text = textOf(budget, key);
    for (let look = 0; look < deps.patienceMs / LOOK_EVERY_MS; look++) {
      const now = deps.now();
      const known = this.#fromPurse(text, now);
      if (known) return known;
      // While another asks for the same key, this one waits for what that brings: a crowd at one key must neither become a
      // crowd of calls nor pass unanswered. It looks now and then, as an isolate cannot wake another request.
      const other = this.#asking.get(text);
      if (!other || now - other.since >= deps.patienceMs) return this.#fetch(budget, text, deps);
      other.waiting++;
      await deps.wait(LOOK_EVERY_MS);
      other.waiting--;
    }
    return this.#notAsked(deps.now());
  }

  async #fetch(budget: Figures, text: string, deps: StrictDeps): Promise<StrictOutcome> {
    const asked = deps.now();
    const held = this.#purses.get(text);
    if (!this.#mayCall(`${budget.name}|${held ? "known" : "new"}`, asked)) return this.#notAsked(asked);

    const hash: KeyHash = sipHash(this.#key, text);
    const asking: Asking = { since: asked, waiting: 0 };
    const { emissionMs, toleranceMs } = budget;
    if (this.#asking.size >= KEYS_MAX) this.#asking.clear();
    this.#asking.set(text, asking);
    const answered = deps.ask({ ...hash, tokens: tokensFor(held, asked), emissionMs, toleranceMs }).catch(() => null);
    const grant = await Promise.race([answered, deps.wait(deps.patienceMs).then(() => null)]);
    if (this.#asking.get(text) === asking) this.#asking.delete(text);
    return this.#keep(text, grant, asking, deps.now());
  }

  #fromPurse(text: string, now: number): StrictOutcome | null {
    const held = this.#purses.get(text);
    if (!held) return null;
    if (hasToken(held, now)) return take(held);
    return held.notBefore > now ? without(held, now) : null;
  }

  /** Nobody could be asked. While shards are silent that is a failure like theirs, else there are too many who want to ask. */
  #notAsked(now: number): StrictOutcome {
    return now < this.#silentUntil ? { kind: "unanswered" } : { kind: "refused", retryAfterMs: AGAIN_AFTER_MS };
  }

  /**
   * Tokens count from when they were asked for: whatever the way took, they end before the shard thinks they do.
   * @param grant null when the shard did not answer in time, or failed
   */
  #keep(text: string, grant: Grant | null, { since, waiting }: Asking, now: number): StrictOutcome {
    const held = this.#purses.get(text);
    const rest = held && hasToken(held, now) ? held : null;
    const goodUntil = since + (grant?.leaseMs ?? 0);
    const tokens = now < goodUntil ? (grant?.tokens ?? 0) : 0;
    const isUnanswered = grant === null || grant.recovering === true || grant.tokens > tokens;
    const pauseMs = isUnanswered ? Math.min(UNANSWERED_FOR_MAX_MS, grant?.retryMs || AGAIN_AFTER_MS) : grant.retryMs;
    const purse: Purse = {
      tokens: tokens + (rest?.tokens ?? 0),
      goodUntil: rest ? (tokens > 0 ? Math.min(goodUntil, rest.goodUntil) : rest.goodUntil) : goodUntil,
      askedAt: since,
      notBefore: pauseMs > 0 ? now + pauseMs : 0,
      meanwhile: isUnanswered ? "unanswered" : "refused",
      used: 0,
      crowd: waiting,
    };
    if (grant === null) this.#silentUntil = now + AGAIN_AFTER_MS;
    this.#purses.delete(text);
    if (this.#purses.size >= KEYS_MAX) this.#purses.delete(this.#purses.keys().next().value ?? "");
    this.#purses.set(text, purse);
    return hasToken(purse, now) ? take(purse) : without(purse, now);
  }

  #mayCall(allowance: string, now: number): boolean {
    const known = this.#allowances.get(allowance);
    if (!known || now - known.since >= 1000) {
      this.#allowances.set(allowance, { since: now, calls: 1 });
      return true;
    }
    return known.calls++ < CALLS_PER_SECOND_MAX;
  }
}

function textOf({ name }: Pick<Budget, "name">, key: string): string {
  return `strict ${name}|${key}`;
}

/** What the key would need for a second at the pace of its last tokens, and what waits already. */
function tokensFor(held: Purse | undefined, now: number): number {
  if (!held) return 1;
  const { used, askedAt, crowd } = held;
  const forSecond = Math.min(GROWTH_MAX * used, Math.ceil((used * 1000) / Math.max(1, now - askedAt)));
  return Math.min(TOKENS_AHEAD_MAX, 1 + Math.max(forSecond, crowd));
}

function hasToken({ tokens, goodUntil }: Purse, now: number): boolean {
  return tokens > 0 && now < goodUntil;
}

function take(purse: Purse): StrictOutcome {
  purse.tokens--;
  purse.used++;
  return { kind: "granted", giveBack: () => void purse.tokens++ };
}

function without({ meanwhile, notBefore }: Purse, now: number): StrictOutcome {
  if (meanwhile === "unanswered") return { kind: "unanswered" };
  return { kind: "refused", retryAfterMs: notBefore - now };
}

/**
 * Strict budgets, for the few places where a count some seconds old is not good enough: sign-in started from one prefix,
 * password reset. The isolate fetches tokens ahead from the shard that owns the key and spends them one by one; never more
 * than the budget passes, from however many isolates. Whoever has no token waits for one call, no longer than `patienceMs`.
 *
 * A denied key costs no call: until the shard's word for "not before" is over, the isolate refuses by itself.
 */
import type { Budget } from "../policy/policy.ts";
import { type KeyHash, type SipKey, sipHash } from "./siphash.ts";
import type { Grant, GrantRequest } from "./strict-grants.ts";

/** How long one who signs in waits for a counter, ms. */
export const STRICT_PATIENCE_MS = 250;
/** Entries of about 150 bytes. */
const KEYS_MAX = 2048;
/** An attacker who rotates keys must not turn strict budgets into a flood of calls. */
const CALLS_PER_SECOND_MAX = 50;
/**
 * … nor use up the calls of a key that many are counted under: the network's budget holds also when there are too many
 * prefixes to ask for each.
 */
const CALLS_FOR_BUSY_KEYS = 10;
/** So many who ask between two fetches show that many are counted under the key; it then counts as busy for so long, ms. */
const BUSY_FROM = 2;
const BUSY_FOR_MS = 1000;
/** So long after the end of what a shard has granted it is taken to be alive. */
const ANSWER_STANDS_MS = 1000;
const TOKENS_AHEAD_MAX = 32;
const LOOK_EVERY_MS = 5;

/**
 * `unanswered`: the shard was slow, failed, was not asked as too many already were, or restarted lately and does not know what
 * it granted (an object that is idle for ten seconds is evicted, so in calm that is usual). What then becomes of the request is
 * for the caller's table of failures to say: an error must mint nothing, but it may let a critical request pass.
 */
export type StrictOutcome =
  | { readonly kind: "granted" }
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

interface Purse {
  tokens: number;
  /** After this the tokens are worth nothing, ms since 1970. */
  goodUntil: number;
  notBefore: number;
  /** Spends since the last fetch: so many are fetched next time. */
  used: number;
  /** Who was turned away since then. */
  refused: number;
  readonly busyUntil: number;
  /** How many waited for the last fetch. */
  readonly crowd: number;
}

/** One call under way, and how many wait for what it brings. */
interface Asking {
  readonly since: number;
  waiting: number;
  readonly busyUntil: number;
}

export class StrictPurses {
  readonly #key: SipKey;
  /** In order of their last fetch. To forget one loses tokens, never grants any. */
  readonly #purses = new Map<string, Purse>();
  /** Who asks a shard now. Whoever vanishes while she asks leaves her entry behind: too many of those are forgotten at once. */
  readonly #asking = new Map<string, Asking>();
  #calls = 0;
  #callsSince = 0;

  constructor(key: SipKey) {
    this.#key = key;
  }

  /** Spends one token of this key's budget, or says why not. */
  async spend(budget: Figures, key: string, deps: StrictDeps): Promise<StrictOutcome> {
    const text = textOf(budget.name, key);
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
    return { kind: "unanswered" };
  }

  /** How long the shard's refusal still stands, ms; 0 when it was not asked or may be asked again. */
  refusedForMs({ name }: Pick<Figures, "name">, key: string, now: number): number {
    const held = this.#purses.get(textOf(name, key));
    if (held === undefined || held.tokens > 0 || held.notBefore <= now) return 0;
    held.refused++;
    return held.notBefore - now;
  }

  async #fetch(budget: Figures, text: string, deps: StrictDeps): Promise<StrictOutcome> {
    const asked = deps.now();
    const held = this.#purses.get(text);
    const wanted = Math.max(held?.used ?? 0, held?.crowd ?? 0);
    const busyUntil = wanted + (held?.refused ?? 0) >= BUSY_FROM ? asked + BUSY_FOR_MS : (held?.busyUntil ?? 0);
    const isBusy = asked < busyUntil;
    if (!this.#mayCall(asked, isBusy)) {
      // Its shard does answer, so this is a crowd and no failure: it waits for the next call instead of passing uncounted.
      const isAnswered = held !== undefined && asked < held.goodUntil + ANSWER_STANDS_MS;
      return isBusy && isAnswered
        ? { kind: "refused", retryAfterMs: this.#callsSince + 1000 - asked }
        : { kind: "unanswered" };
    }

    const hash: KeyHash = sipHash(this.#key, text);
    const asking: Asking = { since: asked, waiting: 0, busyUntil };
    const tokens = Math.min(TOKENS_AHEAD_MAX, 1 + wanted);
    const { emissionMs, toleranceMs } = budget;
    if (this.#asking.size >= KEYS_MAX) this.#asking.clear();
    this.#asking.set(text, asking);
    const answered = deps.ask({ ...hash, tokens, emissionMs, toleranceMs }).catch(() => null);
    const grant = await Promise.race([answered, deps.wait(deps.patienceMs).then(() => null)]);
    if (this.#asking.get(text) === asking) this.#asking.delete(text);
    if (grant === null || (grant.tokens === 0 && grant.recovering)) return { kind: "unanswered" };
    return this.#keep(text, grant, asking, deps.now());
  }

  #fromPurse(text: string, now: number): StrictOutcome | null {
    const held = this.#purses.get(text);
    if (held && take(held, now)) return { kind: "granted" };
    if (!held || held.notBefore <= now) return null;
    held.refused++;
    return { kind: "refused", retryAfterMs: held.notBefore - now };
  }

  /** Tokens count from when they were asked for: whatever the way took, they end before the shard thinks they do. */
  #keep(text: string, grant: Grant, { since: asked, waiting, busyUntil }: Asking, now: number): StrictOutcome {
    const held = this.#purses.get(text);
    const rest = held && held.goodUntil > now ? held.tokens : 0;
    const goodUntil = asked + grant.leaseMs;
    const purse: Purse = {
      tokens: grant.tokens + rest,
      goodUntil: rest > 0 ? Math.min(goodUntil, held?.goodUntil ?? 0) : goodUntil,
      notBefore: grant.tokens === 0 ? now + grant.retryMs : 0,
      used: 0,
      refused: 0,
      busyUntil,
      crowd: waiting,
    };
    this.#purses.delete(text);
    if (this.#purses.size >= KEYS_MAX) this.#purses.delete(this.#purses.keys().next().value ?? "");
    this.#purses.set(text, purse);
    if (take(purse, now)) return { kind: "granted" };
    return grant.tokens > 0 ? { kind: "unanswered" } : { kind: "refused", retryAfterMs: grant.retryMs };
  }

  #mayCall(now: number, isBusy: boolean): boolean {
    if (now - this.#callsSince >= 1000) {
      this.#callsSince = now;
      this.#calls = 0;
    }
    if (this.#calls >= CALLS_PER_SECOND_MAX - (isBusy ? 0 : CALLS_FOR_BUSY_KEYS)) return false;
    this.#calls++;
    return true;
  }
}

function textOf(budget: string, key: string): string {
  return `strict ${budget}|${key}`;
}

function take(purse: Purse, now: number): boolean {
  if (purse.tokens <= 0 || now >= purse.goodUntil) return false;
  purse.tokens--;
  purse.used++;
  return true;
}

/**
 * The isolate's side of the exchange: less than one call a second to one home shard, after a response, whatever the flood.
 * Nobody waits for it but who has an errand (errands.ts), and he makes it himself as soon as the pace allows. When it fails the
 * isolate goes on by its own tally, tries less often, and recovers by itself.
 */
import { CallPace } from "./call-pace.ts";
import type { Errand, ErrandAnswers, ErrandSource } from "./errands.ts";
import type { KnownLists } from "./operators-lists.ts";
import { EXCHANGE_PATIENCE_MS, OVERDUE_PATIENCE_MS } from "./patience.ts";
import type { ExchangeReply, ExchangeReport, SiteSummary } from "./protocol.ts";
import type { Tally } from "./tally.ts";

/**
 * The first request of an isolate, or of one that was idle, needs news: nobody knows what it may do. That exchange tells of
 * hardly more than this request, so another follows at the usual pace.
 */
const FIRST_AFTER_MS = 10;
const IDLE_AFTER_MS = 2500;
/** Until the shard says otherwise. */
const USUAL_MS = 250;
/** More would make news late, which takes three exchanges at the most. */
const JITTER = 0.07;
/** The shard sets the pace; nonsense from it must neither become a storm nor silence. */
const PACE_MIN_MS = 250;
const BACKOFF_MAX_MS = 15_000;
/** How often one with an errand looks whether the exchange of another has brought it: an isolate cannot wake another request. */
const LOOK_EVERY_MS = 25;
/** Errands that take the exchange along tell the news as well: after so many of them nobody waits to tell it. */
const FORESTALLED_MAX = 4;
/** Exchanges that still ask about keys near their end when nobody asks for anything any more. */
const LAST_WORDS_MAX = 2;
/** An exchange that was scheduled but never ran (its invocation was killed) is given up after this. */
const LOST_AFTER_MS = 20_000;
/** While it fails on, it is said again after so many failures: about once a minute at the longest interval. */
const FAILURES_BETWEEN_WARNINGS = 4;
/** A home that fails so often in a row is left for the next one, unless it is only overloaded. */
const FAILURES_UNTIL_DETOUR = 3;

export interface ExchangePartner {
  exchange(report: ExchangeReport): Promise<ExchangeReply>;
}

export interface ExchangeDeps {
  /**
   * A fresh stub each time, as a broken one stays broken.
   * @param detour 0 for the home shard, else how many shards further to look, since those before do not answer
   */
  readonly partner: (detour: number) => ExchangePartner;
  readonly summarize: () => readonly SiteSummary[];
  /** Which of the operators' lists this isolate knows. */
  readonly known?: () => KnownLists;
  readonly obey: (reply: ExchangeReply, now: number) => void;
  /** Asks the owners themselves, where the home shard runs no errands. Never rejects. */
  readonly runErrands: (errands: readonly Errand[]) => Promise<ErrandAnswers>;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly now: () => number;
  readonly random: () => number;
  /** Hears when the isolate begins to count alone, about once a minute while it does, and when it no longer does. */
  readonly say?: (event: ExchangeEvent) => void;
}

/** A line for the log: how it is with the exchange, not with any client. */
export type ExchangeEvent =
  | {
      readonly event: "exchange-failed";
      readonly alone: Alone;
      readonly failures: number;
      readonly aloneMs: number;
      /** Name of the error. */
      readonly why: string;
    }
  | { readonly event: "exchange-recovered"; readonly failures: number; readonly aloneMs: number };

/** Why an isolate is on its own: for explanations and metrics. */
export type Alone = "overloaded" | "slow" | "failing";

class Late extends Error {}

export class Exchange {
  readonly isolate: string;
  readonly #tally: Tally;
  readonly #errands: ErrandSource;
  readonly #pace = new CallPace();
  #intervalMs = USUAL_MS;
  #scheduledAt = 0;
  #exchanges = 0;
  #exchangedAt = 0;
  /** Until when a shard that failed is left alone. */
  #restsUntil = 0;
  /** Since when an exchange is under way, or errands that go without one; 0 while none is. */
  #exchangingSince = 0;
  #runningSince = 0;
  #endedAt = 0;
  #scheduled = false;
  #failures = 0;
  #detour = 0;
  #alone: Alone | null = null;
  #aloneSince = 0;
  #aloneUntoldMs = 0;

  constructor(isolate: string, tally: Tally, errands: ErrandSource = NO_ERRANDS) {
    this.isolate = isolate;
    this.#tally = tally;
    this.#errands = errands;
  }

  /** How many exchanges in a row have failed; above 0 the isolate is on its own. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the isolate is on its own; null when it is not. */
  get alone(): Alone | null {
    return this.#alone;
  }

  /** How long the isolate has been on its own, ms; 0 when it is not. */
  aloneForMs(now: number): number {
    return this.#alone === null ? 0 : now - this.#aloneSince;
  }

  /** How long the isolate was on its own, ms, as far as that is over and not taken yet: the site summary's `aloneMs`. */
  takeAloneMs(): number {
    const ms = this.#aloneUntoldMs;
    this.#aloneUntoldMs = 0;
    return ms;
  }

  /** Whether there is nothing to schedule: asked with every request. */
  isUnderWay(now: number): boolean {
    return this.#scheduled && now - this.#scheduledAt < LOST_AFTER_MS;
  }

  /**
   * To be called with every request. Returns the work that must be kept alive with `waitUntil`, or null when an exchange
   * is on its way already. Since it waits until it is due, the last one flushes what is left when traffic stops.
   */
  schedule(deps: ExchangeDeps): Promise<void> | null {
    const now = deps.now();
    if (this.isUnderWay(now)) return null;
    this.#scheduled = true;
    this.#scheduledAt = now;
    return this.#run(deps, now);
  }

  /**
   * For a request that waits for an errand: whoever comes first when the pace allows it makes the exchange, for all.
   * @param look what was brought, null while there is nothing
   * @param patienceMs how long it may take once the exchange is due
   * @param keep keeps the exchange alive when the request that makes it goes away
   * @returns null when nothing came in time
   */
  async bring<T>(
    look: (now: number) => T | null,
    patienceMs: number,
    keep: (work: Promise<void>) => void,
    deps: ExchangeDeps,
  ): Promise<T | null> {
    const from = deps.now();
    let until = from + this.#pace.msUntilNext(from) + patienceMs;
    // However late it is woken, it tries once.
    let hasTried = false;
    for (let now = from; now < until || !hasTried; now = deps.now()) {
      const found = look(now);
      if (found !== null) return found;
      const dueInMs = this.#pace.msUntilNext(now);
      if (this.#isBusy(now)) {
        hasTried = true;
        await deps.wait(LOOK_EVERY_MS);
      } else if (dueInMs > 0) await deps.wait(dueInMs);
      else {
        hasTried = true;
        until = Math.max(until, now + patienceMs);
        const call = this.#isResting(now) ? this.#runErrands(deps) : this.#exchange(deps);
        keep(call);
        await Promise.race([call, deps.wait(until - now)]);
      }
    }
    return look(deps.now());
  }

  async #run(deps: ExchangeDeps, scheduledAt: number): Promise<void> {
    try {
      const idle = this.#failures === 0 && scheduledAt - this.#endedAt > IDLE_AFTER_MS;
      if (idle) await this.#exchangeAfter(FIRST_AFTER_MS, deps, 1);
      if (!idle || this.#failures === 0) await this.#exchangeAfter(this.#intervalMs, deps, FORESTALLED_MAX);
      // Of a key near its end the owner's word comes after it was told of, also when traffic stops meanwhile.
      for (let asked = 0; asked < LAST_WORDS_MAX && this.#failures === 0 && this.#tally.isWaiting; asked++)
        await this.#exchangeAfter(this.#intervalMs, deps, 1);
    } finally {
      this.#endedAt = deps.now();
      // One that was given up and ran late after all must not end its successor.
      if (this.#scheduledAt === scheduledAt) this.#scheduled = false;
    }
  }

  /** @param forestalledMax an errand may take the exchange along before: so many times the next one is waited for */
  async #exchangeAfter(ms: number, deps: ExchangeDeps, forestalledMax: number): Promise<void> {
    const everyMs = jittered(ms, deps.random());
    let dueAt = deps.now() + everyMs;
    for (let forestalled = 0; forestalled < forestalledMax; ) {
      const now = deps.now();
      const before = this.#exchanges;
      const busyMs = isUnderWay(this.#exchangingSince, now) ? PACE_MIN_MS : 0;
      await deps.wait(Math.max(dueAt - now, this.#pace.msUntilNext(now), busyMs));
      if (this.#exchanges !== before) {
        forestalled++;
        dueAt = this.#exchangedAt + everyMs;
      } else if (this.#mayExchange(deps.now())) return this.#exchange(deps);
    }
  }

  async #exchange(deps: ExchangeDeps): Promise<void> {
    const since = deps.now();
    this.#pace.note(since);
    this.#exchanges++;
    this.#exchangedAt = since;
    this.#exchangingSince = since;
    const spendings = this.#tally.collect(since);
    const { errands, settle } = this.#errands.take(since);
    let answers: ErrandAnswers | null = null;
    try {
      const call = deps.partner(this.#detour).exchange({
        isolate: this.isolate,
        spendings,
        sites: deps.summarize(),
        ...deps.known?.(),
        ...(errands.length > 0 ? { errands } : {}),
      });
      const reply = await Promise.race([call, deps.wait(EXCHANGE_PATIENCE_MS).then(() => null)]);
      if (reply === null) throw new Late("the shard did not answer in time");
      this.#succeeded(reply, deps);
      this.#tally.settle(spendings, reply.tats, deps.now());
      deps.obey(reply, deps.now());
      if (errands.length > 0) answers = reply.errands ?? (await deps.runErrands(errands));
    } catch (error) {
      this.#failed(error, deps);
      // Only what surely was not counted is told again. Told twice, it would be denied to somebody who did not spend it.
      if (this.#alone === "overloaded") this.#tally.restore(spendings);
    } finally {
      settle(answers, deps.now());
      if (this.#exchangingSince === since) this.#exchangingSince = 0;
    }
  }

  /** While the home shard is left alone its isolate goes to the owners itself: one call for each of them. */
  async #runErrands(deps: ExchangeDeps): Promise<void> {
    const since = deps.now();
    this.#pace.note(since);
    this.#runningSince = since;
    const { errands, settle } = this.#errands.take(since);
    settle(await deps.runErrands(errands), deps.now());
    if (this.#runningSince === since) this.#runningSince = 0;
  }

  #mayExchange(now: number): boolean {
    return !isUnderWay(this.#exchangingSince, now) && this.#pace.msUntilNext(now) === 0;
  }

  /** Whether errands have to wait for what is under way. */
  #isBusy(now: number): boolean {
    return isUnderWay(this.#runningSince, now) || isUnderWay(this.#exchangingSince, now, OVERDUE_PATIENCE_MS);
  }

  /** A shard that failed, or takes too long, is left alone until it is due again, whatever is wanted of it. */
  #isResting(now: number): boolean {
    return (this.#failures > 0 && now < this.#restsUntil) || isUnderWay(this.#exchangingSince, now);
  }

  #succeeded(reply: ExchangeReply, deps: ExchangeDeps): void {
    this.#intervalMs = Math.min(BACKOFF_MAX_MS, Math.max(PACE_MIN_MS, reply.nextInMs || 0));
    if (reply.firm) this.#pace.hold(this.#intervalMs * (1 - JITTER), deps.now());
    if (this.#failures > 0) {
      const aloneMs = deps.now() - this.#aloneSince;
      this.#aloneUntoldMs += aloneMs;
      deps.say?.({ event: "exchange-recovered", failures: this.#failures, aloneMs });
    }
    this.#failures = 0;
    this.#alone = null;
  }

  #failed(error: unknown, deps: ExchangeDeps): void {
    this.#alone = reasonOf(error);
    if (this.#failures === 0) this.#aloneSince = deps.now();
    this.#failures++;
    if (this.#alone !== "overloaded" && this.#failures % FAILURES_UNTIL_DETOUR === 0) this.#detour++;
    // Never at once: an overloaded shard must not be asked more often than a well one.
    this.#intervalMs = Math.min(BACKOFF_MAX_MS, 1000 * 2 ** this.#failures);
    this.#restsUntil = deps.now() + this.#intervalMs;
    if (this.#failures === 1 || this.#failures % FAILURES_BETWEEN_WARNINGS === 0)
      deps.say?.({
        event: "exchange-failed",
        alone: this.#alone,
        failures: this.#failures,
        aloneMs: deps.now() - this.#aloneSince,
        why: error instanceof Error ? error.name : "unknown",
      });
  }
}

/** A call whose invocation was killed never ends. */
function isUnderWay(since: number, now: number, forMs = EXCHANGE_PATIENCE_MS): boolean {
  return since !== 0 && now - since < forMs;
}

/** @param random01 from 0 to 1 */
export function jittered(ms: number, random01: number): number {
  return Math.round(ms * (1 + JITTER * (2 * random01 - 1)));
}

const NO_ERRANDS: ErrandSource = { take: () => ({ errands: [], settle: () => undefined }) };

/** `overloaded` is set by the platform on errors of calls that it did not let through. */
function reasonOf(error: unknown): Alone {
  if (error instanceof Late) return "slow";
  return error instanceof Error && "overloaded" in error && error.overloaded === true ? "overloaded" : "failing";
}

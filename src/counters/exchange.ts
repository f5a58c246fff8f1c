/**
 * The isolate's side of the exchange: about one call a second to one home shard, after a response, whatever the flood.
 * Nobody ever waits for it. When it fails the isolate goes on by its own tally, tries less often, and recovers by itself.
 */
import type { KnownLists } from "./operators-lists.ts";
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
const JITTER = 0.2;
/** The shard sets the pace; nonsense from it must neither become a storm nor silence. */
const PACE_MIN_MS = 250;
const BACKOFF_MAX_MS = 15_000;
const CALL_TIMEOUT_MS = 3_000;
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
  #intervalMs = USUAL_MS;
  #scheduledAt = 0;
  #endedAt = 0;
  #scheduled = false;
  #failures = 0;
  #detour = 0;
  #alone: Alone | null = null;
  #aloneSince = 0;
  #aloneUntoldMs = 0;

  constructor(isolate: string, tally: Tally) {
    this.isolate = isolate;
    this.#tally = tally;
  }

  /** How many exchanges in a row have failed; above 0 the isolate is on its own. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the isolate is on its own; null when it is not. */
  get alone(): Alone | null {
    return this.#alone;
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

  async #run(deps: ExchangeDeps, scheduledAt: number): Promise<void> {
    try {
      const idle = this.#failures === 0 && scheduledAt - this.#endedAt > IDLE_AFTER_MS;
      if (idle) await this.#exchangeAfter(FIRST_AFTER_MS, deps);
      if (!idle || this.#failures === 0) await this.#exchangeAfter(this.#intervalMs, deps);
    } finally {
      this.#endedAt = deps.now();
      // One that was given up and ran late after all must not end its successor.
      if (this.#scheduledAt === scheduledAt) this.#scheduled = false;
    }
  }

  async #exchangeAfter(ms: number, deps: ExchangeDeps): Promise<void> {
    await deps.wait(ms * (1 + JITTER * (2 * deps.random() - 1)));
    const spendings = this.#tally.collect(deps.now());
    try {
      const call = deps.partner(this.#detour).exchange({
        isolate: this.isolate,
        spendings,
        sites: deps.summarize(),
        ...deps.known?.(),
      });
      const reply = await Promise.race([call, deps.wait(CALL_TIMEOUT_MS).then(() => null)]);
      if (reply === null) throw new Late("the shard did not answer in time");
      this.#tally.settle(spendings, reply.tats, deps.now());
      this.#intervalMs = Math.min(BACKOFF_MAX_MS, Math.max(PACE_MIN_MS, reply.nextInMs || 0));
      if (this.#failures > 0) {
        const aloneMs = deps.now() - this.#aloneSince;
        this.#aloneUntoldMs += aloneMs;
        deps.say?.({ event: "exchange-recovered", failures: this.#failures, aloneMs });
      }
      this.#failures = 0;
      this.#alone = null;
      deps.obey(reply, deps.now());
    } catch (error) {
      this.#alone = reasonOf(error);
      // Only what surely was not counted is told again. Told twice, it would be denied to somebody who did not spend it.
      if (this.#alone === "overloaded") this.#tally.restore(spendings);
      if (this.#failures === 0) this.#aloneSince = deps.now();
      this.#failures++;
      if (this.#alone !== "overloaded" && this.#failures % FAILURES_UNTIL_DETOUR === 0) this.#detour++;
      // Never at once: an overloaded shard must not be asked more often than a well one.
      this.#intervalMs = Math.min(BACKOFF_MAX_MS, 1000 * 2 ** this.#failures);
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
}

/** `overloaded` is set by the platform on errors of calls that it did not let through. */
function reasonOf(error: unknown): Alone {
  if (error instanceof Late) return "slow";
  return error instanceof Error && "overloaded" in error && error.overloaded === true ? "overloaded" : "failing";
}

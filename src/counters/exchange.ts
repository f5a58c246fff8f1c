/**
 * The isolate's side of the exchange: about one call a second to one home shard, after a response, whatever the flood.
 * Nobody ever waits for it. When it fails the isolate goes on by its own tally, tries less often, and recovers by itself.
 */
import type { ExchangeReply, ExchangeReport, SiteSummary } from "./protocol.ts";
import type { Tally } from "./tally.ts";

const FIRST_AFTER_MS = 250;
const JITTER = 0.2;
const BACKOFF_MAX_MS = 15_000;
const CALL_TIMEOUT_MS = 3_000;
/** An exchange that was scheduled but never ran (its invocation was killed) is given up after this. */
const LOST_AFTER_MS = 20_000;

export interface ExchangePartner {
  exchange(report: ExchangeReport): Promise<ExchangeReply>;
}

export interface ExchangeDeps {
  readonly partner: () => ExchangePartner;
  readonly summarize: () => readonly SiteSummary[];
  readonly obey: (reply: ExchangeReply, now: number) => void;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly now: () => number;
  readonly random: () => number;
}

export class Exchange {
  readonly isolate: string;
  readonly #tally: Tally;
  #intervalMs = FIRST_AFTER_MS;
  #scheduledAt = 0;
  #scheduled = false;
  #failures = 0;

  constructor(isolate: string, tally: Tally) {
    this.isolate = isolate;
    this.#tally = tally;
  }

  /** How many exchanges in a row have failed; above 0 the isolate is on its own. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * To be called with every request. Returns the work that must be kept alive with `waitUntil`, or null when an exchange
   * is on its way already. Since it waits until it is due, the last one flushes what is left when traffic stops.
   */
  schedule(deps: ExchangeDeps): Promise<void> | null {
    const now = deps.now();
    if (this.#scheduled && now - this.#scheduledAt < LOST_AFTER_MS) return null;
    this.#scheduled = true;
    this.#scheduledAt = now;
    return this.#run(deps);
  }

  async #run(deps: ExchangeDeps): Promise<void> {
    try {
      await deps.wait(this.#intervalMs * (1 + JITTER * (2 * deps.random() - 1)));
      await this.#exchange(deps);
    } finally {
      this.#scheduled = false;
    }
  }

  async #exchange(deps: ExchangeDeps): Promise<void> {
    const spendings = this.#tally.collect();
    try {
      const call = deps.partner().exchange({ isolate: this.isolate, spendings, sites: deps.summarize() });
      const reply = await Promise.race([call, deps.wait(CALL_TIMEOUT_MS).then(() => null)]);
      if (reply === null) throw new Error("the shard did not answer in time");
      this.#tally.settle(spendings.keys, reply.tats);
      this.#intervalMs = reply.nextInMs;
      this.#failures = 0;
      deps.obey(reply, deps.now());
    } catch (error) {
      // Never retried at once: an overloaded shard must not be asked more often than a well one.
      this.#tally.restore(spendings);
      this.#failures++;
      this.#intervalMs = Math.min(BACKOFF_MAX_MS, 1000 * 2 ** this.#failures);
      if (this.#failures === 1)
        console.warn({ event: "exchange-failed", why: error instanceof Error ? error.name : "unknown" });
    }
  }
}

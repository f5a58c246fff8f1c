/** One isolate of the edge: the real tally, exchange and admission, and the desk between them. */
import { Exchange, type ExchangeDeps } from "../../../src/counters/exchange.ts";
import { SHARD_COUNT } from "../../../src/counters/shard.ts";
import type { SipKey } from "../../../src/counters/siphash.ts";
import { Tally } from "../../../src/counters/tally.ts";
import { Desk } from "../../../src/desk.ts";
import type { Site } from "../../../src/policy/policy.ts";
import type { Random } from "../random.ts";
import type { VirtualClock } from "./clock.ts";
import type { Objects } from "./objects.ts";

export interface IsolateOptions {
  readonly index: number;
  readonly location: number;
  readonly site: Site;
  readonly key: SipKey;
  /** Capacity of its tally; it only has to hold what this isolate will ever see. */
  readonly entries: number;
  readonly clock: VirtualClock;
  readonly objects: Objects;
  readonly random: Random;
  /** Told of every key of which the shard answered. */
  readonly onTold: (hi: number, lo: number, isolate: number, tat: number, now: number) => void;
}

export class ModelIsolate {
  readonly index: number;
  readonly location: number;
  readonly tally: Tally;
  readonly desk: Desk;
  readonly #exchange: Exchange;
  readonly #deps: ExchangeDeps;
  /** When it had its first request, ms; 0 before. */
  wokenAt = 0;

  constructor({ index, location, site, key, entries, clock, objects, random, onTold }: IsolateOptions) {
    this.index = index;
    this.location = location;
    this.tally = new Tally(key, entries);
    this.desk = new Desk(site);
    this.#exchange = new Exchange(`isolate ${index}`, this.tally);
    const home = random.integer(0, SHARD_COUNT - 1);
    this.#deps = {
      partner: (detour) => ({
        exchange: async (report) => {
          const reply = await objects.exchange(location, home + detour, report);
          const { keys } = report.spendings;
          for (let i = 0; i < reply.tats.length; i++)
            onTold(keys[2 * i] ?? 0, keys[2 * i + 1] ?? 0, index, reply.tats[i] ?? 0, clock.now);
          return reply;
        },
      }),
      summarize: () => [this.desk.summarize(clock.now)],
      obey: (reply, now) => {
        for (const order of reply.sites) if (order.site === site.name) this.desk.obey(order, now);
      },
      wait: (ms) => clock.wait(ms),
      now: () => clock.now,
      random: () => random.fraction(),
    };
  }

  /** To be called with every request, as the shield does. */
  keepInTouch(now: number): void {
    if (this.wokenAt === 0) this.wokenAt = now;
    // The clock keeps it alive; it never rejects.
    void this.#exchange.schedule(this.#deps);
  }

  /** How many exchanges in a row have failed. */
  get failures(): number {
    return this.#exchange.failures;
  }
}

/** One isolate of the edge: the real tally, purses, exchange and admission, and the desks between them. */
import { PUZZLE_TTL_MS } from "../../../src/challenge/puzzle.ts";
import { Courier } from "../../../src/counters/courier.ts";
import { type Carriage, type Errand, type ErrandAnswers, together } from "../../../src/counters/errands.ts";
import { Exchange, type ExchangeDeps } from "../../../src/counters/exchange.ts";
import { PuzzleSpends } from "../../../src/counters/puzzle-spends.ts";
import { SHARD_COUNT } from "../../../src/counters/shard.ts";
import { type StrictSpending, spendStrictly } from "../../../src/counters/spend-strictly.ts";
import { StrictPurses } from "../../../src/counters/strict.ts";
import { Tally } from "../../../src/counters/tally.ts";
import { Desk } from "../../../src/desk.ts";
import type { Site } from "../../../src/policy/policy.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import type { SipKey } from "../../../src/siphash.ts";
import type { Random } from "../random.ts";
import type { VirtualClock } from "./clock.ts";
import type { Objects } from "./objects.ts";

export interface IsolateOptions {
  readonly index: number;
  readonly location: number;
  readonly sites: readonly Site[];
  readonly key: SipKey;
  /** Capacity of its tally; it only has to hold what this isolate will ever see. */
  readonly entries: number;
  readonly clock: VirtualClock;
  readonly objects: Objects;
  readonly random: Random;
  /** Told of every key of which the shard answered. */
  readonly onTold: (hi: number, lo: number, isolate: number, tat: number, now: number) => void;
  /** Told of every key of a strict budget of which its owner answered. */
  readonly onAnswered: (hi: number, lo: number, isolate: number, now: number) => void;
}

export class ModelIsolate {
  readonly index: number;
  readonly location: number;
  readonly tally: Tally;
  readonly #desks: ReadonlyMap<Site, Desk>;
  readonly #purses: StrictPurses;
  readonly #puzzles = new PuzzleSpends();
  readonly #carriage: Carriage;
  readonly #random: Random;
  readonly #exchange: Exchange;
  readonly #deps: ExchangeDeps;
  /** When it had its first request, ms; 0 before. */
  wokenAt = 0;

  constructor({ index, location, sites, key, entries, clock, objects, random, ...told }: IsolateOptions) {
    this.index = index;
    this.location = location;
    this.tally = new Tally(key, entries);
    this.#desks = new Map(sites.map((site) => [site, new Desk(site, () => clock.now)]));
    this.#purses = new StrictPurses(key);
    this.#random = random;
    this.#exchange = new Exchange(`isolate ${index}`, this.tally, together(this.#purses, this.#puzzles));
    const home = random.integer(0, SHARD_COUNT - 1);
    const hear = (errands: readonly Errand[], answers: ErrandAnswers): void => {
      for (const [i, errand] of errands.entries())
        if (errand.kind === "grant" && answers[i]) {
          const { hi, lo } = errand.request;
          told.onAnswered(hi, lo, index, clock.now);
        }
    };
    // The clock keeps all work alive.
    this.#carriage = {
      bring: (look, patienceMs) => this.#exchange.bring(look, patienceMs, () => undefined, this.#deps),
      now: () => clock.now,
    };
    this.#deps = {
      partner: (detour) => ({
        exchange: async (report) => {
          const reply = await objects.exchange(location, home + detour, report);
          const { keys } = report.spendings;
          for (let i = 0; i < reply.tats.length; i++)
            told.onTold(keys[2 * i] ?? 0, keys[2 * i + 1] ?? 0, index, reply.tats[i] ?? 0, clock.now);
          hear(report.errands ?? [], reply.errands ?? []);
          return reply;
        },
      }),
      summarize: () => {
        const full = this.tally.takeForgotten();
        return [...this.#desks.values()].map((desk, i) => ({
          ...desk.summarize(clock.now),
          full: i === 0 ? full : 0,
        }));
      },
      obey: (reply, now) => {
        for (const order of reply.sites)
          for (const [site, desk] of this.#desks) if (site.name === order.site) desk.obey(order, now);
      },
      runErrands: async (errands) => {
        const courier = new Courier({
          ask: (owner, part) => objects.runErrands(location, owner, part),
          wait: (ms) => clock.wait(ms),
          now: () => clock.now,
        });
        const answers = await courier.run(errands);
        hear(errands, answers);
        return answers;
      },
      wait: (ms) => clock.wait(ms),
      now: () => clock.now,
      random: () => random.fraction(),
    };
  }

  desk(site: Site): Desk {
    const desk = this.#desks.get(site);
    if (!desk) throw new Error(`site ${site.name} has no desk`);
    return desk;
  }

  /** To be called with every request, as the shield does. */
  keepInTouch(now: number): void {
    if (this.wokenAt === 0) this.wokenAt = now;
    // The clock keeps it alive; it never rejects.
    void this.#exchange.schedule(this.#deps);
  }

  /** Spends what strict budgets ask for. */
  spendStrictly(charges: readonly Charge[], unanswered: "forward" | "closed"): Promise<StrictSpending> {
    return spendStrictly(charges, this.#purses, this.#carriage, unanswered);
  }

  /** A solved puzzle is handed in. @returns whether it buys a clearance */
  async spendPuzzle(): Promise<boolean> {
    const id = Array.from({ length: 4 }, () => this.#random.integer(0, 0xffff).toString(16).padStart(4, "0")).join("");
    const outcome = await this.#puzzles.spend(id, this.#carriage.now() + PUZZLE_TTL_MS, this.#carriage);
    return outcome === "spent-now";
  }

  /** Whether it guards any of its sites. */
  readonly isElevated = (now: number): boolean => {
    for (const desk of this.#desks.values()) if (desk.posture(now) !== "normal") return true;
    return false;
  };

  /** How many exchanges in a row have failed. */
  get failures(): number {
    return this.#exchange.failures;
  }
}

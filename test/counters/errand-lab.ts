/**
 * Isolates with real exchanges and purses, couriers and owners of strict budgets, under a virtual clock: who asks when, and
 * which home shard does what, is given.
 */
import { Courier } from "../../src/counters/courier.ts";
import {
  type Carriage,
  type Errand,
  type ErrandAnswer,
  type ErrandAnswers,
  together,
} from "../../src/counters/errands.ts";
import { Exchange, type ExchangeDeps } from "../../src/counters/exchange.ts";
import type { ExchangeReply, ExchangeReport } from "../../src/counters/protocol.ts";
import { PuzzleSpends } from "../../src/counters/puzzle-spends.ts";
import { SHARD_COUNT } from "../../src/counters/shard.ts";
import { type StrictSpending, spendStrictly } from "../../src/counters/spend-strictly.ts";
import { StrictPurses } from "../../src/counters/strict.ts";
import { type LeaseEpoch, StrictGrants } from "../../src/counters/strict-grants.ts";
import { Tally } from "../../src/counters/tally.ts";
import type { Charge } from "../../src/policy/verdict.ts";
import { VirtualClock } from "../flood/model/clock.ts";

/** `old`: of a version that runs no errands. */
export type HomeMood = "well" | "hangs" | "throws" | "old";

export class MemoryEpoch implements LeaseEpoch {
  until = 0;
  writes = 0;

  read(): number {
    return this.until;
  }

  write(until: number): void {
    this.until = until;
    this.writes++;
  }
}

const KEY = [1, 2, 3, 4] as const;

export class ErrandLab {
  readonly clock = new VirtualClock();
  readonly #epochs = Array.from({ length: SHARD_COUNT }, () => new MemoryEpoch());
  readonly #owners = this.#epochs.map((epoch) => new StrictGrants(epoch, this.clock.now));
  readonly #spent = new Set<string>();
  readonly #couriers = this.#owners.map((_, home) => this.#courier((owner) => owner !== home));
  /** When couriers called which owner, ms since 1970. */
  readonly rounds: { readonly at: number; readonly owner: number }[] = [];
  readonly isolates: readonly LabIsolate[];
  mood: HomeMood = "well";
  /** What home shards wish, ms. */
  nextInMs = 1150;
  /** One way to the home shard, ms. To an owner it is 10. */
  travelMs = 10;

  constructor(isolates: number) {
    this.isolates = Array.from({ length: isolates }, (_, index) => new LabIsolate(index, this));
  }

  isolate(index: number): LabIsolate {
    const isolate = this.isolates[index % this.isolates.length];
    if (!isolate) throw new RangeError("a lab without isolates");
    return isolate;
  }

  restart(owner: number): void {
    const epoch = this.#epochs[owner % SHARD_COUNT];
    if (epoch) this.#owners[owner % SHARD_COUNT] = new StrictGrants(epoch, this.clock.now);
  }

  /** Lets so much time pass. @param each called at the beginning of every millisecond */
  async pass(ms: number, each: (ms: number) => void = () => undefined): Promise<void> {
    for (let i = 0; i < ms; i++) {
      each(i);
      await this.clock.settled();
      if (this.clock.tick()) await this.clock.settled();
    }
  }

  /** @returns what it came to, and when */
  async timed<T>(work: Promise<T>): Promise<{ readonly got: T; readonly tookMs: number }> {
    const from = this.clock.now;
    let end: { readonly got: T; readonly tookMs: number } | undefined;
    void work.then((got) => {
      end = { got, tookMs: this.clock.now - from };
    });
    for (let ms = 0; ms < 20_000; ms++) {
      await this.pass(1);
      if (end) return end;
    }
    throw new Error("it never ended");
  }

  async reply(home: number, report: ExchangeReport): Promise<ExchangeReply> {
    const { mood, nextInMs } = this;
    if (mood === "hangs") return new Promise(() => undefined);
    await this.clock.wait(this.travelMs);
    if (mood === "throws") throw new Error("a bad day");
    const reply = { nextInMs, tats: new Float64Array(report.spendings.spentMs.length), sites: [] };
    const errands = mood === "well" && report.errands ? await this.#couriers[home]?.run(report.errands) : undefined;
    await this.clock.wait(this.travelMs);
    return errands ? { ...reply, errands } : reply;
  }

  /** An isolate goes to the owners itself. */
  runErrands(errands: readonly Errand[]): Promise<ErrandAnswers> {
    return this.#courier(() => false).run(errands);
  }

  #courier(counts: (owner: number) => boolean): Courier {
    return new Courier({
      ask: async (owner, errands) => {
        if (counts(owner)) this.rounds.push({ at: this.clock.now, owner });
        await this.clock.wait(10);
        const answers = errands.map((errand) => this.#answer(owner, errand));
        await this.clock.wait(10);
        return answers;
      },
      wait: (ms) => this.clock.wait(ms),
      now: () => this.clock.now,
    });
  }

  #answer(owner: number, errand: Errand): ErrandAnswer | null {
    if (errand.kind === "spend") {
      const outcome = this.#spent.has(errand.id) ? "already-spent" : "spent-now";
      this.#spent.add(errand.id);
      return { kind: "spend", outcome };
    }
    const grants = this.#owners[owner];
    return grants ? { kind: "grant", grant: grants.grant(errand.request, this.clock.now) } : null;
  }
}

export class LabIsolate {
  readonly #lab: ErrandLab;
  readonly #purses = new StrictPurses([...KEY]);
  readonly #puzzles = new PuzzleSpends();
  readonly #exchange: Exchange;
  readonly #deps: ExchangeDeps;
  /** Times of its calls, ms since 1970. */
  readonly calls: number[] = [];
  /** What was reported with them. */
  readonly reports: ExchangeReport[] = [];

  constructor(index: number, lab: ErrandLab) {
    this.#lab = lab;
    const { clock } = lab;
    this.#exchange = new Exchange(`${index}`, new Tally([...KEY], 64), together(this.#purses, this.#puzzles));
    let drawn = index;
    this.#deps = {
      partner: () => ({
        exchange: (report) => {
          this.calls.push(clock.now);
          this.reports.push(report);
          return lab.reply(index % SHARD_COUNT, report);
        },
      }),
      summarize: () => [],
      obey: () => undefined,
      runErrands: (errands) => lab.runErrands(errands),
      wait: (ms) => clock.wait(ms),
      now: () => clock.now,
      random: () => (drawn++ * 0.618034) % 1,
    };
  }

  /** As every request does. */
  touch(): void {
    void this.#exchange.schedule(this.#deps);
  }

  signIn(charges: readonly Charge[], unanswered: "forward" | "closed" = "closed"): Promise<StrictSpending> {
    this.touch();
    return spendStrictly(charges, this.#purses, this.#carriage(this.#deps), unanswered);
  }

  spendPuzzle(id: string): Promise<string> {
    this.touch();
    return this.#puzzles.spend(id, this.#lab.clock.now + 300_000, this.#carriage(this.#deps));
  }

  /** Somebody signs in, and her request is killed when it has begun to call: she never hears of it. */
  signInAndVanish(charges: readonly Charge[]): void {
    const never = new Promise<never>(() => undefined);
    const deps = { ...this.#deps, partner: () => ({ exchange: () => never }), wait: () => never };
    void spendStrictly(charges, this.#purses, this.#carriage(deps), "closed");
  }

  #carriage(deps: ExchangeDeps): Carriage {
    return {
      bring: (look, patienceMs) => this.#exchange.bring(look, patienceMs, () => undefined, deps),
      now: () => this.#lab.clock.now,
    };
  }
}

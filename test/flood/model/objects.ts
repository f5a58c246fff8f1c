/**
 * All Durable Objects of the run: the real shards, which hand over to each other twice a second, and the real lookout they
 * report to. What stands around them here is what ClientCounter and Watch add with the platform: calls, waits, limits.
 */
import { Courier } from "../../../src/counters/courier.ts";
import type { Errand, ErrandAnswer, ErrandAnswers } from "../../../src/counters/errands.ts";
import type { ExchangeReply, ExchangeReport } from "../../../src/counters/protocol.ts";
import { SHARD_COUNT, Shard } from "../../../src/counters/shard.ts";
import { StrictGrants } from "../../../src/counters/strict-grants.ts";
import type { Posture } from "../../../src/policy/verdict.ts";
import { Lookout } from "../../../src/watch/lookout.ts";
import { Onsets } from "../../../src/watch/onsets.ts";
import type { Random } from "../random.ts";
import type { VirtualClock } from "./clock.ts";
import type { Geography } from "./geography.ts";
import { ObjectHost } from "./object-host.ts";

/** As in src/counters/client-counter.ts. */
const HANDOVER_TIMEOUT_MS = 3000;
const HANDOVERS_UNDER_WAY_MAX = 8;

/** A shard where it runs. */
interface Seat {
  readonly number: number;
  readonly host: ObjectHost;
  shard: Shard;
  /** Grows with each start. */
  life: number;
  grants: StrictGrants;
  readonly courier: Courier;
  handoverScheduled: boolean;
  handoversUnderWay: number;
}

export interface ObjectsOptions {
  readonly clock: VirtualClock;
  readonly geography: Geography;
  readonly random: Random;
  readonly locations: number;
  readonly seconds: number;
  /** Told whenever the lookout answers. */
  readonly onOrders: (site: string, posture: Posture, allowedPerSecond: number) => void;
}

export class Objects {
  readonly #clock: VirtualClock;
  readonly #geography: Geography;
  readonly #random: Random;
  readonly #seats: readonly Seat[];
  readonly #onOrders: ObjectsOptions["onOrders"];
  #lookout: Lookout;
  #onsets = new Onsets();
  readonly watch: ObjectHost;
  /** Which location has called which object before. */
  readonly #known: Uint8Array;
  /** Calls that isolates made, by second of the run. */
  readonly fromIsolatesBySecond: Uint32Array;
  readonly #startMs: number;
  exchanges = 0;
  merges = 0;
  reports = 0;
  puzzlesSpent = 0;
  grants = 0;
  /** Calls of couriers. */
  rounds = 0;
  failedHandovers = 0;
  keysReported = 0;

  constructor({ clock, geography, random, locations, seconds, onOrders }: ObjectsOptions) {
    this.#clock = clock;
    this.#geography = geography;
    this.#random = random;
    this.#onOrders = onOrders;
    this.#lookout = new Lookout(clock.now);
    this.#startMs = clock.now;
    this.fromIsolatesBySecond = new Uint32Array(seconds + 1);
    this.#seats = Array.from({ length: SHARD_COUNT }, (_, number) => ({
      number,
      host: new ObjectHost(clock, seconds),
      shard: newShard(number),
      life: 0,
      grants: newGrants(clock.now),
      courier: this.#courierOf(number),
      handoverScheduled: false,
      handoversUnderWay: 0,
    }));
    this.watch = new ObjectHost(clock, seconds);
    this.#known = new Uint8Array(locations * SHARD_COUNT);
  }

  get shards(): readonly ObjectHost[] {
    return this.#seats.map(({ host }) => host);
  }

  get calls(): number {
    return this.shards.reduce((sum, { calls }) => sum + calls, this.watch.calls);
  }

  async exchange(location: number, number: number, report: ExchangeReport): Promise<ExchangeReply> {
    this.exchanges++;
    this.#noteFromIsolate();
    this.keysReported += report.spendings.spentMs.length;
    const seat = this.#seat(number);
    const { errands } = report;
    const [there, back] = this.#travel(location, seat.number);
    // With errands the reply waits for their owners before it travels back.
    const way = [there, errands ? 0 : back] as const;
    const reply = await seat.host.call(way, report.spendings.spentMs.length, (now) => {
      const reply = seat.shard.exchange(report, now);
      if (!seat.handoverScheduled && seat.handoversUnderWay < HANDOVERS_UNDER_WAY_MAX) {
        seat.handoverScheduled = true;
        // Not awaited, as in the object; it handles its own failures.
        void this.#handOver(seat, seat.shard.msUntilHandover(now));
      }
      return reply;
    });
    if (!errands) return reply;
    const answers = await seat.courier.run(errands);
    await this.#clock.wait(back);
    return { ...reply, errands: answers };
  }

  /** An isolate whose home shard does not answer asks the owner of what its errands are about. */
  runErrands(location: number, owner: number, errands: readonly Errand[]): Promise<ErrandAnswers> {
    this.#noteFromIsolate();
    return this.#ask(owner, this.#travel(location, owner), errands);
  }

  #courierOf(number: number): Courier {
    const ask = async (owner: number, errands: readonly Errand[]): Promise<ErrandAnswers> => {
      // What it owns itself takes no call.
      if (owner === number) return errands.map((errand) => this.#answer(this.#seat(owner), errand, this.#clock.now));
      this.rounds++;
      return this.#ask(owner, this.#between(number, owner), errands);
    };
    return new Courier({ ask, wait: (ms) => this.#clock.wait(ms), now: () => this.#clock.now });
  }

  #ask(owner: number, travelMs: readonly [number, number], errands: readonly Errand[]): Promise<ErrandAnswers> {
    const seat = this.#seat(owner);
    return seat.host.call(travelMs, errands.length, (now) => errands.map((errand) => this.#answer(seat, errand, now)));
  }

  #answer({ grants }: Seat, errand: Errand, now: number): ErrandAnswer {
    switch (errand.kind) {
      case "grant":
        this.grants++;
        return { kind: "grant", grant: grants.grant(errand.request, now) };
      case "spend":
        this.puzzlesSpent++;
        return { kind: "spend", outcome: "spent-now" };
    }
  }

  #noteFromIsolate(): void {
    const second = Math.floor((this.#clock.now - this.#startMs) / 1000);
    this.fromIsolatesBySecond[second] = (this.fromIsolatesBySecond[second] ?? 0) + 1;
  }

  /** All shards and the watch are out of reach. */
  goDown(): void {
    for (const host of [...this.shards, this.watch]) host.down = true;
  }

  /** They are back, and have forgotten everything. */
  comeBack(): void {
    for (const host of [...this.shards, this.watch]) host.down = false;
    for (const seat of this.#seats)
      Object.assign(seat, {
        shard: newShard(seat.number),
        life: seat.life + 1,
        grants: newGrants(this.#clock.now),
        handoverScheduled: false,
        handoversUnderWay: 0,
      });
    // What Watch writes down is all that is left.
    const { now } = this.#clock;
    this.#lookout = new Lookout(now, this.#lookout.leased(now));
    this.#onsets = new Onsets();
  }

  async #handOver(seat: Seat, inMs: number): Promise<void> {
    if (inMs > 0) await this.#clock.wait(inMs);
    const { shard } = seat;
    seat.handoverScheduled = false;
    seat.handoversUnderWay++;
    const { now } = this.#clock;
    const calls = shard.handovers(now).map(async (handover) => {
      this.merges++;
      const owner = this.#seat(handover.owner);
      const { spendings } = handover;
      const tats = await owner.host.call(this.#between(seat.number, owner.number), spendings.spentMs.length, (then) =>
        owner.shard.merge(spendings, then),
      );
      shard.learn(handover, tats);
    });
    if (shard.watchDue(now)) calls.push(this.#reportToWatch(seat, shard));
    const late = this.#clock.wait(HANDOVER_TIMEOUT_MS).then(() => null);
    const results = await Promise.race([Promise.allSettled(calls), late]);
    if (seat.shard === shard) seat.handoversUnderWay--;
    this.failedHandovers += results?.filter(({ status }) => status === "rejected").length ?? calls.length;
  }

  async #reportToWatch({ number, life }: Seat, shard: Shard): Promise<void> {
    this.reports++;
    const askedAt = this.#clock.now;
    const report = {
      shard: number,
      incarnation: `${life}`,
      isolates: shard.isolates,
      sites: shard.summaries(askedAt),
    };
    const orders = await this.watch.call(this.#between(number, SHARD_COUNT), 0, (now) => {
      const given = this.#lookout
        .report(report, now)
        .map((order) => ({ ...order, since: this.#onsets.note(order.site, order.posture, now) }));
      for (const { site, posture, allowedPerSecond } of given) this.#onOrders(site, posture, allowedPerSecond ?? 0);
      return given;
    });
    shard.obey(orders, askedAt);
  }

  #travel(location: number, number: number): readonly [number, number] {
    const at = location * SHARD_COUNT + number;
    const [from, to] = this.#geography.firstLookupMs;
    const first = this.#known[at] === 0 ? this.#random.between(from, to) : 0;
    this.#known[at] = 1;
    return [first + this.#geography.toObjectMs(location), this.#geography.toObjectMs(location)];
  }

  #between(a: number, b: number): readonly [number, number] {
    return [this.#geography.betweenObjectsMs(a, b), this.#geography.betweenObjectsMs(b, a)];
  }

  #seat(number: number): Seat {
    const seat = this.#seats[number % SHARD_COUNT];
    if (!seat) throw new RangeError(`there is no shard ${number}`);
    return seat;
  }
}

/** A row of its own for each: what was promised before an outage is forgotten with it, as nothing was stored. */
function newGrants(now: number): StrictGrants {
  let until = 0;
  const epoch = {
    read: () => until,
    write: (value: number) => {
      until = value;
    },
  };
  return new StrictGrants(epoch, now);
}

function newShard(shard: number): Shard {
  return new Shard({ shard, count: SHARD_COUNT });
}

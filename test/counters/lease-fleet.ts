/**
 * Isolates, shards and the watch as they are, in simulated time: who wants how much, what gets lost, who dies and who starts
 * anew is given, so that a property can try every interleaving. Looked at every 50 ms: what all isolates may use together.
 */
import { CallPace } from "../../src/counters/call-pace.ts";
import { jittered } from "../../src/counters/exchange.ts";
import { FLOOR_FOR_MS, FLOOR_SHARE, type Lease } from "../../src/counters/lease-book.ts";
import type { SiteOrders } from "../../src/counters/protocol.ts";
import { NO_RATES, plus, type Rates, ratesFrom, scaledBy, totalOf } from "../../src/counters/rates.ts";
import { Shard } from "../../src/counters/shard.ts";
import { Desk } from "../../src/desk.ts";
import type { Site } from "../../src/policy/policy.ts";
import { CLASSES } from "../../src/policy/tables.ts";
import { Lookout } from "../../src/watch/lookout.ts";

const START = 1_800_000_000_000;
const TICK_MS = 50;
export const SHARDS = 3;
const CALL_TIMEOUT_MS = 3000;
/** For so long all counters and the watch are out of reach; then they have forgotten everything but the row. */
export const OUTAGE_MS = 10_000;

export interface Mishap {
  readonly atMs: number;
  readonly kind:
    | "kill"
    | "lose-answer"
    | "lose-report"
    | "move"
    | "mute"
    | "restart-shard"
    | "restart-watch"
    | "outage";
  /** Isolate or shard, modulo their number. */
  readonly which: number;
}

export interface Wish {
  /** From when on this isolate has visitors, ms. */
  readonly fromMs: number;
  /** What they want by class, units a second; changes every so often. */
  readonly wants: readonly Rates[];
}

interface Isolate {
  id: number;
  desk: Desk;
  home: number;
  readonly pace: CallPace;
  nextAt: number;
  muteUntil: number;
  lose: "answer" | "report" | null;
  lease: { readonly lease: Lease; readonly until: number } | null;
}

export interface Look {
  readonly atMs: number;
  /** What all isolates may use together, by class, units a second. */
  readonly usable: Rates;
  /** What they want, as far as they are awake. */
  readonly wanted: Rates;
  readonly leased: number;
  readonly awake: number;
}

export function runLeases(
  site: Site,
  wishes: readonly Wish[],
  mishaps: readonly Mishap[],
  random01: readonly number[],
  forMs: number,
): readonly Look[] {
  let drawn = 0;
  const random = (): number => random01[drawn++ % random01.length] ?? 0.5;
  let now = START;
  const due: { readonly at: number; readonly run: () => void }[] = [];
  const after = (ms: number, run: () => void): void => void due.push({ at: now + ms, run });
  const travel = (): number => 5 + random() * 200;

  let lookout = new Lookout(now);
  let downUntil = 0;
  const newShard = (number: number, life: number) => ({
    number,
    life,
    shard: new Shard({ shard: number, count: SHARDS, ownEntries: 64, foreignEntries: 64 }),
    reporting: false,
  });
  const shards = Array.from({ length: SHARDS }, (_, i) => newShard(i, 0));
  let born = 0;
  const newIsolate = (nextAt: number): Isolate => ({
    id: born++,
    desk: new Desk(site, () => now),
    home: Math.floor(random() * SHARDS) % SHARDS,
    pace: new CallPace(),
    nextAt,
    muteUntil: 0,
    lose: null,
    lease: null,
  });
  const isolates = wishes.map(({ fromMs }) => newIsolate(START + fromMs));
  const pending = [...mishaps].sort((a, b) => a.atMs - b.atMs);
  const looks: Look[] = [];

  function tellWatch(seat: (typeof shards)[number]): void {
    seat.reporting = true;
    const { shard, number, life } = seat;
    after(500 * random(), () => {
      const askedAt = now;
      if (!shard.watchDue(now)) {
        seat.reporting = false;
        return;
      }
      const report = { shard: number, incarnation: `${life}`, isolates: shard.isolates, sites: shard.summaries(now) };
      after(travel(), () => {
        if (now < downUntil) return;
        const orders = lookout.report(report, now);
        seat.reporting = false;
        if (random() < 0.05) return; // the answer is lost
        after(travel() * (random() < 0.1 ? 20 : 1), () => shard.obey(orders, askedAt));
      });
    });
  }

  function exchange(isolate: Isolate): void {
    const { id, lose } = isolate;
    isolate.lose = null;
    isolate.pace.note(now);
    isolate.nextAt = now + CALL_TIMEOUT_MS + 1000;
    const report = {
      isolate: `${id}`,
      spendings: { keys: new Uint32Array(0), spentMs: new Float64Array(0) },
      sites: [isolate.desk.summarize(now)],
    };
    const askedAt = now;
    if (lose === "report") return;
    after(travel() * (random() < 0.05 ? 10 : 1), () => {
      const seat = shards[isolate.home % SHARDS];
      if (!seat || now < downUntil) return;
      const reply = seat.shard.exchange(report, now);
      if (!seat.reporting) tellWatch(seat);
      if (lose === "answer") return;
      after(travel(), () => {
        if (isolate.id !== id || now - askedAt > CALL_TIMEOUT_MS) return;
        for (const order of reply.sites) obey(isolate, order, askedAt);
        isolate.nextAt = now + Math.max(jittered(reply.nextInMs, random()), isolate.pace.msUntilNext(now));
      });
    });
  }

  function obey(isolate: Isolate, order: SiteOrders, askedAt: number): void {
    if (order.site !== site.name) return;
    isolate.desk.obey(order, now);
    if (order.lease) isolate.lease = { lease: order.lease, until: askedAt + order.lease.forMs };
  }

  function suffer({ kind, which }: Mishap): void {
    const isolate = isolates[which % isolates.length];
    const seat = shards[which % SHARDS];
    if (!isolate || !seat) return;
    if (kind === "restart-watch") lookout = new Lookout(now, lookout.leased(now));
    else if (kind === "restart-shard") shards[seat.number] = newShard(seat.number, seat.life + 1);
    else if (kind === "outage") {
      downUntil = now + OUTAGE_MS;
      after(OUTAGE_MS, () => {
        for (const { number, life } of shards) shards[number] = newShard(number, life + 1);
        lookout = new Lookout(now, lookout.leased(now));
      });
    } else if (kind === "kill") Object.assign(isolate, newIsolate(now + 100));
    else if (kind === "move") isolate.home++;
    else if (kind === "mute") isolate.muteUntil = now + 12_000;
    else isolate.lose = kind === "lose-answer" ? "answer" : "report";
  }

  for (let ms = 0; ms < forMs; ms += TICK_MS) {
    now = START + ms;
    for (let i = 0; i < due.length; ) {
      const item = due[i];
      if (item && item.at <= now) {
        due.splice(i, 1);
        item.run();
        i = 0;
      } else i++;
    }
    while (pending[0] && pending[0].atMs <= ms) {
      const mishap = pending.shift();
      if (mishap) suffer(mishap);
    }
    let usable = NO_RATES;
    let wanted = NO_RATES;
    let awake = 0;
    let leased = 0;
    for (const [i, isolate] of isolates.entries()) {
      const wish = wishes[i];
      if (!wish || ms < wish.fromMs) continue;
      awake++;
      const wants = wish.wants[Math.floor(ms / 4000) % wish.wants.length] ?? NO_RATES;
      for (const c of CLASSES) isolate.desk.noteWanted(c, (wants[c] * TICK_MS) / 1000);
      wanted = plus(wanted, wants);
      if (now >= isolate.nextAt && now >= isolate.muteUntil) exchange(isolate);
      const { lease } = isolate;
      if (!lease) continue;
      const rates = ratesFrom(lease.lease.perSecond);
      const mine =
        now <= lease.until ? rates : now <= lease.until + FLOOR_FOR_MS ? scaledBy(rates, FLOOR_SHARE) : NO_RATES;
      const used = isolate.desk.admission.usable(now);
      if (totalOf(mine) > 0 && Math.abs(totalOf(used) - totalOf(mine)) > 1e-9)
        throw new Error("an isolate does not keep to its lease");
      if (now <= lease.until) leased++;
      usable = plus(usable, mine);
    }
    looks.push({ atMs: ms, usable, wanted, leased, awake });
  }
  return looks;
}

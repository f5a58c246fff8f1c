/**
 * A fleet of isolates with real tallies and real shards in simulated time: who asks where and when, what gets lost and who
 * is restarted is all given, so that a property can try every interleaving and shrink what it finds.
 */
import { CallPace } from "../../src/counters/call-pace.ts";
import { jittered } from "../../src/counters/exchange.ts";
import { type Spend, spent } from "../../src/counters/gcra.ts";
import { Shard } from "../../src/counters/shard.ts";
import { StrictGrants } from "../../src/counters/strict-grants.ts";
import { Tally } from "../../src/counters/tally.ts";
import type { Budget } from "../../src/policy/policy.ts";

export const START = 1_800_000_000_000;
const SHARDS = 3;
const EXCHANGE_TIMEOUT_MS = 3000;

/** Every exchange interval, its jitter, and the calls in between: what the tests hold the news to. */
export const NEWS_DELAY_MS = 5000;
export const SILENCE_MS = 5000;
/** Longest call there is in a fleet, one way. */
export const CALL_MS_MAX = 50;

/** Somebody asks one isolate every so often, from then to then. */
export interface Episode {
  readonly isolate: number;
  readonly fromMs: number;
  readonly forMs: number;
  readonly everyMs: number;
}

export interface Mishap {
  readonly atMs: number;
  /** `silence`: for five seconds no shard says anything about a strict budget. */
  readonly kind: "evict" | "restart" | "lose" | "silence";
  /** Isolate, or shard, or the isolate whose next exchange is lost; taken modulo their number. */
  readonly which: number;
}

export interface Outcome {
  /** Times of admitted requests, in order, ms. */
  readonly admitted: readonly { readonly at: number; readonly isolate: number; readonly unanswered: boolean }[];
  readonly denied: readonly { readonly at: number; readonly isolate: number; readonly trueTat: number }[];
  /** Units by which the exact budget was exceeded at the worst moment. */
  readonly excess: number;
  readonly lost: number;
  readonly evictions: number;
  readonly restarts: number;
}

interface Isolate {
  tally: Tally;
  readonly home: number;
  /** Grows with each eviction: what was sent to the one before does not reach the new one. */
  life: number;
  scheduled: boolean;
  pace: CallPace;
  intervalMs: number;
  loseNext: boolean;
}

export function budgetOf(spend: Spend): Budget {
  return {
    name: "one address",
    per: "address",
    lanes: null,
    routes: null,
    perMinute: 60_000 / spend.incrementMs,
    burst: spend.toleranceMs / spend.incrementMs,
    emissionMs: spend.incrementMs,
    toleranceMs: spend.toleranceMs,
    counts: "requests",
    strict: false,
    then: "limit",
  };
}

/**
 * @param random01 one for each call and pause, over and over
 * @param strict whether a token must be granted as well, by a shard that knows nothing of before its last restart but one row
 */
export function runFleet(
  spend: Spend,
  isolateCount: number,
  episodes: readonly Episode[],
  mishaps: readonly Mishap[],
  random01: readonly number[],
  strict = false,
): Outcome {
  let drawn = 0;
  const random = (): number => random01[drawn++ % random01.length] ?? 0.5;
  const callMs = (): number => random() * CALL_MS_MAX;
  const newTally = (): Tally => new Tally([1, 2, 3, 4], 64);
  const newShard = (shard: number): Shard => new Shard({ shard, count: SHARDS, ownEntries: 64, foreignEntries: 64 });
  const charge = { budget: budgetOf(spend), key: "198.51.100.7", cost: 1, scale: 1 };

  const events = new Heap<Timed & { readonly run: (now: number) => void }>();
  let order = 0;
  const at = (time: number, run: (now: number) => void): void => events.add({ at: time, order: order++, run });

  const shards = Array.from({ length: SHARDS }, (_, i) => newShard(i));
  const handoverScheduled = shards.map(() => false);
  const isolates: Isolate[] = Array.from({ length: isolateCount }, () => ({
    tally: newTally(),
    home: Math.floor(random() * SHARDS) % SHARDS,
    life: 0,
    scheduled: false,
    pace: new CallPace(),
    intervalMs: 250,
    loseNext: false,
  }));
  const admitted: { at: number; isolate: number; unanswered: boolean }[] = [];
  const denied: { at: number; isolate: number; trueTat: number }[] = [];
  const counts = { lost: 0, evictions: 0, restarts: 0 };
  let trueTat = 0;
  let excess = 0;
  let promisedUntil = 0;
  const epoch = {
    read: () => promisedUntil,
    write: (until: number) => {
      promisedUntil = until;
    },
  };
  let grants = new StrictGrants(epoch, START);
  let silentUntil = 0;

  function grant(now: number): "granted" | "refused" | "unanswered" {
    if (now < silentUntil) return "unanswered";
    const request = { hi: 1, lo: 2, tokens: 1, emissionMs: spend.incrementMs, toleranceMs: spend.toleranceMs };
    const { tokens, recovering } = grants.grant(request, now);
    if (tokens > 0) return "granted";
    return recovering ? "unanswered" : "refused";
  }

  function handOver(home: number, now: number): void {
    handoverScheduled[home] = false;
    const shard = shards[home];
    for (const handover of shard?.handovers(now) ?? [])
      at(now + callMs(), (arrival) => {
        const tats = shards[handover.owner]?.merge(handover.spendings, arrival);
        at(arrival + callMs(), () => {
          if (tats && shards[home] === shard) shard?.learn(handover, tats);
        });
      });
  }

  function exchange(isolate: Isolate, now: number): void {
    const { life } = isolate;
    isolate.pace.note(now);
    const spendings = isolate.tally.collect(now);
    if (isolate.loseNext) {
      isolate.loseNext = false;
      counts.lost++;
      isolate.intervalMs = 2000;
      at(now + EXCHANGE_TIMEOUT_MS, () => {
        if (isolate.life === life) isolate.scheduled = false;
      });
      return;
    }
    at(now + callMs(), (arrival) => {
      const { home } = isolate;
      const reply = shards[home]?.exchange({ isolate: `${life}`, spendings, sites: [] }, arrival);
      if (!handoverScheduled[home]) {
        handoverScheduled[home] = true;
        at(arrival + (shards[home]?.msUntilHandover(arrival) ?? 0), (due) => handOver(home, due));
      }
      at(arrival + callMs(), (now) => {
        if (isolate.life !== life || !reply) return;
        isolate.tally.settle(spendings, reply.tats, now);
        isolate.intervalMs = reply.nextInMs;
        isolate.scheduled = false;
      });
    });
  }

  function ask(index: number, now: number): void {
    const isolate = isolates[index];
    if (!isolate) return;
    if (!isolate.scheduled) {
      const { life } = isolate;
      isolate.scheduled = true;
      const waitMs = Math.max(jittered(isolate.intervalMs, random()), isolate.pace.msUntilNext(now));
      at(now + waitMs, (due) => {
        if (isolate.life === life) exchange(isolate, due);
      });
    }
    if (isolate.tally.waitSeconds(charge, now) > 0) return void denied.push({ at: now, isolate: index, trueTat });
    isolate.tally.apply([charge], now);
    const outcome = strict ? grant(now) : "granted";
    if (outcome === "refused") return void denied.push({ at: now, isolate: index, trueTat });
    trueTat = spent(trueTat, spend.incrementMs, now);
    excess = Math.max(excess, (trueTat - now - spend.toleranceMs) / spend.incrementMs);
    admitted.push({ at: now, isolate: index, unanswered: outcome === "unanswered" });
  }

  function suffer({ kind, which, atMs }: Mishap): void {
    if (kind === "silence") {
      silentUntil = START + atMs + SILENCE_MS;
      return;
    }
    if (kind === "restart") {
      grants = new StrictGrants(epoch, START + atMs);
      shards[which % SHARDS] = newShard(which % SHARDS);
      counts.restarts++;
      return;
    }
    const isolate = isolates[which % isolateCount];
    if (!isolate) return;
    if (kind === "lose") isolate.loseNext = true;
    else {
      const life = isolate.life + 1;
      Object.assign(isolate, { tally: newTally(), life, scheduled: false, pace: new CallPace(), intervalMs: 250 });
      counts.evictions++;
    }
  }

  for (const { isolate, fromMs, forMs, everyMs } of episodes)
    for (let ms = fromMs; ms < fromMs + forMs; ms += everyMs) at(START + ms, (now) => ask(isolate % isolateCount, now));
  for (const mishap of mishaps) at(START + mishap.atMs, () => suffer(mishap));

  for (let event = events.take(); event; event = events.take()) event.run(event.at);
  return { admitted, denied, excess, ...counts };
}

interface Timed {
  readonly at: number;
  readonly order: number;
}

/** A binary heap, earliest first. */
class Heap<T extends Timed> {
  readonly #items: T[] = [];

  add(item: T): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = items[up];
      if (!parent || !earlier(item, parent)) break;
      items[i] = parent;
      i = up;
    }
    items[i] = item;
  }

  take(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return first;
    let i = 0;
    for (let down = 1; down < items.length; down = 2 * i + 1) {
      const left = items[down];
      const right = items[down + 1];
      const child = right && left && earlier(right, left) ? right : left;
      if (!child || !earlier(child, last)) break;
      items[i] = child;
      i = child === right ? down + 1 : down;
    }
    items[i] = last;
    return first;
  }
}

function earlier(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * How fast everybody hears what the watch was told: the product's shards and books in simulated time, in which isolates and
 * shards keep the pace that they keep at the edge. What a person decides holds within 5 s wherever there is traffic.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { newsFor } from "../../src/counters/operators-lists.ts";
import type { SiteOrders } from "../../src/counters/protocol.ts";
import { SHARD_COUNT, Shard } from "../../src/counters/shard.ts";
import { EndedPasses } from "../../src/identity/pass-ends.ts";
import { Revocations } from "../../src/identity/revocations.ts";
import { Bans } from "../../src/policy/bans.ts";
import type { Mode } from "../../src/policy/modes.ts";
import { ModeBook } from "../../src/watch/mode-book.ts";
import { type BanOrder, bannedOf, OrderBook, type Revocation, revokedOf } from "../../src/watch/order-book.ts";
import { PassEndBook } from "../../src/watch/pass-end-book.ts";
import { facts } from "../policy/subjects.ts";

const START = Date.UTC(2026, 10, 26, 9);
const WITHIN_MS = 5_000;
const STEP_MS = 10;
/** All is well, so a call takes so long at the most, there and back. */
const CALL_MS_MAX = 100;
/** Of an isolate's own: 0.8 to 1.2 times the pace that the shard sets (counters/exchange.ts). */
const JITTER = 0.2;
const SITE = "portal";
const BOT = facts();
const [STOLEN, SIGNED_OUT] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];

interface Isolate {
  readonly id: string;
  readonly home: number;
  dueAt: number;
  revision: number;
  readonly revocations: Revocations;
  readonly bans: Bans;
  readonly endedPasses: EndedPasses;
}

const noRows = { read: () => [], write: () => undefined, remove: () => undefined, removeEnded: () => undefined };
const noPassEnds = {
  read: () => ({ ids: new Float64Array(0), at: new Float64Array(0) }),
  write: () => undefined,
  removeBefore: () => undefined,
};

/**
 * An operator sets a posture, calls a pass back and bans a network, and somebody signs out, all at the same moment.
 *
 * @param random01 one for each call and pause, over and over
 * @returns how long it takes until each isolate knows of all four, ms; infinite when some do not within 20 s
 */
function spread(isolateCount: number, happensAfterMs: number, random01: readonly number[]): number {
  let drawn = 0;
  const random = (): number => random01[drawn++ % random01.length] ?? 0.5;
  const books = {
    modes: new ModeBook(noRows, START),
    revocations: new OrderBook<Revocation>(noRows, ({ principal }) => principal, 1, START),
    bans: new OrderBook<BanOrder>(noRows, ({ who }) => who, 1, START),
    passEnds: new PassEndBook(noPassEnds),
  };
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => ({
    shard: new Shard({ shard, count: SHARD_COUNT, ownEntries: 64, foreignEntries: 64 }),
    handoverAt: Number.POSITIVE_INFINITY,
  }));
  const isolates: Isolate[] = Array.from({ length: isolateCount }, (_, i) => ({
    id: `i${i}`,
    home: Math.floor(random() * SHARD_COUNT) % SHARD_COUNT,
    dueAt: START + random() * 1_000,
    revision: 0,
    revocations: new Revocations(),
    bans: new Bans(),
    endedPasses: new EndedPasses(),
  }));

  const ordersFor = (shard: Shard, now: number): SiteOrders => {
    const lists = { revocations: books.revocations.list(revokedOf, now), bans: books.bans.list(bannedOf, now) };
    const passEnds = books.passEnds.newsFor(shard.known.passEndsKnown ?? 0);
    return {
      ...{ site: SITE, posture: "normal", because: "calm", unitsPerSecond: 0 },
      manual: books.modes.of(SITE, now),
      ...newsFor(shard.known, lists),
      ...(passEnds ? { passEnds } : {}),
    };
  };
  const exchange = (isolate: Isolate, now: number): void => {
    const home = shards[isolate.home];
    if (!home) return;
    const reply = home.shard.exchange(
      {
        isolate: isolate.id,
        spendings: { keys: new Uint32Array(0), spentMs: new Float64Array(0) },
        sites: [],
        revocationsVersion: isolate.revocations.version,
        bansVersion: isolate.bans.version,
        passEndsKnown: isolate.endedPasses.knownUntil,
      },
      now,
    );
    home.handoverAt = Math.min(home.handoverAt, now + home.shard.msUntilHandover(now));
    if (reply.revocations) isolate.revocations.learn(reply.revocations);
    if (reply.bans) isolate.bans.learn(reply.bans);
    if (reply.passEnds) isolate.endedPasses.learn(reply.passEnds);
    isolate.revision = Math.max(isolate.revision, reply.sites[0]?.manual?.revision ?? 0);
    isolate.dueAt = now + reply.nextInMs * (1 + JITTER * (2 * random() - 1)) + random() * CALL_MS_MAX;
  };

  const happensAt = START + happensAfterMs;
  const mode: Mode = {
    ...{ reason: "a flood", by: "an operator", since: happensAt, until: happensAt + 3_600_000, notice: null },
    ...{ kind: "posture", posture: "elevated" },
  };
  let told = false;
  for (let now = START; now < happensAt + 20_000; now += STEP_MS) {
    if (!told && now >= happensAt) {
      told = true;
      books.modes.set(SITE, mode, now);
      const order = { until: now + 3_600_000, reason: "a flood", by: "an operator" };
      books.revocations.add({ principal: STOLEN, ...order }, now);
      books.bans.add({ who: "198.51.100.0/24", ...order }, now);
      books.passEnds.end(SIGNED_OUT, now);
    }
    for (const isolate of isolates) if (now >= isolate.dueAt) exchange(isolate, now);
    for (const each of shards) {
      if (now < each.handoverAt) continue;
      each.handoverAt = Number.POSITIVE_INFINITY;
      each.shard.handovers(now);
      if (each.shard.watchDue(now)) each.shard.obey([ordersFor(each.shard, now)], now);
    }
    const knows = ({ revision, revocations, bans, endedPasses }: Isolate): boolean =>
      revision >= happensAt &&
      revocations.has(STOLEN, now) &&
      bans.includes(BOT, now) &&
      endedPasses.has(SIGNED_OUT, happensAt);
    if (told && isolates.every(knows)) return now - happensAt;
  }
  return Number.POSITIVE_INFINITY;
}

it("a posture, a called-back pass, a ban and a sign-out reach each of up to 60 isolates within five seconds", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2_000, max: 6_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 200 }),
      (isolates, happensAfterMs, random01) => {
        expect(spread(isolates, happensAfterMs, random01)).toBeLessThanOrEqual(WITHIN_MS);
      },
    ),
    { numRuns: 100 },
  );
});

it("and each of 5,000, where shards ask for a slower pace", () => {
  const random01 = Array.from({ length: 997 }, (_, i) => ((i * 577) % 997) / 997);
  expect(spread(5_000, 4_000, random01)).toBeLessThanOrEqual(WITHIN_MS);
});

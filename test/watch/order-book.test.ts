/** What operators ordered: the book of the watch, and how its news travels to isolates. */
import { describe, expect, it } from "vitest";
import type { ExchangeReport, SiteOrders } from "../../src/counters/protocol.ts";
import { Shard } from "../../src/counters/shard.ts";
import { Revocations } from "../../src/identity/revocations.ts";
import { Bans } from "../../src/policy/bans.ts";
import { Onsets } from "../../src/watch/onsets.ts";
import { type Order, OrderBook, type OrderRows } from "../../src/watch/order-book.ts";
import { facts } from "../policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const MOST = 20;

interface Called extends Order {
  readonly whom: string;
}
const called = (whom: string, until = NOW + 60_000): Called => ({ whom, until, reason: "stolen", by: "somebody" });

/** Rows that outlive the book, as a table does. */
function table(): OrderRows<Called> & { readonly rows: Map<string, Called> } {
  const rows = new Map<string, Called>();
  return {
    rows,
    read: () => [...rows.values()],
    write: (row) => void rows.set(row.whom, row),
    remove: (whom) => void rows.delete(whom),
    removeEnded: (now) => {
      for (const [whom, { until }] of rows) if (until <= now) rows.delete(whom);
    },
  };
}
const bookOf = (rows = table()) => new OrderBook(rows, ({ whom }) => whom, MOST, NOW);

describe("the book of orders", () => {
  it("knows after a restart what it knew, tells nothing that has ended, and deletes it with the next call", () => {
    const rows = table();
    bookOf(rows).add(called("a"), NOW);
    const restarted = bookOf(rows);
    expect(restarted.all(NOW + 59_999)).toEqual([called("a")]);
    expect(restarted.all(NOW + 60_000)).toEqual([]);
    restarted.add(called("b", NOW + 120_000), NOW + 60_000);
    expect([...rows.rows.keys()]).toEqual(["b"]);
  });
  it("deletes what has ended when it is told to, also when nobody calls", () => {
    const rows = table();
    const book = bookOf(rows);
    book.add(called("a"), NOW);
    book.forgetEnded(NOW + 60_000);
    expect([rows.rows.size, book.all(NOW).length]).toEqual([0, 0]);
  });
  it("has another version after each change, and a higher one after a restart", () => {
    const rows = table();
    const book = bookOf(rows);
    const version = (of = book) => of.list(() => null, NOW).version;
    const versions = [version()];
    book.add(called("a"), NOW);
    versions.push(version());
    book.lift("a", NOW);
    versions.push(version(), version(new OrderBook(rows, ({ whom }) => whom, MOST, NOW + 10)));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(book.all(NOW)).toEqual([]);
  });
  it("is bounded", () => {
    const book = bookOf();
    for (let i = 0; i < MOST; i++) expect(book.add(called(`p${i}`), NOW)).toBe(true);
    expect(book.add(called("one too many"), NOW)).toBe(false);
    expect(book.add(called("p0", NOW + 90_000), NOW)).toBe(true);
    expect(book.add(called("later"), NOW + 60_000)).toBe(true);
  });
});

const NOTHING_SPENT = { keys: new Uint32Array(0), spentMs: new Float64Array(0) };
const order: SiteOrders = { site: "a", posture: "normal", because: "", unitsPerSecond: 1 };
const until = NOW + 60_000;
const revoked = (version: number, ...principals: string[]) => ({
  version,
  entries: principals.map((principal) => ({ principal, until })),
});
const banned = (version: number, ...who: string[]) => ({ version, entries: who.map((each) => ({ who: each, until })) });

/** What an isolate knows, and its exchange with a shard. */
function isolateOf() {
  const revocations = new Revocations();
  const bans = new Bans();
  const exchange = (shard: Shard) => {
    const known = { revocationsVersion: revocations.version, bansVersion: bans.version };
    const report: ExchangeReport = { isolate: "i", spendings: NOTHING_SPENT, sites: [], ...known };
    const reply = shard.exchange(report, NOW);
    if (reply.revocations) revocations.learn(reply.revocations);
    if (reply.bans) bans.learn(reply.bans);
    return reply;
  };
  return { revocations, bans, exchange };
}

describe("news of an order", () => {
  it("rides once with a shard's reply to each isolate, and stays out of the orders for sites", () => {
    const shard = new Shard({ shard: 0, count: 1 });
    const { revocations, exchange } = isolateOf();
    expect(exchange(shard)).not.toHaveProperty("revocations");
    shard.obey([{ ...order, revocations: revoked(5, "a") }], NOW);
    expect(exchange(shard).sites[0]).not.toHaveProperty("revocations");
    expect(revocations.has("a", NOW)).toBe(true);
    expect(revocations.has("a", until)).toBe(false);
    expect(revocations.has("b", NOW)).toBe(false);
    shard.obey([order], NOW);
    expect(exchange(shard)).not.toHaveProperty("revocations");
    shard.obey([{ ...order, revocations: revoked(6) }], NOW);
    exchange(shard);
    expect(revocations.has("a", NOW)).toBe(false);
  });
  it("of one kind is no news of the other", () => {
    const shard = new Shard({ shard: 0, count: 1 });
    const { revocations, bans, exchange } = isolateOf();
    shard.obey([{ ...order, revocations: revoked(5, "a"), bans: banned(5, "198.51.100.7/32") }], NOW);
    exchange(shard);
    shard.obey([{ ...order, bans: banned(6) }], NOW);
    const reply = exchange(shard);
    expect([reply.bans?.version, reply.revocations]).toEqual([6, undefined]);
    expect([bans.includes(facts(), NOW), revocations.has("a", NOW)]).toEqual([false, true]);
    expect(shard.known).toEqual({ passEndsKnown: 0, revocationsVersion: 5, bansVersion: 6 });
  });
  it("that is older than what is known changes nothing", () => {
    const shard = new Shard({ shard: 0, count: 1 });
    const { revocations, bans, exchange } = isolateOf();
    shard.obey([{ ...order, revocations: revoked(6, "a"), bans: banned(6, "198.51.100.7/32") }], NOW);
    shard.obey([{ ...order, revocations: revoked(5), bans: banned(5) }], NOW);
    exchange(shard);
    revocations.learn(revoked(5));
    bans.learn(banned(5));
    expect([bans.includes(facts(), NOW), revocations.has("a", NOW)]).toEqual([true, true]);
  });
  it("holds also when a shard has just started and knows nothing", () => {
    const { revocations, bans, exchange } = isolateOf();
    revocations.learn(revoked(6, "a"));
    bans.learn(banned(6, "198.51.100.7/32"));
    const reply = exchange(new Shard({ shard: 0, count: 1 }));
    expect([reply.revocations, reply.bans]).toEqual([undefined, undefined]);
  });
});

describe("the onset of an attack", () => {
  it("is when the posture left normal, however it changes meanwhile", () => {
    const onsets = new Onsets();
    expect(onsets.note("a", "normal", NOW)).toBeNull();
    expect(onsets.note("a", "elevated", NOW + 1)).toBe(NOW + 1);
    expect(onsets.note("a", "clinicians-first", NOW + 2)).toBe(NOW + 1);
    expect(onsets.note("b", "elevated", NOW + 3)).toBe(NOW + 3);
    expect(onsets.note("a", "normal", NOW + 4)).toBeNull();
    expect(onsets.note("a", "elevated", NOW + 5)).toBe(NOW + 5);
  });
});

/** Whom operators called back: the book of the watch, and how its news travels to isolates. */
import { describe, expect, it } from "vitest";
import type { ExchangeReport, SiteOrders } from "../../src/counters/protocol.ts";
import { Shard } from "../../src/counters/shard.ts";
import { REVOCATIONS_MAX, Revocations } from "../../src/identity/revocations.ts";
import { Onsets } from "../../src/watch/onsets.ts";
import { type Revocation, RevocationBook, type RevocationRows } from "../../src/watch/revocation-book.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const stolen = (principal: string, until = NOW + 60_000): Revocation => ({
  principal,
  until,
  reason: "stolen",
  by: "somebody",
});

/** Rows that outlive the book, as a table does. */
function table(): RevocationRows & { readonly rows: Map<string, Revocation> } {
  const rows = new Map<string, Revocation>();
  return {
    rows,
    read: () => [...rows.values()],
    write: (row) => void rows.set(row.principal, row),
    remove: (principal) => void rows.delete(principal),
    removeEnded: (now) => {
      for (const [principal, { until }] of rows) if (until <= now) rows.delete(principal);
    },
  };
}

describe("the book of revocations", () => {
  it("knows after a restart what it knew, tells nothing that has ended, and deletes it with the next call", () => {
    const rows = table();
    new RevocationBook(rows, NOW).add(stolen("a"), NOW);
    const restarted = new RevocationBook(rows, NOW);
    expect(restarted.list(NOW + 59_999).entries).toEqual([{ principal: "a", until: NOW + 60_000 }]);
    expect(restarted.list(NOW + 60_000).entries).toEqual([]);
    restarted.add(stolen("b", NOW + 120_000), NOW + 60_000);
    expect([...rows.rows.keys()]).toEqual(["b"]);
  });
  it("deletes what has ended when it is told to, also when nobody calls", () => {
    const rows = table();
    const book = new RevocationBook(rows, NOW);
    book.add(stolen("a"), NOW);
    book.forgetEnded(NOW + 60_000);
    expect([rows.rows.size, book.all(NOW).length]).toEqual([0, 0]);
  });
  it("tells only who knows an older list", () => {
    const book = new RevocationBook(table(), NOW);
    book.add(stolen("a"), NOW);
    const { version } = book.list(NOW);
    expect(book.newsFor(0, NOW)?.entries).toHaveLength(1);
    expect(book.newsFor(version, NOW)).toBeNull();
    book.lift("a", NOW);
    expect(book.newsFor(version, NOW)?.entries).toEqual([]);
  });
  it("is bounded", () => {
    const book = new RevocationBook(table(), NOW);
    for (let i = 0; i < REVOCATIONS_MAX; i++) expect(book.add(stolen(`p${i}`), NOW)).toBe(true);
    expect(book.add(stolen("one too many"), NOW)).toBe(false);
    expect(book.add(stolen("p0", NOW + 90_000), NOW)).toBe(true);
    expect(book.add(stolen("later"), NOW + 60_000)).toBe(true);
  });
});

describe("news of a revocation", () => {
  const order: SiteOrders = { site: "a", posture: "normal", because: "", unitsPerSecond: 1 };
  const report = (revocationsVersion: number): ExchangeReport => ({
    isolate: "i",
    spendings: { keys: new Uint32Array(0), spentMs: new Float64Array(0) },
    sites: [],
    revocationsVersion,
  });
  const list = (version: number, ...principals: string[]) => ({
    version,
    entries: principals.map((principal) => ({ principal, until: NOW + 60_000 })),
  });

  it("rides once with a shard's reply to each isolate, and stays out of the orders", () => {
    const shard = new Shard({ shard: 0, count: 1 });
    const isolate = new Revocations();
    const exchange = () => {
      const reply = shard.exchange(report(isolate.version), NOW);
      if (reply.revocations) isolate.learn(reply.revocations);
      return reply;
    };
    expect(exchange()).not.toHaveProperty("revocations");
    shard.obey([{ ...order, revocations: list(5, "a") }], NOW);
    expect(exchange().sites[0]).not.toHaveProperty("revocations");
    expect(isolate.has("a", NOW)).toBe(true);
    expect(isolate.has("a", NOW + 60_000)).toBe(false);
    expect(isolate.has("b", NOW)).toBe(false);
    shard.obey([order], NOW);
    expect(exchange()).not.toHaveProperty("revocations");
    shard.obey([{ ...order, revocations: list(6) }], NOW);
    exchange();
    expect(isolate.has("a", NOW)).toBe(false);
  });
  it("that is older than what is known changes nothing", () => {
    const isolate = new Revocations();
    isolate.learn(list(6, "a"));
    isolate.learn(list(5));
    expect(isolate.has("a", NOW)).toBe(true);
  });
  it("holds also when a shard has just started and knows nothing", () => {
    const isolate = new Revocations();
    isolate.learn(list(6, "a"));
    const { revocations } = new Shard({ shard: 0, count: 1 }).exchange(report(isolate.version), NOW);
    expect(revocations).toBeUndefined();
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

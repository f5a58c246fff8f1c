/**
 * ClientCounter: the per-client counters, in a fixed number of Durable Objects.
 *
 * Isolates report to a home shard, keys have an owner shard; once a second a home hands what it heard to the owners and
 * learns what all homes together know. The trade-off accepted: counts are some seconds old, in exchange nobody waits for
 * them and no flood can melt them. Counters live in memory only; a restart forgets them, and the tallies tell anew.
 * Stored are spent puzzles alone, see STORED.md.
 */
import { DurableObject } from "cloudflare:workers";
import { Ledger, type Spendings } from "./ledger.ts";
import {
  addSummaries,
  demandOf,
  type ExchangeReply,
  type ExchangeReport,
  type SiteOrders,
  type SiteSummary,
} from "./protocol.ts";
import { counterShard, type ObjectsEnv, ownerOf, SHARD_COUNT, watchObject } from "./shards.ts";

/** 2^19 entries × 25 bytes: 13 MB of the object's 128. */
const ENTRIES = 2 ** 19;
const KEYS_PER_MERGE = 16_384;
const EXCHANGE_EVERY_MS = 1000;
const MERGE_EVERY_MS = 1000;
/** An isolate that has been silent for so long is no longer counted. */
const ISOLATE_GONE_AFTER_MS = 5000;
const ISOLATES_MAX = 4096;
const PURGE_EVERY_MS = 60_000;
/** What reports ask of a budget is decided in the isolate; here every spending of a foreign key is handed on. */
const TELL_EVERYTHING = 0;

export type SpendOutcome = "spent-now" | "already-spent";

export class ClientCounter extends DurableObject<ObjectsEnv> {
  readonly #shard: number;
  /** Keys that are ours. */
  readonly #own = new Ledger(ENTRIES, 1);
  /** Keys of other shards, as far as our isolates see them. */
  readonly #foreign = new Ledger(ENTRIES / 4, KEYS_PER_MERGE);
  readonly #isolates = new Map<string, { at: number; demand: Map<string, number> }>();
  #summaries = new Map<string, SiteSummary>();
  #orders: readonly SiteOrders[] = [];
  #mergedAt = 0;
  #merging = false;
  #purgedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#shard = Number((ctx.id.name ?? "s00").slice(1));
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    );
  }

  /** One isolate's report in, what it should know out. Never waits for another object. */
  exchange(report: ExchangeReport): ExchangeReply {
    const now = Date.now();
    const tats = this.#spend(report.spendings, now);
    this.#note(report, now);
    this.#mergeSoon(now);
    return { nextInMs: EXCHANGE_EVERY_MS, tats, sites: this.#ordersFor(report.isolate) };
  }

  /** Another shard hands over what its isolates spent of our keys, and learns where these stand. */
  merge(spendings: Spendings): Float64Array {
    return this.#spend(spendings, Date.now());
  }

  /**
   * Marks a puzzle as spent, exactly once, whoever asks at the same time: SQLite runs to the end before the next call.
   * Only ids that a valid MAC vouched for may come here.
   */
  spendOnce(id: string, expiresAt: number): SpendOutcome {
    this.#purge(Date.now());
    const { rowsWritten } = this.ctx.storage.sql.exec(
      "INSERT OR IGNORE INTO spent (id, expires_at) VALUES (?, ?)",
      id,
      expiresAt,
    );
    return rowsWritten > 0 ? "spent-now" : "already-spent";
  }

  #spend({ keys, spentMs }: Spendings, now: number): Float64Array {
    const tats = new Float64Array(spentMs.length);
    for (let i = 0; i < spentMs.length; i++) {
      const key = { hi: keys[2 * i] ?? 0, lo: keys[2 * i + 1] ?? 0 };
      const ledger = ownerOf(key.hi) === this.#shard ? this.#own : this.#foreign;
      tats[i] = ledger.spend(
        key,
        spentMs[i] ?? 0,
        ledger === this.#own ? Number.POSITIVE_INFINITY : TELL_EVERYTHING,
        now,
      );
    }
    return tats;
  }

  #note({ isolate, sites }: ExchangeReport, now: number): void {
    if (!this.#isolates.has(isolate) && this.#isolates.size >= ISOLATES_MAX) return;
    const demand = new Map<string, number>();
    for (const summary of sites) {
      this.#summaries.set(summary.site, addSummaries(this.#summaries.get(summary.site), summary));
      demand.set(summary.site, (demandOf(summary) * 1000) / Math.max(summary.overMs, 100));
    }
    this.#isolates.set(isolate, { at: now, demand });
    for (const [id, { at }] of this.#isolates) if (now - at > ISOLATE_GONE_AFTER_MS) this.#isolates.delete(id);
  }

  /** The shard's lease, divided among its isolates: a fifth evenly, so that nobody starves, the rest by demand. */
  #ordersFor(isolate: string): readonly SiteOrders[] {
    return this.#orders.map((order) => {
      let all = 0;
      for (const { demand } of this.#isolates.values()) all += demand.get(order.site) ?? 0;
      const mine = this.#isolates.get(isolate)?.demand.get(order.site) ?? 0;
      const even = 1 / Math.max(1, this.#isolates.size);
      const share = all > 0 ? 0.2 * even + 0.8 * (mine / all) : even;
      return { ...order, unitsPerSecond: order.unitsPerSecond * share };
    });
  }

  #mergeSoon(now: number): void {
    if (this.#merging || now - this.#mergedAt < MERGE_EVERY_MS) return;
    this.#merging = true;
    this.#mergedAt = now;
    this.ctx.waitUntil(this.#merge().finally(() => (this.#merging = false)));
  }

  async #merge(): Promise<void> {
    const summaries = [...this.#summaries.values()];
    this.#summaries = new Map();
    const watch = watchObject(this.env)
      .report({ shard: this.#shard, isolates: this.#isolates.size, sites: summaries })
      .then((orders) => {
        this.#orders = orders;
      });
    const handovers = byOwner(this.#foreign.collect()).map(async ([owner, spendings]) => {
      const tats = await counterShard(this.env, owner).merge(spendings);
      this.#foreign.settle(spendings.keys, tats);
    });
    const results = await Promise.allSettled([watch, ...handovers]);
    const failed = results.filter(({ status }) => status === "rejected").length;
    if (failed > 0) console.warn({ event: "merge-failed", shard: this.#shard, failed, of: results.length });
  }

  #purge(now: number): void {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    this.ctx.storage.sql.exec("DELETE FROM spent WHERE expires_at < ?", now);
  }
}

/** Splits spendings by the shard that owns the keys. */
function byOwner({ keys, spentMs }: Spendings): readonly (readonly [number, Spendings])[] {
  const parts = Array.from({ length: SHARD_COUNT }, () => ({ keys: [] as number[], spentMs: [] as number[] }));
  for (let i = 0; i < spentMs.length; i++) {
    const hi = keys[2 * i] ?? 0;
    const part = parts[ownerOf(hi)];
    part?.keys.push(hi, keys[2 * i + 1] ?? 0);
    part?.spentMs.push(spentMs[i] ?? 0);
  }
  return parts.flatMap((part, owner) =>
    part.keys.length === 0
      ? []
      : [[owner, { keys: Uint32Array.from(part.keys), spentMs: Float64Array.from(part.spentMs) }] as const],
  );
}

/**
 * ClientCounter: the per-client counters, in a fixed number of Durable Objects. Here only what needs the platform; what a
 * shard knows and says stands in shard.ts.
 *
 * Isolates report to a home shard, keys have an owner shard; twice a second a home hands what it heard to the owners and
 * learns what all homes together know. The trade-off accepted: counts are some seconds old, in exchange nobody waits for
 * them and no flood can melt them. Counters live in memory only; a restart forgets them, and the tallies tell anew.
 * What is stored stands in STORED.md.
 */
import { DurableObject } from "cloudflare:workers";
import { Courier } from "./courier.ts";
import type { Errand, ErrandAnswer, ErrandAnswers, SpendOutcome } from "./errands.ts";
import { HelpDesk } from "./help-desk.ts";
import type { Spendings } from "./ledger.ts";
import type { ExchangeReply, ExchangeReport } from "./protocol.ts";
import { SHARD_COUNT, Shard } from "./shard.ts";
import { askOwner, counterShard, type ObjectsEnv, watchObject } from "./shards.ts";
import { type Grant, type GrantRequest, type LeaseEpoch, StrictGrants } from "./strict-grants.ts";

const PURGE_EVERY_MS = 60_000;
/** Of what an owner that hangs is told, so much is lost; the isolates hold their clients meanwhile. */
const HANDOVER_TIMEOUT_MS = 3000;
const HANDOVERS_UNDER_WAY_MAX = 8;

export class ClientCounter extends DurableObject<ObjectsEnv> {
  readonly #number: number;
  readonly #shard: Shard;
  readonly #grants: StrictGrants;
  readonly #courier: Courier;
  readonly #helpDesk: HelpDesk;
  /** What was leased to an earlier life of this shard is still out when a new one begins, so the watch tells them apart. */
  readonly #incarnation = crypto.randomUUID();
  #handoverScheduled = false;
  #handoversUnderWay = 0;
  #purgedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    this.#number = Number((ctx.id.name ?? "s00").slice(1));
    this.#shard = new Shard({ shard: this.#number, count: SHARD_COUNT });
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    );
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS sent_forms (id TEXT PRIMARY KEY, sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    );
    const columns = ctx.storage.sql.exec("PRAGMA table_info(sent_forms)").toArray();
    if (!columns.some(({ name }) => name === "attempt"))
      ctx.storage.sql.exec("ALTER TABLE sent_forms ADD COLUMN attempt TEXT NOT NULL DEFAULT ''");
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS lease_epoch (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL)",
    );
    this.#helpDesk = new HelpDesk(ctx.storage.sql);
    this.#grants = new StrictGrants(leaseEpochIn(ctx.storage.sql), Date.now());
    this.#courier = new Courier({
      ask: async (owner, errands) =>
        owner === this.#number ? this.runErrands(errands) : askOwner(this.env, owner, errands),
      wait: (ms) => scheduler.wait(ms),
      now: Date.now,
    });
  }

  /** One isolate's report in, what it should know out. Waits for another object only with errands, and not for long. */
  exchange(report: ExchangeReport): ExchangeReply | Promise<ExchangeReply> {
    const now = Date.now();
    const reply = this.#shard.exchange(report, now);
    if (!this.#handoverScheduled && this.#handoversUnderWay < HANDOVERS_UNDER_WAY_MAX) {
      this.#handoverScheduled = true;
      this.ctx.waitUntil(this.#handOver(this.#shard.msUntilHandover(now)));
    }
    const { errands } = report;
    return errands ? this.#courier.run(errands).then((answers) => ({ ...reply, errands: answers })) : reply;
  }

  /** What isolates that report to another shard want of this one, which owns what it is about. */
  runErrands(errands: readonly Errand[]): ErrandAnswers {
    return errands.map((errand) => this.#runErrand(errand));
  }

  #runErrand(errand: Errand): ErrandAnswer {
    switch (errand.kind) {
      case "grant":
        return { kind: "grant", grant: this.#grants.grant(errand.request, Date.now()) };
      case "spend":
        return { kind: "spend", outcome: this.#spendOnce(errand.id, errand.expiresAtMs) };
    }
  }

  /** Another shard hands over what its isolates spent of our keys, and learns where these stand. */
  merge(spendings: Spendings): Float64Array {
    return this.#shard.merge(spendings, Date.now());
  }

  /** A puzzle alone: how isolates of before asked, and still do where a roll-out leaves their home shard behind. */
  spendOnce(id: string, expiresAt: number): SpendOutcome {
    return this.#spendOnce(id, expiresAt);
  }

  /**
   * Marks a puzzle as spent, exactly once, whoever asks at the same time: SQLite runs to the end before the next call.
   * Only ids that a valid MAC vouched for may come here.
   */
  #spendOnce(id: string, expiresAt: number): SpendOutcome {
    this.#purge(Date.now());
    const { rowsWritten } = this.ctx.storage.sql.exec(
      "INSERT OR IGNORE INTO spent (id, expires_at) VALUES (?, ?)",
      id,
      expiresAt,
    );
    return rowsWritten > 0 ? "spent-now" : "already-spent";
  }

  /**
   * Marks a form as sent, exactly once like a puzzle. Says since when it is, ms since 1970. Only ids that were sealed may come here.
   * @param attempt the attempt to send it that asks
   * @param inVain attempts that are known never to have reached the origin: their mark counts for nothing
   */
  markSent(
    id: string,
    knownUntil: number,
    attempt = "",
    inVain: readonly string[] = [],
  ): { readonly first: boolean; readonly atMs: number } {
    const now = Date.now();
    this.#purge(now);
    const { sql } = this.ctx.storage;
    const [marked] = sql.exec("SELECT sent_at, attempt FROM sent_forms WHERE id = ?", id).toArray();
    if (marked && !inVain.includes(String(marked.attempt))) return { first: false, atMs: Number(marked.sent_at) };
    sql.exec(
      "INSERT OR REPLACE INTO sent_forms (id, sent_at, expires_at, attempt) VALUES (?, ?, ?, ?)",
      id,
      now,
      knownUntil,
      attempt,
    );
    return { first: true, atMs: now };
  }

  /** The origin never had it by this attempt: it may be sent again. */
  unmarkSent(id: string, attempt = ""): void {
    this.ctx.storage.sql.exec("DELETE FROM sent_forms WHERE id = ? AND attempt = ?", id, attempt);
  }

  /** Tokens of one strict budget, as `spendOnce`. Only the shard that owns the key may be asked. */
  grant(request: GrantRequest): Grant {
    return this.#grants.grant(request, Date.now());
  }

  /** Whether this operator, a keyed hash, may let one more in; asked of the operator's own shard. */
  countGrant(operator: string): boolean {
    return this.#helpDesk.countGrant(operator, Date.now());
  }

  /** The help desk lets in whoever holds the ticket of this support code. */
  letIn(code: string): void {
    this.#helpDesk.letIn(code, Date.now());
  }

  /** Asked with code and id of a ticket that was verified; isolates of before say no id. What is taken is the ticket: it is spent once. */
  takeGrant(code: string, ticket = ""): boolean {
    return this.#helpDesk.takeGrant(code, ticket, Date.now());
  }

  async #handOver(inMs: number): Promise<void> {
    if (inMs > 0) await scheduler.wait(inMs);
    // From here on a report is too late for this handover and schedules the next one.
    this.#handoverScheduled = false;
    this.#handoversUnderWay++;
    const now = Date.now();
    // Here, as there is always traffic: after an attack nobody may redeem anything for a long time.
    this.#purge(now);
    const calls = this.#shard
      .handovers(now)
      .map(async (handover) =>
        this.#shard.learn(handover, await counterShard(this.env, handover.owner).merge(handover.spendings)),
      );
    if (this.#shard.watchDue(now)) calls.push(this.#reportToWatch());
    const late = scheduler.wait(HANDOVER_TIMEOUT_MS).then(() => null);
    const results = await Promise.race([Promise.allSettled(calls), late]);
    this.#handoversUnderWay--;
    const failed = results?.filter(({ status }) => status === "rejected").length ?? calls.length;
    if (failed > 0) console.warn({ event: "merge-failed", shard: this.#number, failed, of: calls.length });
  }

  async #reportToWatch(): Promise<void> {
    const now = Date.now();
    const report = {
      shard: this.#number,
      incarnation: this.#incarnation,
      isolates: this.#shard.isolates,
      sites: this.#shard.summaries(now),
      ...this.#shard.known,
    };
    this.#shard.obey(await watchObject(this.env).report(report), now);
  }

  #purge(now: number): void {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    this.ctx.storage.sql.exec("DELETE FROM spent WHERE expires_at < ?", now);
    this.ctx.storage.sql.exec("DELETE FROM sent_forms WHERE expires_at < ?", now);
    this.#helpDesk.purge(now);
  }
}

function leaseEpochIn(sql: SqlStorage): LeaseEpoch {
  return {
    read: () => Number(sql.exec("SELECT until FROM lease_epoch").toArray()[0]?.until ?? 0),
    write: (until) =>
      void sql.exec(
        "INSERT INTO lease_epoch (one, until) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET until = excluded.until",
        Math.ceil(until),
      ),
  };
}

/**
 * Watch: the one Durable Object that sees every site whole. Here only what needs the platform; what it knows and says stands
 * in lookout.ts, what operators set in mode-book.ts and revocation-book.ts. What it measures is in memory: after a restart it learns anew within a
 * second. What is stored stands in ../counters/STORED.md.
 */
import { DurableObject } from "cloudflare:workers";
import { FLOOR_FOR_MS } from "../counters/lease-book.ts";
import type { SiteOrders } from "../counters/protocol.ts";
import { combined, NO_RATES, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import type { ObjectsEnv } from "../counters/shards.ts";
import type { RevocationList } from "../identity/revocations.ts";
import type { ManualModes, Mode } from "../policy/modes.ts";
import { CLOCK_SKEW_MS, Lookout, SHARD_LEASE_MS, type ShardReport } from "./lookout.ts";
import { ModeBook, type ModeRow, type ModeRows } from "./mode-book.ts";
import { Onsets } from "./onsets.ts";
import { type Revocation, RevocationBook, type RevocationRows } from "./revocation-book.ts";

const PURGE_EVERY_MS = 60_000;
/** How much is leased out is written down when it is more than the row says, else so often while there are leases. */
const WRITE_EVERY_MS = 10_000;
/** By then no lease that was given under a row holds, nor its floor: in a quiet night nobody is kept short for a lost memory. */
const ROW_COUNTS_FOR_MS = WRITE_EVERY_MS + SHARD_LEASE_MS + CLOCK_SKEW_MS + FLOOR_FOR_MS;
/** Written with so much on top, so that it is seldom written. */
const WRITE_AHEAD = 1.2;

export class Watch extends DurableObject<ObjectsEnv> {
  readonly #lookout: Lookout;
  /** What the rows say, and when they were written. */
  readonly #leased = new Map<string, { readonly rates: Rates; readonly at: number }>();
  readonly #onsets = new Onsets();
  readonly #modes: ModeBook;
  readonly #revocations: RevocationBook;
  #purgedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS mode (site TEXT, key TEXT, mode TEXT NOT NULL, until INTEGER NOT NULL, " +
        "PRIMARY KEY (site, key)) WITHOUT ROWID",
    );
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS revocation (principal TEXT PRIMARY KEY, until INTEGER NOT NULL, " +
        "reason TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID",
    );
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS leased (site TEXT PRIMARY KEY, rates TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    );
    const now = Date.now();
    const rows = ctx.storage.sql.exec("SELECT site, rates FROM leased WHERE until > ?", now).toArray();
    this.#lookout = new Lookout(
      now,
      new Map(rows.map(({ site, rates }) => [String(site), ratesFrom(String(rates).split(" ").map(Number))])),
    );
    this.#revocations = new RevocationBook(revocationRowsIn(ctx.storage.sql), Date.now());
    this.#modes = new ModeBook(modeRowsIn(ctx.storage.sql), Date.now());
  }

  report(report: ShardReport): readonly SiteOrders[] {
    const now = Date.now();
    this.#purge(now);
    const news = this.#revocations.newsFor(report.revocationsVersion ?? 0, now);
    const orders = this.#lookout.report(report, now);
    this.#rememberLeases(now);
    return orders.map((order, i) => ({
      ...order,
      manual: this.#modes.of(order.site, now),
      since: this.#onsets.note(order.site, order.posture, now),
      ...(news && i === 0 ? { revocations: news } : {}),
    }));
  }

  #purge(now: number): void {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    this.#modes.forgetEnded(now);
    this.#revocations.forgetEnded(now);
  }

  /** Written before the answer leaves the object: the platform holds answers back until writes are safe. */
  #rememberLeases(now: number): void {
    for (const [site, leased] of this.#lookout.leased(now)) {
      const written = this.#leased.get(site);
      const more = totalOf(combined(leased, written?.rates ?? NO_RATES, (out, row) => Math.max(0, out - row))) > 0;
      if (!more && now - (written?.at ?? now) < WRITE_EVERY_MS) continue;
      const rates = combined(leased, leased, (out) => Math.ceil(out * WRITE_AHEAD));
      this.#leased.set(site, { rates, at: now });
      this.ctx.storage.sql.exec(
        "INSERT OR REPLACE INTO leased (site, rates, until) VALUES (?, ?, ?)",
        site,
        rates.join(" "),
        now + ROW_COUNTS_FOR_MS,
      );
    }
  }

  /** Only operators' calls come here. @returns false when there are too many modes already */
  setMode(site: string, mode: Mode): boolean {
    return this.#modes.set(site, mode, Date.now());
  }

  endMode(site: string, key: string): void {
    this.#modes.end(site, key, Date.now());
  }

  modesOf(site: string): ManualModes {
    return this.#modes.of(site, Date.now());
  }

  /** Only operators' calls come here. @returns the list from now on; null when there are too many already */
  revoke(revocation: Revocation): RevocationList | null {
    const now = Date.now();
    return this.#revocations.add(revocation, now) ? this.#revocations.list(now) : null;
  }

  liftRevocation(principal: string): RevocationList {
    const now = Date.now();
    this.#revocations.lift(principal, now);
    return this.#revocations.list(now);
  }

  revocations(): readonly Revocation[] {
    return this.#revocations.all(Date.now());
  }
}

function modeRowsIn(sql: SqlStorage): ModeRows {
  return {
    read: () => sql.exec("SELECT site, key, mode, until FROM mode").toArray() as unknown as readonly ModeRow[],
    write: ({ site, key, mode, until }) =>
      void sql.exec("INSERT OR REPLACE INTO mode (site, key, mode, until) VALUES (?, ?, ?, ?)", site, key, mode, until),
    remove: (site, key) => void sql.exec("DELETE FROM mode WHERE site = ? AND key = ?", site, key),
    removeEnded: (now) => void sql.exec("DELETE FROM mode WHERE until <= ?", now),
  };
}

function revocationRowsIn(sql: SqlStorage): RevocationRows {
  return {
    read: () =>
      sql.exec("SELECT principal, until, reason, by FROM revocation").toArray() as unknown as readonly Revocation[],
    write: ({ principal, until, reason, by }) =>
      void sql.exec(
        "INSERT OR REPLACE INTO revocation (principal, until, reason, by) VALUES (?, ?, ?, ?)",
        principal,
        until,
        reason,
        by,
      ),
    remove: (principal) => void sql.exec("DELETE FROM revocation WHERE principal = ?", principal),
    removeEnded: (now) => void sql.exec("DELETE FROM revocation WHERE until <= ?", now),
  };
}

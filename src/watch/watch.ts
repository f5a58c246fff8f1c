/**
 * Watch: the one Durable Object that sees every site whole. Here only what needs the platform; what it knows and says stands
 * in lookout.ts, what operators set in mode-book.ts and order-book.ts, who signed out in pass-end-book.ts, how much
 * facilities use in facility-watch.ts. What it measures is in memory: after a restart it learns anew within a second. What
 * is stored stands in ../counters/STORED.md, and how in rows.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { FLOOR_FOR_MS } from "../counters/lease-book.ts";
import { newsFor, type OperatorsLists } from "../counters/operators-lists.ts";
import type { SiteOrders } from "../counters/protocol.ts";
import { combined, NO_RATES, type Rates, ratesFrom, totalOf } from "../counters/rates.ts";
import type { ObjectsEnv } from "../counters/shards.ts";
import { REVOCATIONS_MAX, type RevocationList } from "../identity/revocations.ts";
import { BANS_MAX, type BanList } from "../policy/bans.ts";
import type { ManualModes, Mode } from "../policy/modes.ts";
import { type FacilityView, FacilityWatch } from "./facility-watch.ts";
import { CLOCK_SKEW_MS, type Loneliness, Lookout, SHARD_LEASE_MS, type ShardReport } from "./lookout.ts";
import { ModeBook } from "./mode-book.ts";
import { Onsets } from "./onsets.ts";
import { type BanOrder, bannedOf, OrderBook, type Revocation, revokedOf } from "./order-book.ts";
import { Overshoot, type OvershootView } from "./overshoot.ts";
import { PassEndBook } from "./pass-end-book.ts";
import { modeRowsIn, orderRowsIn, passEndRowsIn, usualRowsIn } from "./rows.ts";

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
  readonly #revocations: OrderBook<Revocation>;
  readonly #bans: OrderBook<BanOrder>;
  readonly #passEnds: PassEndBook;
  readonly #facilities: FacilityWatch;
  readonly #overshoot = new Overshoot();
  #purgedAt = 0;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS leased (site TEXT PRIMARY KEY, rates TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    );
    const now = Date.now();
    const rows = ctx.storage.sql.exec("SELECT site, rates FROM leased WHERE until > ?", now).toArray();
    this.#lookout = new Lookout(
      now,
      new Map(rows.map(({ site, rates }) => [String(site), ratesFrom(String(rates).split(" ").map(Number))])),
    );
    const { sql } = ctx.storage;
    this.#revocations = new OrderBook<Revocation>(
      orderRowsIn(sql, "revocation", "principal"),
      ({ principal }) => principal,
      REVOCATIONS_MAX,
      now,
    );
    this.#bans = new OrderBook<BanOrder>(orderRowsIn(sql, "ban", "who"), ({ who }) => who, BANS_MAX, now);
    this.#modes = new ModeBook(modeRowsIn(sql), now);
    this.#passEnds = new PassEndBook(passEndRowsIn(sql));
    this.#facilities = new FacilityWatch(usualRowsIn(sql), now);
  }

  report(report: ShardReport): readonly SiteOrders[] {
    const now = Date.now();
    this.#purge(now);
    const news = newsFor(report, this.#lists(now));
    const passEnds = this.#passEnds.newsFor(report.passEndsKnown ?? 0);
    const orders = this.#lookout.report(report, now);
    this.#rememberLeases(now);
    for (const line of this.#overshoot.note(report.sites, now)) console.warn(line);
    for (const { facilities = [] } of report.sites)
      for (const warning of this.#facilities.note(facilities, now)) console.warn(warning);
    return orders.map((order, i) => ({
      ...order,
      manual: this.#modes.of(order.site, now),
      since: this.#onsets.note(order.site, order.posture, now),
      ...(i === 0 ? news : {}),
      ...(passEnds && i === 0 ? { passEnds } : {}),
    }));
  }

  #purge(now: number): void {
    if (now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    this.#modes.forgetEnded(now);
    this.#revocations.forgetEnded(now);
    this.#bans.forgetEnded(now);
    this.#passEnds.purge(now);
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

  /** For operators. */
  loneliness(): Loneliness {
    return this.#lookout.loneliness;
  }

  /** For operators. */
  overshoot(): readonly OvershootView[] {
    return this.#overshoot.view();
  }

  modesOf(site: string): ManualModes {
    return this.#modes.of(site, Date.now());
  }

  /** Only operators' calls come here. @returns the list from now on; null when there are too many already */
  revoke(revocation: Revocation): RevocationList | null {
    const now = Date.now();
    return this.#revocations.add(revocation, now) ? this.#lists(now).revocations : null;
  }

  liftRevocation(principal: string): RevocationList {
    const now = Date.now();
    this.#revocations.lift(principal, now);
    return this.#lists(now).revocations;
  }

  revocations(): readonly Revocation[] {
    return this.#revocations.all(Date.now());
  }

  /** Only operators' calls come here. @returns the list from now on; null when there are too many already */
  ban(order: BanOrder): BanList | null {
    const now = Date.now();
    return this.#bans.add(order, now) ? this.#lists(now).bans : null;
  }

  liftBan(who: string): BanList {
    const now = Date.now();
    this.#bans.lift(who, now);
    return this.#lists(now).bans;
  }

  bans(): readonly BanOrder[] {
    return this.#bans.all(Date.now());
  }

  facilities(): readonly FacilityView[] {
    return this.#facilities.view(Date.now());
  }

  /** Only for a pass that was verified, and held until now. */
  endPass(principal: string): true {
    this.#passEnds.end(principal, Date.now());
    return true;
  }

  #lists(now: number): Required<OperatorsLists> {
    return { revocations: this.#revocations.list(revokedOf, now), bans: this.#bans.list(bannedOf, now) };
  }
}

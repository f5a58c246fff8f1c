/**
 * Watch: the one Durable Object that sees every site whole. Here only what needs the platform; what it knows and says stands
 * in lookout.ts, what operators set in mode-book.ts. What it measures is in memory: after a restart it learns anew within a
 * second. What is stored stands in ../counters/STORED.md.
 */
import { DurableObject } from "cloudflare:workers";
import type { SiteOrders } from "../counters/protocol.ts";
import type { ObjectsEnv } from "../counters/shards.ts";
import type { ManualModes, Mode } from "../policy/modes.ts";
import { Lookout, type ShardReport } from "./lookout.ts";
import { ModeBook, type ModeRow, type ModeRows } from "./mode-book.ts";

export class Watch extends DurableObject<ObjectsEnv> {
  readonly #lookout = new Lookout();
  readonly #modes: ModeBook;

  constructor(ctx: DurableObjectState, env: ObjectsEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS mode (site TEXT, key TEXT, mode TEXT NOT NULL, until INTEGER NOT NULL, " +
        "PRIMARY KEY (site, key)) WITHOUT ROWID",
    );
    this.#modes = new ModeBook(modeRowsIn(ctx.storage.sql), Date.now());
  }

  report(report: ShardReport): readonly SiteOrders[] {
    const now = Date.now();
    return this.#lookout.report(report, now).map((order) => ({ ...order, manual: this.#modes.of(order.site, now) }));
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

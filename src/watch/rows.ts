/** The tables of the watch's books. Each is made where it is first needed; ../counters/STORED.md says what they hold. */
import type { UsualRow, UsualRows } from "./facility-watch.ts";
import type { ModeRow, ModeRows } from "./mode-book.ts";
import type { Order, OrderRows } from "./order-book.ts";
import type { PassEndRows } from "./pass-end-book.ts";

export function modeRowsIn(sql: SqlStorage): ModeRows {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS mode (site TEXT, key TEXT, mode TEXT NOT NULL, until INTEGER NOT NULL, " +
      "PRIMARY KEY (site, key)) WITHOUT ROWID",
  );
  return {
    read: () => sql.exec("SELECT site, key, mode, until FROM mode").toArray() as unknown as readonly ModeRow[],
    write: ({ site, key, mode, until }) =>
      void sql.exec("INSERT OR REPLACE INTO mode (site, key, mode, until) VALUES (?, ?, ?, ?)", site, key, mode, until),
    remove: (site, key) => void sql.exec("DELETE FROM mode WHERE site = ? AND key = ?", site, key),
    removeEnded: (now) => void sql.exec("DELETE FROM mode WHERE until <= ?", now),
  };
}

/** One table for each kind of order, alike but for the column that says whom it is about. */
export function orderRowsIn<Ordered extends Order & Record<Whom, string>, Whom extends string>(
  sql: SqlStorage,
  table: string,
  whom: Whom,
): OrderRows<Ordered> {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (${whom} TEXT PRIMARY KEY, until INTEGER NOT NULL, ` +
      "reason TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID",
  );
  return {
    read: () => sql.exec(`SELECT ${whom}, until, reason, by FROM ${table}`).toArray() as unknown as readonly Ordered[],
    write: (order) =>
      void sql.exec(
        `INSERT OR REPLACE INTO ${table} (${whom}, until, reason, by) VALUES (?, ?, ?, ?)`,
        order[whom],
        order.until,
        order.reason,
        order.by,
      ),
    remove: (key) => void sql.exec(`DELETE FROM ${table} WHERE ${whom} = ?`, key),
    removeEnded: (now) => void sql.exec(`DELETE FROM ${table} WHERE until <= ?`, now),
  };
}

export function passEndRowsIn(sql: SqlStorage): PassEndRows {
  sql.exec("CREATE TABLE IF NOT EXISTS pass_end (at INTEGER PRIMARY KEY, id INTEGER NOT NULL)");
  return {
    read: () => {
      const rows = sql.exec("SELECT at, id FROM pass_end ORDER BY at").toArray();
      return {
        ids: Float64Array.from(rows, ({ id }) => Number(id)),
        at: Float64Array.from(rows, ({ at }) => Number(at)),
      };
    },
    write: (id, at) => void sql.exec("INSERT INTO pass_end (at, id) VALUES (?, ?)", at, id),
    removeBefore: (at) => void sql.exec("DELETE FROM pass_end WHERE at < ?", at),
  };
}

export function usualRowsIn(sql: SqlStorage): UsualRows {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS facility_usual (facility TEXT PRIMARY KEY, usual REAL NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID",
  );
  return {
    read: () => sql.exec("SELECT facility, usual, day FROM facility_usual").toArray() as unknown as readonly UsualRow[],
    write: ({ facility, usual, day }) =>
      void sql.exec(
        "INSERT OR REPLACE INTO facility_usual (facility, usual, day) VALUES (?, ?, ?)",
        facility,
        usual,
        day,
      ),
    removeBefore: (day) => void sql.exec("DELETE FROM facility_usual WHERE day < ?", day),
  };
}

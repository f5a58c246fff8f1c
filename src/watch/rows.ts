/** The tables of the watch's books. Each is made where it is first needed; ../counters/STORED.md says what they hold. */
import type { UsualRow, UsualRows } from "./facility-watch.ts";
import type { ModeRow, ModeRows } from "./mode-book.ts";
import type { PassEndRows } from "./pass-end-book.ts";
import type { Revocation, RevocationRows } from "./revocation-book.ts";

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

export function revocationRowsIn(sql: SqlStorage): RevocationRows {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS revocation (principal TEXT PRIMARY KEY, until INTEGER NOT NULL, " +
      "reason TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID",
  );
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

/**
 * What the help desk decided: a support code that may come in, for some minutes; and how many each operator let in
 * during the last hour. Rows, as an evicted object must neither forget a promise nor a limit.
 *
 * In a flood of pages two of them may have one code (../support-code.ts). A grant is one person's all the same: the first
 * ticket with its code that asks has it from then on. Should that be the wrong one, whoever called reads her code out again.
 */
export const GRANT_TTL_MS = 10 * 60_000;
export const GRANTS_PER_HOUR = 30;
const HOUR_MS = 3_600_000;

/** The part of an object's SQLite storage that is used. */
interface Sql {
  exec(query: string, ...bindings: readonly (string | number)[]): { one(): Readonly<Record<string, unknown>> };
}

export class HelpDesk {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS granted (code TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID");
    sql.exec("CREATE TABLE IF NOT EXISTS grants_given (operator TEXT NOT NULL, at INTEGER NOT NULL)");
  }

  /** @param operator keyed hash @returns whether this operator may let one more in; then it is counted */
  countGrant(operator: string, now: number): boolean {
    this.purge(now);
    const row = this.#sql.exec("SELECT COUNT(*) AS given FROM grants_given WHERE operator = ?", operator).one();
    if (Number(row.given) >= GRANTS_PER_HOUR) return false;
    this.#sql.exec("INSERT INTO grants_given (operator, at) VALUES (?, ?)", operator, now);
    return true;
  }

  /** Deletes what has ended. */
  purge(now: number): void {
    this.#sql.exec("DELETE FROM granted WHERE expires_at <= ?", now);
    this.#sql.exec("DELETE FROM grants_given WHERE at <= ?", now - HOUR_MS);
  }

  letIn(code: string, now: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO granted (code, expires_at) VALUES (?, ?)", code, now + GRANT_TTL_MS);
  }

  /** @param ticket id of a ticket with this code. She may ask again: her ticket is spent once anyway, and may have to be tried twice. */
  takeGrant(code: string, ticket: string, now: number): boolean {
    const hers = `${code} ${ticket}`;
    if (!this.#isLetIn(hers, now))
      this.#sql.exec("UPDATE granted SET code = ? WHERE code = ? AND expires_at > ?", hers, code, now);
    return this.#isLetIn(hers, now);
  }

  #isLetIn(code: string, now: number): boolean {
    const row = this.#sql.exec("SELECT COUNT(*) AS known FROM granted WHERE code = ? AND expires_at > ?", code, now);
    return Number(row.one().known) > 0;
  }
}

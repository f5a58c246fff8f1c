/** What the help desk decided, in a real SQLite. */
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { GRANT_TTL_MS, GRANTS_PER_HOUR, HelpDesk } from "../../src/counters/help-desk.ts";

const NOW = Date.UTC(2026, 10, 26, 9);

function newDesk() {
  const database = new DatabaseSync(":memory:");
  const desk = new HelpDesk({
    exec(query, ...bindings) {
      const statement = database.prepare(query);
      if (query.startsWith("SELECT")) {
        const row = { ...statement.get(...bindings) };
        return { one: () => row };
      }
      statement.run(...bindings);
      return { one: () => ({}) };
    },
  });
  const rows = () =>
    ["granted", "grants_given"].map((table) => Number(database.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get()?.n));
  return { desk, rows };
}

it("a code is let in for ten minutes", () => {
  const { desk } = newDesk();
  desk.letIn("ABCD-EFGH", NOW);
  desk.letIn("ABCD-EFGJ", NOW);
  expect(desk.takeGrant("ABCD-EFGK", "t", NOW)).toBe(false);
  // As often as it is asked: when its ticket could not be spent, she tries again.
  for (let i = 0; i < 2; i++) expect(desk.takeGrant("ABCD-EFGH", "t", NOW + GRANT_TTL_MS - 1)).toBe(true);
  expect(desk.takeGrant("ABCD-EFGH", "t", NOW + GRANT_TTL_MS)).toBe(false);
  expect(desk.takeGrant("ABCD-EFGJ", "t", NOW + GRANT_TTL_MS)).toBe(false);
});

it("of all tickets with one code a grant opens one; whoever came too late is let in by another", () => {
  const { desk } = newDesk();
  desk.letIn("ABCD-EFGH", NOW);
  const tickets = ["t1", "t2", "t3"];
  const taken = () => tickets.filter((ticket) => desk.takeGrant("ABCD-EFGH", ticket, NOW));
  expect(taken()).toEqual(["t1"]);
  expect(taken()).toEqual(["t1"]);
  desk.letIn("ABCD-EFGH", NOW);
  expect(taken()).toEqual(["t1", "t2"]);
});

it("an operator lets in so many within an hour, whatever the others do", () => {
  const { desk } = newDesk();
  for (let i = 0; i < GRANTS_PER_HOUR; i++) expect(desk.countGrant("a", NOW)).toBe(true);
  expect(desk.countGrant("a", NOW + 3_599_999)).toBe(false);
  expect(desk.countGrant("b", NOW)).toBe(true);
  expect(desk.countGrant("a", NOW + 3_600_000)).toBe(true);
});

it("nothing of it stays when it has ended, also when nobody calls again", () => {
  const { desk, rows } = newDesk();
  desk.countGrant("a", NOW);
  desk.letIn("ABCD-EFGH", NOW);
  desk.purge(NOW + GRANT_TTL_MS);
  expect(rows()).toEqual([0, 1]);
  desk.purge(NOW + 3_600_000);
  expect(rows()).toEqual([0, 0]);
});

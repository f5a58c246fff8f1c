import { expect, it } from "vitest";
import { guardedResult } from "./report-page/fixtures.ts";
import { contract2018 } from "./scenarios/contract-2018.ts";
import { originAils } from "./scenarios/controls.ts";
import { describeSecondBySecond, troubleIn } from "./second-by-second.ts";

it("shows a line for each second around a trouble, and marks those in which it was", () => {
  const result = guardedResult();
  const [head, ...rows] = describeSecondBySecond(result, { fromS: 20, toS: 40 }).split("\n");
  expect(head).toMatch(/^second\s+flood\/s\s+stopped\s+doctors signed in\s+signing in/);
  expect(rows.map((row) => Number(row.slice(1, 6)))).toEqual(Array.from({ length: 55 }, (_, n) => 15 + n));
  expect(rows.filter((row) => row.startsWith("!")).map((row) => Number(row.slice(1, 6)))).toEqual(
    Array.from({ length: 20 }, (_, n) => 20 + n),
  );
});

it("tells those who are signing in from those who are signed in", () => {
  const { series } = guardedResult();
  const busy = series.map((row) => ({
    ...row,
    clinicians: { ...row.clinicians, ok: 9, failed: 3 },
    signingIn: { ok: 1, failed: 2 },
  }));
  const [, row] = describeSecondBySecond(guardedResult({ series: busy }), { fromS: 20, toS: 21 }).split("\n");
  expect(row).toMatch(/ 8 of 9 +1 of 3 /);
});

it("knows of a portal that ails by the scenario, and of dead counters by the command", () => {
  const result = guardedResult();
  const attackS = result.attackS[1] - result.attackS[0];
  expect(troubleIn(contract2018, undefined, result)).toBeNull();
  expect(troubleIn(contract2018, { fromS: 5, toS: 9 }, result)).toEqual({ fromS: 5, toS: 9 });
  expect(troubleIn(originAils, undefined, result)?.fromS).toBeCloseTo((originAils.ailing?.from ?? 0) * attackS);
});

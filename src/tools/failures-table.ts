/** The table of failures as text: for each thing that can fail, what becomes of whom on which route. */
import { LANES } from "../identity/identity.ts";
import { type Dependency, FAILURES, FAILURES_IN_WORDS, type FailureOutcome } from "../policy/failures.ts";
import { IMPORTANCES } from "../policy/tables.ts";

const MEANING: Record<FailureOutcome, string> = {
  forward: "goes to the origin, within its budgets and the room there is",
  unproven: "is whoever she is without this proof",
  fault: "502 or 504, saying that the origin does not answer",
  asked: "is asked to work first, software to come back later",
  closed: "503 and when to come back; people get the page that says what works",
};

export function failuresTable(): string {
  const dependencies = Object.keys(FAILURES) as Dependency[];
  const tables = dependencies.map((dependency) => {
    const rows = LANES.map((lane) => [
      lane,
      ...IMPORTANCES.map((importance) => FAILURES[dependency][lane][importance]),
    ]);
    return `${dependency}: ${FAILURES_IN_WORDS[dependency]}\n\n${aligned([["", ...IMPORTANCES], ...rows])}`;
  });
  const meaning = aligned(Object.entries(MEANING));
  return `${tables.join("\n\n")}\n\n${meaning}\n`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `  ${line(row).trimEnd()}`).join("\n");
}

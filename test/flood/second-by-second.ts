/** What happens second by second around a trouble that is not the flood's: counters that are dead, a portal that ails. */
import type { LabScenario } from "./lab-scenario.ts";
import type { FloodResult, SecondOfRun } from "./result.ts";

/** Seconds of the attack. */
export interface Trouble {
  readonly fromS: number;
  readonly toS: number;
}

/** Shown before and after it, s. */
const BEFORE_S = 5;
const AFTER_S = 30;
const WIDTHS = [8, 10, 10, 20, 16, 16, 8, 10, 8] as const;
const HEAD = [
  "second",
  "flood/s",
  "stopped",
  "doctors signed in",
  "signing in",
  "residents",
  "load",
  "allowed",
  "bears",
];

/** Null where all is well but for the flood. */
export function troubleIn(
  { ailing }: LabScenario,
  outage: Trouble | undefined,
  { attackS: [from, to] }: FloodResult,
): Trouble | null {
  if (outage) return outage;
  return ailing ? { fromS: ailing.from * (to - from), toS: ailing.to * (to - from) } : null;
}

/** One line for each second; those of the trouble are marked. People: served of those who asked. */
export function describeSecondBySecond({ series, attackS, origin }: FloodResult, { fromS, toS }: Trouble): string {
  const [attackFrom] = attackS;
  const shown = series.filter(
    ({ second }) => second >= attackFrom + fromS - BEFORE_S && second < attackFrom + toS + AFTER_S,
  );
  const lines = shown.map((row) => {
    const since = Math.round(row.second - attackFrom);
    return line(cellsOf(row, since, since >= Math.round(fromS) && since < Math.round(toS), origin.capacityRps));
  });
  return [line(HEAD), ...lines].join("\n");
}

function cellsOf(row: SecondOfRun, since: number, isTroubled: boolean, capacityRps: number): readonly string[] {
  const { attackers, clinicians, residents, originUnits, originAllowed, originCapacity = capacityRps } = row;
  const signingIn = row.signingIn ?? { ok: 0, failed: 0 };
  const stopped =
    attackers.sent === 0 ? "" : `${((100 * (attackers.sent - attackers.reachedOrigin)) / attackers.sent).toFixed(1)} %`;
  return [
    `${isTroubled ? "!" : " "}${String(since).padStart(4)}`,
    String(attackers.sent),
    stopped,
    served({ ok: clinicians.ok - signingIn.ok, failed: clinicians.failed - signingIn.failed }),
    served(signingIn),
    served(residents),
    String(Math.round(originUnits)),
    originAllowed === undefined ? "" : String(Math.round(originAllowed)),
    String(Math.round(originCapacity)),
  ];
}

function served({ ok, failed }: { readonly ok: number; readonly failed: number }): string {
  return ok + failed === 0 ? "" : `${ok} of ${ok + failed}`;
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, n) => cell.padEnd(WIDTHS[n] ?? 0))
    .join("")
    .trimEnd();
}

/** How what the portal is sent follows what it bears, where that shrinks and returns. */
import type { LabScenario } from "./lab-scenario.ts";
import type { FloodResult } from "./result.ts";

/** When what it bears has shrunk, so long may what is sent take to follow, and load is the mean over so long, s. */
const FOLLOWS_WITHIN_S = 10;
const MEAN_OVER_S = 10;
/** It has returned once as much of what was sent before is sent again. */
const RETURNED_SHARE = 0.8;
const RETURNED_OVER_S = 5;

export interface Convergence {
  /** Mean loads over 10 s, as shares of what it bore, from 10 s after it shrank to its return: the least, and the most. */
  readonly least: number;
  readonly most: number;
  /** From the return until four fifths of what was sent before it shrank were sent again, s; null when they never were. */
  readonly returnedAfterS: number | null;
}

/** Null where the portal did not ail, or the run was too short to tell. */
export function measureConvergence({ ailing }: LabScenario, result: FloodResult): Convergence | null {
  if (!ailing) return null;
  const { series, attackS, origin } = result;
  const [from, to] = [ailing.from, ailing.to].map((at) => Math.round(attackS[0] + at * (attackS[1] - attackS[0]))) as [
    number,
    number,
  ];
  const mean = (start: number, seconds: number): number =>
    series.slice(start, start + seconds).reduce((sum, { originUnits }) => sum + originUnits, 0) / seconds;
  const first = from + FOLLOWS_WITHIN_S;
  const loads = Array.from(
    { length: Math.max(0, to - MEAN_OVER_S - first + 1) },
    (_, n) => mean(first + n, MEAN_OVER_S) / (origin.capacityRps * ailing.share),
  );
  if (loads.length === 0) return null;
  const before = mean(from - MEAN_OVER_S, MEAN_OVER_S);
  const after = Array.from({ length: Math.max(0, series.length - RETURNED_OVER_S - to + 1) }, (_, n) => n).find(
    (n) => mean(to + n, RETURNED_OVER_S) >= RETURNED_SHARE * before,
  );
  return {
    least: Math.min(...loads),
    most: Math.max(...loads),
    returnedAfterS: after === undefined ? null : after + RETURNED_OVER_S,
  };
}

export function describeConvergence({ least, most, returnedAfterS }: Convergence): string {
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return (
    `From ${FOLLOWS_WITHIN_S} s after the portal shrank its load was ${share(least)} to ${share(most)} of what it bore ` +
    `(means over ${MEAN_OVER_S} s); ${
      returnedAfterS === null
        ? "after its return it never got what it had before."
        : `${returnedAfterS} s after its return it got ${share(RETURNED_SHARE)} of what it had before.`
    }`
  );
}

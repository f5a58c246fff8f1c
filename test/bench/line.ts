/** One figure of the bench, as it is printed. */
import type { Ratio } from "./pairs.ts";

export interface Line {
  readonly name: string;
  readonly ours: number | null;
  readonly base: number | null;
  readonly ratio: number | null;
  /** Of the ratio; only where pairs were measured. */
  readonly interval?: readonly [low: number, high: number];
  readonly unit: string;
  readonly goal: string | null;
  /** Null where there is no goal. */
  readonly met: boolean | null;
  /** False when the A/A control beside it says that the machine was too busy for any verdict. */
  readonly sound?: boolean;
}

export function figure(
  name: string,
  ours: number,
  base: number | null,
  unit: string,
  goal: string | null = null,
  meets: (ratio: number) => boolean = () => true,
): Line {
  const ratio = base === null || base === 0 ? null : ours / base;
  return { name, ours, base, ratio, unit, goal, met: goal === null ? null : meets(ratio ?? Number.NaN) };
}

/** @param atLeast the goal of the ratio; left out, there is none */
export function ofPairs(name: string, { ours, base, median, low, high }: Ratio, unit: string, atLeast?: number): Line {
  const goal = atLeast === undefined ? null : `≥ ${atLeast.toFixed(2)}`;
  const met = atLeast === undefined ? null : median >= atLeast;
  return { name, ours, base, ratio: median, interval: [low, high], unit, goal, met };
}

/**
 * Side by side: A B B A, A B B A … in one run, so that whatever else the machine does falls on both. Of the ratios of pairs
 * the median and an interval that holds the true median in 95 of 100 runs; an A/A control says what the method itself errs.
 */

const WARM_UP_MS = 500;

export interface Ratio {
  readonly ours: number;
  readonly base: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One slice of load; returns the figure, higher is better. */
export type Slice = (ms: number) => Promise<number>;

export async function compare(ours: Slice, base: Slice, pairs: number, sliceMs: number): Promise<Ratio> {
  const [ofOurs = [], ofBase = []] = await takeTurns([ours, base], pairs, sliceMs);
  return ratioOf(ofOurs, ofBase);
}

/**
 * The same with the control in the same turns: `again` is the base once more, and meets whatever the others meet.
 * @param another base, beside which ours is put as well
 */
export async function compareWithControl(
  ours: Slice,
  base: Slice,
  again: Slice,
  pairs: number,
  sliceMs: number,
  another?: Slice,
): Promise<{ readonly measured: Ratio; readonly control: Ratio; readonly beside: Ratio | null }> {
  const slices = another ? [ours, base, again, another] : [ours, base, again];
  const [ofOurs = [], ofBase = [], ofAgain = [], ofAnother] = await takeTurns(slices, pairs, sliceMs);
  return {
    measured: ratioOf(ofOurs, ofBase),
    control: ratioOf(ofAgain, ofBase),
    beside: ofAnother ? ratioOf(ofOurs, ofAnother) : null,
  };
}

/** Several beside one base, all in the same turns, with the base once more as their control. */
export async function compareSeveral(
  ours: readonly Slice[],
  base: Slice,
  again: Slice,
  turns: number,
  sliceMs: number,
): Promise<{ readonly measured: readonly Ratio[]; readonly control: Ratio }> {
  const [ofBase = [], ofAgain = [], ...ofOurs] = await takeTurns([base, again, ...ours], turns, sliceMs);
  return { measured: ofOurs.map((figures) => ratioOf(figures, ofBase)), control: ratioOf(ofAgain, ofBase) };
}

/** Forth and back, and each time another begins: nobody is always the one in the middle. Of two that is A B B A. */
async function takeTurns(slices: readonly Slice[], turns: number, sliceMs: number): Promise<readonly number[][]> {
  for (const slice of slices) await slice(Math.max(sliceMs, WARM_UP_MS));
  const figures: number[][] = slices.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    const order = [...slices.keys()].map((i) => (i + (turn >> 1)) % slices.length);
    for (const i of turn % 2 === 0 ? order : order.reverse())
      figures[i]?.push((await slices[i]?.(sliceMs)) ?? Number.NaN);
  }
  return figures;
}

function ratioOf(ours: readonly number[], base: readonly number[]): Ratio {
  const ratios = ours.map((figure, i) => figure / (base[i] ?? Number.NaN)).sort((a, b) => a - b);
  const pairs = ratios.length;
  // Order statistics of the binomial distribution: ranks n/2 ± 0.98 √n.
  const reach = 0.98 * Math.sqrt(pairs);
  return {
    ours: median(ours),
    base: median(base),
    median: median(ratios),
    low: ratios[Math.max(0, Math.floor(pairs / 2 - reach))] ?? Number.NaN,
    high: ratios[Math.min(pairs - 1, Math.ceil(pairs / 2 + reach) - 1)] ?? Number.NaN,
  };
}

/** Whether the method, put to the same Worker twice, found what it is: no difference, within a twentieth. */
export function isSound({ median: found, low, high }: Ratio): boolean {
  return low >= 0.95 && high <= 1.05 && Math.abs(found - 1) <= 0.02;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

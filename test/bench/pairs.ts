/**
 * Side by side: A B B A, A B B A … in one run, so that whatever else the machine does falls on both. Of the ratios of pairs
 * the median and an interval that holds the true median in 95 of 100 runs; an A/A control says what the method itself errs.
 */

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
  await ours(sliceMs);
  await base(sliceMs);
  const ourFigures: number[] = [];
  const baseFigures: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const oursFirst = i % 2 === 0;
    if (oursFirst) ourFigures.push(await ours(sliceMs));
    baseFigures.push(await base(sliceMs));
    if (!oursFirst) ourFigures.push(await ours(sliceMs));
  }
  const ratios = ourFigures.map((figure, i) => figure / (baseFigures[i] ?? Number.NaN)).sort((a, b) => a - b);
  // Order statistics of the binomial distribution: ranks n/2 ± 0.98 √n.
  const reach = 0.98 * Math.sqrt(pairs);
  return {
    ours: median(ourFigures),
    base: median(baseFigures),
    median: median(ratios),
    low: ratios[Math.max(0, Math.floor(pairs / 2 - reach))] ?? Number.NaN,
    high: ratios[Math.min(pairs - 1, Math.ceil(pairs / 2 + reach) - 1)] ?? Number.NaN,
  };
}

/** Whether the method, put to the same Worker twice, found what it is: no difference, within a tenth. */
export function isSound({ low, high }: Ratio): boolean {
  return low >= 0.9 && high <= 1.1;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Rates by class of service: what leases are made of. */

/** Cost units a second for P0, P1, P2, P3. */
export type Rates = readonly [number, number, number, number];

export const NO_RATES: Rates = [0, 0, 0, 0];

/** Combines two, class by class. */
export function combined(a: Rates, b: Rates, how: (a: number, b: number) => number): Rates {
  return [how(a[0], b[0]), how(a[1], b[1]), how(a[2], b[2]), how(a[3], b[3])];
}

export function scaledBy(rates: Rates, factor: number): Rates {
  return [rates[0] * factor, rates[1] * factor, rates[2] * factor, rates[3] * factor];
}

export const plus = (a: Rates, b: Rates): Rates => combined(a, b, (x, y) => x + y);
export const larger = (a: Rates, b: Rates): Rates => combined(a, b, Math.max);

export function totalOf([p0, p1, p2, p3]: Rates): number {
  return p0 + p1 + p2 + p3;
}

/** From outside: what is missing or no number counts as 0. */
export function ratesFrom(values: readonly number[] | undefined): Rates {
  const at = (i: number): number => {
    const value = values?.[i];
    return value !== undefined && Number.isFinite(value) && value > 0 ? value : 0;
  };
  return [at(0), at(1), at(2), at(3)];
}

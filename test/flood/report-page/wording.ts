/** How figures are written. Rounding never flatters: 99.96 % is not "100 %", and one failure is not "0 %". */

export const NOT_KNOWN = "not known";

export function writeCount(value: number | null): string {
  return value === null ? NOT_KNOWN : Math.round(value).toLocaleString("en-US");
}

/**
 * A share of what is wanted, rounded down.
 * @param share 0 to 1
 */
export function writeShare(share: number | null): string {
  if (share === null) return NOT_KNOWN;
  // Above 99 % the second decimal is what tells good from bad.
  const decimals = share >= 0.99 && share < 1 ? 2 : share > 0 && share < 1 ? 1 : 0;
  return `${roundedDown(share * 100, decimals).toFixed(decimals)} %`;
}

/** A share of what is not wanted, rounded up; 0 to 1. */
export function writeUnwantedShare(share: number): string {
  const decimals = share === 0 || share >= 1 ? 0 : 2;
  return `${(-roundedDown(-share * 100, decimals)).toFixed(decimals)} %`;
}

/** A goal, exactly as it was set; 0 to 1. */
export function writeGoalShare(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

export function writeMilliseconds(ms: number | null): string {
  if (ms === null) return NOT_KNOWN;
  return ms >= 10 || Number.isInteger(ms) ? `${writeCount(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** @param ms written in seconds, or in minutes from two minutes on */
export function writeDuration(ms: number | null): string {
  if (ms === null) return NOT_KNOWN;
  const seconds = ms / 1000;
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  return `${Number((seconds / 60).toFixed(1))} min`;
}

/** A figure and its unit stay on one line. */
export function keepUnits(text: string): string {
  return text.replace(/([\d≤≥]) (?=\d|%|s\b|ms\b|min\b)/g, "$1\u00a0");
}

/** What a load is of what can be borne, rounded up, as a whole percentage. */
export function writeLoad(load: number, capacity: number): string {
  return capacity > 0
    ? `${Math.max(0, Math.ceil((100 * load) / capacity - 1e-9)).toLocaleString("en-US")} %`
    : NOT_KNOWN;
}

function roundedDown(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  // 0.999 × 100 is 99.89999…: without the margin it would be written as 99.89.
  return Math.floor(value * factor + 1e-6) / factor;
}

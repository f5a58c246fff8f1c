/** The controller before origins whose capacity shrinks and returns, while more is wanted than they then bear. */
import { describe, expect, it } from "vitest";
import { ORIGINS } from "./simulated-origin.ts";
import { CONFIGURED, RETURNS_AT, type Row, run, SHRINKS_AT } from "./simulated-site.ts";

/** Means of `sent` over 10 s, by the second in which they end. */
function means(rows: readonly Row[], from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => mean(rows.slice(from + i - 10, from + i).map(({ sent }) => sent)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const most = (rows: readonly Row[], from: number, to: number): number => Math.max(...means(rows, from, to));

describe.each(Object.keys(ORIGINS))("an origin that %s", (origin) => {
  it("has all that is configured as long as it bears it", () => {
    for (const { allowed } of run({ origin, demand: 450, share: 1 })) expect(allowed).toBe(CONFIGURED);
  });

  it.each([0.5, 0.6, 0.8])(
    "is given what it bears within 10 s after it shrinks to %d, and within 30 s of its return",
    (share) => {
      const rows = run({ origin, demand: 500, share });
      const bears = CONFIGURED * share;
      for (const load of means(rows, SHRINKS_AT + 20, RETURNS_AT)) {
        expect(load).toBeLessThanOrEqual(1.1 * bears);
        expect(load).toBeGreaterThanOrEqual(0.6 * bears);
      }
      expect(mean(rows.slice(RETURNS_AT + 30).map(({ sent }) => sent))).toBeGreaterThan(0.8 * 480);
    },
  );

  it("does not swing: peaks beyond what it bears do not grow, and hardly anything fails once it is found", () => {
    const rows = run({ origin, demand: 500, share: 0.5 });
    const early = most(rows, SHRINKS_AT + 20, SHRINKS_AT + 50);
    expect(most(rows, SHRINKS_AT + 50, RETURNS_AT)).toBeLessThanOrEqual(Math.max(0.5 * CONFIGURED, 1.05 * early));
    const settled = rows.slice(SHRINKS_AT + 20, RETURNS_AT);
    const failed = settled.reduce((sum, row) => sum + row.failed, 0);
    expect(failed / settled.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(0.04);
  });
});

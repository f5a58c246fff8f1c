import fc from "fast-check";
import { expect, it } from "vitest";
import { jitteredSeconds } from "../../src/answer/retry.ts";

it("waits are spread by thirty per cent, never sooner than they must be and never nothing", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3600 }), fc.double({ min: 0, max: 1, noNaN: true }), (base, random) => {
      const seconds = jitteredSeconds(base, random);
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(Math.max(1, base));
      expect(seconds).toBeLessThanOrEqual(Math.max(1, Math.ceil(base * 1.3)));
    }),
  );
  expect([jitteredSeconds(20, 0), jitteredSeconds(20, 0.5), jitteredSeconds(20, 1)]).toEqual([20, 23, 26]);
});

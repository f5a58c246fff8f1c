import { describe, expect, test } from "vitest";
import { Random } from "./random.ts";

const draw = (seed: number, count = 8): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.fraction());
};

describe("seeded randomness", () => {
  test("the same seed gives the same sequence, another seed another", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(new Set(draw(0)).size).toBe(8);
  });

  test("is uniform enough for shares", () => {
    const drawn = draw(1, 20_000);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(drawn.reduce((sum, each) => sum + each, 0) / drawn.length).toBeCloseTo(0.5, 2);
  });

  test("a fork goes its own way, whatever its parent does next", () => {
    const forkOf = (draws: number) => {
      const parent = new Random(3);
      const fork = parent.fork();
      for (let i = 0; i < draws; i++) parent.fraction();
      return fork.integer(0, 1_000_000);
    };
    expect(forkOf(0)).toBe(forkOf(100));
  });

  test("picks by share", () => {
    const random = new Random(5);
    const list = [
      { name: "often", share: 3 },
      { name: "seldom", share: 1 },
    ];
    const often = Array.from({ length: 8000 }, () => random.pickByShare(list)).filter(({ name }) => name === "often");
    expect(often.length / 8000).toBeCloseTo(0.75, 1);
  });

  test("integers stay within their bounds and reach both", () => {
    const random = new Random(9);
    const drawn = new Set(Array.from({ length: 200 }, () => random.integer(2, 5)));
    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
  });

  test("log-normal draws lie around 1", () => {
    const random = new Random(11);
    const drawn = Array.from({ length: 5000 }, () => random.lognormal(0.5)).sort((a, b) => a - b);
    expect(drawn[2500]).toBeCloseTo(1, 1);
    expect(drawn[0]).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from "vitest";
import { Shelf } from "./shelf.ts";

describe("a shelf", () => {
  it("keeps the last so many and still knows how many there were", () => {
    const shelf = new Shelf<number>(3, 1000);
    for (let n = 1; n <= 5000; n++) shelf.put(n, 1);
    expect(shelf.all()).toEqual([4998, 4999, 5000]);
    expect(shelf.last(2)).toEqual([5000, 4999]);
    expect(shelf.find((n) => n === 4997)).toBeUndefined();
    expect(shelf.find((n) => n === 4999)).toBe(4999);
    expect(shelf.total).toBe(5000);
  });

  it("keeps no more than fits into its space", () => {
    const shelf = new Shelf<string>(100, 10);
    for (const item of ["a", "b", "c"]) shelf.put(item, 4);
    expect(shelf.all()).toEqual(["b", "c"]);
  });
});

import { describe, expect, it } from "vitest";
import { StandingRefusals } from "../../src/counters/standing-refusals.ts";

const NOW = 1_800_000_000_000;

describe("a refusal", () => {
  it("stands until its budget has room again", () => {
    const refusals = new StandingRefusals();
    const refusal = { untilMs: NOW + 1500 };
    refusals.note("198.51.100.7", refusal, NOW);
    expect(refusals.find("198.51.100.7", NOW + 1499)).toBe(refusal);
    expect(refusals.find("198.51.100.7", NOW + 1500)).toBeNull();
    expect(refusals.find("198.51.100.8", NOW)).toBeNull();
  });
  it("is decided anew after five seconds, as there may be news", () => {
    const refusals = new StandingRefusals();
    refusals.note("198.51.100.7", { untilMs: NOW + 60_000 }, NOW);
    expect(refusals.find("198.51.100.7", NOW + 4999)).not.toBeNull();
    expect(refusals.find("198.51.100.7", NOW + 5000)).toBeNull();
  });
  it("gives way to the next one about the same address", () => {
    const refusals = new StandingRefusals();
    refusals.note("198.51.100.7", { untilMs: NOW + 100 }, NOW);
    refusals.note("198.51.100.7", { untilMs: NOW + 900 }, NOW);
    expect(refusals.find("198.51.100.7", NOW + 500)).toEqual({ untilMs: NOW + 900 });
  });
  it("is forgotten, first come first gone, when there are too many", () => {
    const refusals = new StandingRefusals();
    for (let i = 0; i < 10_000; i++) refusals.note(`address ${i}`, { untilMs: NOW + 1000 }, NOW);
    const standing = Array.from({ length: 10_000 }, (_, i) => refusals.find(`address ${i}`, NOW) !== null);
    expect(standing.filter(Boolean)).toHaveLength(8192);
    expect(standing.at(-1)).toBe(true);
    expect(standing[0]).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { Overshoot } from "../../src/watch/overshoot.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const site = (overdrawn?: number, name = "portal") => ({
  site: name,
  ...(overdrawn === undefined ? {} : { overdrawn }),
});

describe("what was sent to an origin without room for it", () => {
  it("is told at once, then once a minute with all that came meanwhile, also when nothing more does", () => {
    const overshoot = new Overshoot();
    expect(overshoot.note([site(4)], NOW)).toEqual([{ event: "origin-overdrawn", site: "portal", units: 4 }]);
    for (let second = 1; second < 60; second++) expect(overshoot.note([site(2)], NOW + second * 1000)).toEqual([]);
    expect(overshoot.note([site(0)], NOW + 60_000)).toEqual([
      { event: "origin-overdrawn", site: "portal", units: 118 },
    ]);
    expect(overshoot.note([site(0)], NOW + 600_000)).toEqual([]);
  });
  it("is shown with all that there was, and when the last came", () => {
    const overshoot = new Overshoot();
    expect(overshoot.view()).toEqual([]);
    for (let second = 0; second < 90; second++)
      overshoot.note([site(second < 80 ? 0.5 : 0), site(0, "other")], NOW + second * 1000);
    expect(overshoot.view()).toEqual([{ site: "portal", units: 40, lastToldAt: NOW + 79_000 }]);
  });
  it("is told for each site apart, and never of those that have room or say nothing", () => {
    expect(new Overshoot().note([site(0), site(undefined, "old"), site(2.5, "other")], NOW)).toEqual([
      { event: "origin-overdrawn", site: "other", units: 3 },
    ]);
  });
});

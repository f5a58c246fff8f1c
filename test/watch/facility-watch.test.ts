/** Registered facilities: what is usual of them is learned, and what is far beyond it is told, as is an end of registration. */
import { describe, expect, it } from "vitest";
import { addUses, type FacilityUse, FacilityUses } from "../../src/counters/facility-use.ts";
import { FacilityWatch, type UsualRow, type UsualRows } from "../../src/watch/facility-watch.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The beginning of a day. */
const DAY_0 = Date.UTC(2026, 10, 26);
const HOSPITAL = { name: "City hospital", seats: 400 };
const use = (requests: number, different: Partial<FacilityUse> = {}): FacilityUse => ({
  facility: HOSPITAL.name,
  seats: HOSPITAL.seats,
  requests,
  expired: false,
  ...different,
});

/** Rows that outlive the watch, as a table does. */
function table(): UsualRows & { readonly rows: Map<string, UsualRow> } {
  const rows = new Map<string, UsualRow>();
  return {
    rows,
    read: () => [...rows.values()],
    write: (row) => void rows.set(row.facility, row),
    removeBefore: (day) => {
      for (const [facility, row] of rows) if (row.day < day) rows.delete(facility);
    },
  };
}

/** Days with so many requests in their busiest minute, begun at DAY_0. @returns the morning after them */
function live(watch: FacilityWatch, busiest: readonly number[], different: Partial<FacilityUse> = {}): number {
  for (const [day, requests] of busiest.entries())
    watch.note([use(requests, different)], DAY_0 + day * DAY_MS + 10 * HOUR_MS);
  const morning = DAY_0 + busiest.length * DAY_MS;
  watch.note([], morning);
  return morning;
}
const usual = (watch: FacilityWatch, now: number) => watch.view(now)[0]?.usualPerMinute;

describe("more than five times as much as usual", () => {
  it("is told once an hour and shown, and exactly five times is not", () => {
    const watch = new FacilityWatch(table(), DAY_0);
    const now = live(watch, [500, 500, 500]);
    expect(watch.note([use(2500)], now)).toEqual([]);
    expect(watch.note([use(1)], now + 1)).toEqual([
      {
        event: "facility-unusual",
        facility: HOSPITAL.name,
        requests: 2501,
        usualPerMinute: 500,
        remedy: expect.stringContaining("ask the facility"),
      },
    ]);
    expect(watch.view(now + 2)).toEqual([
      { facility: HOSPITAL.name, expired: false, perMinute: 2501, usualPerMinute: 500, unusualAt: now + 1 },
    ]);
    for (let minute = 1; minute < 60; minute++) expect(watch.note([use(9000)], now + minute * MINUTE_MS)).toEqual([]);
    expect(watch.note([use(9000)], now + 61 * MINUTE_MS)).toHaveLength(1);
  });
  it("is what a seat's registration lets in, until a day is known", () => {
    const watch = new FacilityWatch(table(), DAY_0);
    expect(watch.note([use(30 * 400)], DAY_0 + 1)).toEqual([]);
    expect(watch.note([use(1)], DAY_0 + 2)).toMatchObject([{ event: "facility-unusual", usualPerMinute: 2400 }]);
  });
  it("is never so little that one person at work could cause it", () => {
    const surgery = { facility: "A surgery", seats: 2 };
    const watch = new FacilityWatch(table(), DAY_0);
    const now = live(watch, [1, 1, 1], surgery);
    expect(watch.note([use(30, surgery)], now)).toEqual([]);
    expect(watch.note([use(1, surgery)], now)).toMatchObject([{ event: "facility-unusual" }]);
  });
  it("is counted for each facility apart, and over minutes, not for ever", () => {
    const watch = new FacilityWatch(table(), DAY_0);
    const now = live(watch, [500]);
    for (let minute = 0; minute < 30; minute++)
      expect(watch.note([use(2400), use(2400, { facility: "Another" })], now + minute * MINUTE_MS)).toEqual([]);
  });
});

describe("what is usual", () => {
  it("is hardly moved by weekends and holidays", () => {
    const watch = new FacilityWatch(table(), DAY_0);
    const now = live(watch, [500, 500, 500, ...Array<number>(9).fill(10)]);
    expect(usual(watch, now)).toBeGreaterThan(300);
    expect(watch.note([use(1500)], now)).toEqual([]);
  });
  it("follows a facility that grew within a fortnight, and an attack of a day hardly", () => {
    const grown = new FacilityWatch(table(), DAY_0);
    expect(usual(grown, live(grown, [500, ...Array<number>(14).fill(1000)]))).toBeGreaterThan(950);
    const attacked = new FacilityWatch(table(), DAY_0);
    expect(usual(attacked, live(attacked, [500, 12_000]))).toBeLessThanOrEqual(600);
  });
  it("is known after a restart", () => {
    const rows = table();
    const now = live(new FacilityWatch(rows, DAY_0), [500, 500]);
    const restarted = new FacilityWatch(rows, now);
    expect(restarted.note([use(2501)], now + 1)).toMatchObject([{ usualPerMinute: 500 }]);
  });
  it("is forgotten three months after anything came", () => {
    const rows = table();
    const watch = new FacilityWatch(rows, DAY_0);
    live(watch, [500]);
    watch.note([], DAY_0 + 93 * DAY_MS);
    expect(rows.rows.size).toBe(0);
  });
});

it("a facility whose registration has expired is told of once an hour while anything comes from there", () => {
  const watch = new FacilityWatch(table(), DAY_0);
  const lapsed = use(1, { expired: true });
  expect(watch.note([lapsed], DAY_0)).toMatchObject([{ event: "facility-expired", facility: HOSPITAL.name }]);
  expect(watch.note([lapsed], DAY_0 + HOUR_MS - 1)).toEqual([]);
  expect(watch.note([], DAY_0 + HOUR_MS)).toEqual([]);
  expect(watch.note([lapsed], DAY_0 + HOUR_MS)).toHaveLength(1);
  expect(watch.view(DAY_0 + HOUR_MS)).toMatchObject([{ expired: true }]);
});

describe("what an isolate tells of facilities", () => {
  it("is how much came since the last time, with what was an expired one's beside", () => {
    const uses = new FacilityUses();
    expect(uses.collect()).toEqual([]);
    uses.note({ facility: HOSPITAL, lapsed: null });
    uses.note({ facility: HOSPITAL, lapsed: null });
    uses.note({ facility: null, lapsed: { name: "Closed ward", seats: 9 } });
    uses.note({ facility: null, lapsed: null });
    expect(uses.collect()).toEqual([use(2), { facility: "Closed ward", seats: 9, requests: 1, expired: true }]);
    expect(uses.collect()).toEqual([]);
  });
  it("adds up over isolates", () => {
    expect(addUses([use(2)], [use(3), use(1, { facility: "Another" })])).toEqual([
      use(5),
      use(1, { facility: "Another" }),
    ]);
    expect(addUses(undefined, undefined)).toEqual([]);
  });
});

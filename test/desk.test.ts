/** What a desk believes: automatic posture, manual modes, and when each ends. */

import { expect, it } from "vitest";
import { Desk } from "../src/desk.ts";
import { compile } from "../src/policy/compile.ts";
import { decide } from "../src/policy/decide.ts";
import type { Mode } from "../src/policy/modes.ts";
import { inPosture } from "../src/policy/modes.ts";
import type { Posture } from "../src/policy/verdict.ts";
import rules from "../src/rules.ts";
import { doctor, facts } from "./policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const MINUTE_MS = 60_000;
const frame = { reason: "a test", by: "somebody", since: NOW, until: NOW + 10 * MINUTE_MS, notice: null };
const manual = (posture: Posture, different: Partial<Mode> = {}): Mode =>
  ({ ...frame, kind: "posture", posture, ...different }) as Mode;
let revision = 0;
const order = (posture: Posture, modes?: readonly Mode[]) => ({
  site: "x",
  posture,
  because: "",
  unitsPerSecond: 100,
  ...(modes ? { manual: { revision: ++revision, modes } } : {}),
});

function deskOf(different: Partial<(typeof rules.sites)[number]> = {}): Desk {
  const [portal] = rules.sites;
  const [site] = compile({ ...rules, sites: [{ ...portal, ...different } as typeof portal] as never }).sites;
  if (!site) throw new Error("no site");
  return new Desk(site);
}

it("follows the watch, and forgets it after a minute without news", () => {
  const desk = deskOf();
  desk.obey(order("elevated"), NOW);
  expect(desk.posture(NOW + 59_000)).toBe("elevated");
  expect(desk.posture(NOW + 61_000)).toBe("normal");
});

it("forgets as soon what a counter goes on handing on after the watch has gone, and the lines, in which nobody moves any more", () => {
  const desk = deskOf();
  const line = { servedUpTo: NOW - MINUTE_MS, speed: 0.1 };
  const heard = {
    ...order("elevated", [manual("clinicians-first", { until: NOW + 30_000 })]),
    lines: [null, null, line, line],
  };
  for (let ms = 0; ms <= 5 * MINUTE_MS; ms += 1000) {
    desk.obey({ ...heard, toldMsAgo: ms }, NOW + ms);
    const isManual = ms < 30_000;
    const isFresh = ms <= MINUTE_MS;
    expect(desk.posture(NOW + ms)).toBe(isManual ? "clinicians-first" : isFresh ? "elevated" : "normal");
    expect(desk.lines.lineFor(2, NOW + ms)).toEqual(ms < MINUTE_MS ? line : null);
  }
});

it.each<[Posture, Posture]>([
  ["normal", "static-only"],
  ["elevated", "normal"],
])("lets a manual mode override the automatic %s with %s until its end", (automatic, by) => {
  const desk = deskOf();
  desk.obey(order(automatic, [manual(by)]), NOW);
  expect(desk.posture(NOW)).toBe(by);
  // Also without any news, as nobody can take it back by being silent.
  expect(desk.posture(NOW + 10 * MINUTE_MS - 1)).toBe(by);
  desk.obey(order(automatic), NOW + 10 * MINUTE_MS); // an old watch says nothing of modes
  expect(desk.posture(NOW + 10 * MINUTE_MS)).toBe(automatic);
});

it("is not misled by news that were longer on their way", () => {
  const desk = deskOf();
  const [old, fresh] = [order("normal", []), order("normal", [manual("static-only")])];
  desk.obey(fresh, NOW);
  desk.obey(old, NOW + 100);
  expect(desk.posture(NOW + 100)).toBe("static-only");
});

it("drops a manual mode when the watch says that there is none", () => {
  const desk = deskOf();
  desk.obey(order("normal", [manual("static-only")]), NOW);
  desk.obey(order("normal", []), NOW + 1000);
  expect(desk.posture(NOW + 1000)).toBe("normal");
});

it("takes a posture from the rules until its time; an operator's comes first", () => {
  const posture = { is: "elevated", until: "2026-11-26T12:00+02:00", because: "an exercise" } as const;
  const desk = deskOf({ posture });
  const until = Date.UTC(2026, 10, 26, 10);
  expect([desk.posture(until - 1), desk.posture(until)]).toEqual(["elevated", "normal"]);
  expect(desk.onset(until - 1)).toBeNull(); // it does not say since when: nobody loses rank by it
  desk.obey(order("normal", [manual("clinicians-first")]), NOW);
  expect(desk.posture(NOW)).toBe("clinicians-first");
  desk.obey(order("normal", []), NOW + 1000);
  expect(desk.posture(NOW + 1000)).toBe("elevated");
});

it("says what staff tell the visitors: the mode's notice, else the site's, and as of when", () => {
  const notice = { lv: "Labot.", en: "Mending.", updated: "2026-11-26T08:00Z" };
  const desk = deskOf({ notice });
  expect(desk.notice(NOW)).toMatchObject({ notice: { lv: "Labot." }, updatedAt: Date.UTC(2026, 10, 26, 8) });
  desk.obey(order("normal", [manual("static-only")]), NOW);
  expect(desk.notice(NOW)).toMatchObject({ notice: { lv: "Labot." }, updatedAt: NOW });
  desk.obey(order("normal", [manual("static-only", { notice: { lv: "Cits.", en: "Other." } })]), NOW);
  expect(desk.notice(NOW)).toEqual({ notice: { lv: "Cits.", en: "Other." }, updatedAt: NOW });
});

it("knows since when there is an attack, whoever said so first", () => {
  const desk = deskOf();
  expect(desk.onset(NOW)).toBeNull();
  desk.obey({ ...order("elevated"), since: NOW - 5_000 }, NOW);
  expect(desk.onset(NOW)).toBe(NOW - 5_000);
  desk.obey({ ...order("elevated", [manual("clinicians-first")]), since: NOW - 5_000 }, NOW);
  expect(desk.onset(NOW)).toBe(NOW - 5_000);
  desk.obey({ ...order("normal"), since: null }, NOW);
  expect(desk.onset(NOW)).toBe(NOW);
  desk.obey({ ...order("elevated", [manual("normal")]), since: NOW - 5_000 }, NOW);
  expect(desk.onset(NOW)).toBeNull();
});

it("takes a route that the rules switch off as switched off until its time, for everybody", () => {
  const off = {
    until: "2026-11-26T12:00+02:00",
    because: "an exercise",
    notice: { lv: "Meklēšana izslēgta.", en: "Search is off." },
  };
  const [portal] = rules.sites;
  const routes = portal?.routes.map((route) => (route.name === "search" ? { ...route, off } : route)) ?? [];
  const desk = deskOf({ routes });
  const until = Date.UTC(2026, 10, 26, 10);
  const decided = (now: number) =>
    decide(
      facts({ pathname: "/search" }),
      doctor,
      desk.site,
      compile(rules),
      { waitSeconds: () => 0 },
      { ...inPosture(desk.posture(now)), switchedOff: desk.switchedOff },
      now,
    );
  expect(decided(until - 1)).toMatchObject({
    verdict: { kind: "closed", off: { notice: off.notice } },
    reason: "search is switched off",
    charges: [],
  });
  expect(decided(until).verdict.kind).toBe("allow");
});

it("keeps open what has become more than sheddable since an operator switched it off", () => {
  const desk = deskOf();
  const off: Mode = { ...frame, kind: "off", route: "prescription service", notice: null };
  desk.obey(order("normal", [off]), NOW);
  const { verdict } = decide(
    facts({ pathname: "/soap/x", method: "POST", asker: "program" }),
    doctor,
    desk.site,
    compile(rules),
    { waitSeconds: () => 0 },
    { ...inPosture("normal"), switchedOff: desk.switchedOff },
    NOW,
  );
  expect(verdict.kind).toBe("allow");
});

/** The page as text: nothing is loaded, nothing is injected, nothing is made up. */
import { describe, expect, test } from "vitest";
import type { SecondOfRun } from "../result.ts";
import { bareResult, groupOf, guardedResult } from "./fixtures.ts";
import { escapeText } from "./markup.ts";
import { renderReport } from "./render.ts";
import { spansOf } from "./spans.ts";

const BOTH = [guardedResult(), bareResult()];

test("loads nothing and runs nothing", () => {
  const page = renderReport(BOTH);
  expect(page).not.toMatch(/https?:|\/\/[a-z]|<script|<link|<img|<iframe|@import|\son[a-z]+=|javascript:/i);
  expect([...page.matchAll(/url\(([^)]*)\)/g)].every(([, target]) => target?.startsWith("#ink-"))).toBe(true);
  expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith("#run-"))).toBe(true);
});

test("is the same for the same results", () => {
  expect(renderReport(BOTH)).toBe(renderReport(BOTH));
});

test("names come from files of anybody: they are escaped wherever they appear", () => {
  const hostile = `"><script>alert(1)</script>&'`;
  const [first] = guardedResult().series;
  const second: SecondOfRun = {
    ...(first as SecondOfRun),
    posture: hostile,
    attackers: { sent: 5, reachedOrigin: 0, stopped: { [hostile]: 5 } },
  };
  const page = renderReport([
    guardedResult({
      scenario: hostile,
      remark: hostile,
      verdict: hostile,
      rules: [{ name: hostile, matched: 1, ofWhichClinicians: 0 }],
      attackers: { ...guardedResult().attackers, byAnswer: { [hostile]: 5 } },
      clinicians: groupOf({ byLane: { [hostile]: groupOf() } }),
      series: [second],
    }),
  ]);
  expect(page).not.toContain("<script");
  expect(page.split(escapeText(hostile)).length).toBeGreaterThan(8);
});

test("characters that no markup may hold are replaced", () => {
  expect(escapeText("a\u0000b\u001b\n<")).toBe("a\ufffdb\ufffd\n&#60;");
});

describe("what is not known", () => {
  const nothing = groupOf({
    success: null,
    first30s: null,
    addedLatencyMs: { p50: null, p95: null, p99: null },
  });
  const unknown = guardedResult({
    clinicians: nothing,
    residents: nothing,
    attackers: { ...guardedResult().attackers, stopped: null, stoppedFirst30s: null },
    series: [],
  });

  test("is said, never 0", () => {
    const page = renderReport([unknown]);
    expect(page).toContain("How doctors were served after the first 30\u00a0s is not known");
    expect(page).toContain("how much of the flood was stopped is not known");
    expect(page).not.toMatch(/\bnull\b|NaN|undefined|Infinity/);
    expect(page).not.toMatch(/served 0 %|>0 ms/);
    expect(page).toContain("there is nothing to draw");
  });

  test("breaks a line instead of drawing it to the ground", () => {
    const { series } = guardedResult();
    const gap = { ok: 0, failed: 0, p50Ms: null, p95Ms: null };
    const holed = series.map((s) => (s.second === 70 ? { ...s, clinicians: gap, posture: null } : s));
    const page = renderReport([guardedResult({ series: holed })]);
    const lines = [...page.matchAll(/class="line" d="([^"]*)"/g)].map(([, d]) => d?.split("M").length ?? 0);
    // Two of load, drawn through; success, p50 and p95 in two pieces.
    expect(lines).toEqual([2, 2, 3, 3, 3]);
    expect(page).toContain("url(#ink-unknown)");
  });
});

describe("doubts", () => {
  test("a sound run has none", () => {
    expect(renderReport(BOTH)).not.toMatch(/not sound or|Partial:|class="badge doubtful/);
  });

  test("an unsound run is marked on top, over its figures and on each picture", () => {
    const page = renderReport([guardedResult({ sound: false, remark: "The generator was at its limit." })]);
    expect(page).toContain("1 of 1 runs is not sound or not complete");
    expect(page).toContain("These figures prove nothing, neither good nor bad");
    expect(page).toContain("The generator was at its limit.");
    expect(page.match(/<figcaption>[^\n]*?! not sound/g)).toHaveLength(7);
    expect(page).not.toContain("✓ met");
  });

  test("a partial run as well", () => {
    const page = renderReport([guardedResult({ remark: "Ended by hand after 71 s." })]);
    expect(page).toContain("This run is not complete: Ended by hand after 71 s.");
    expect(page).toContain("! partial");
  });
});

describe("with and without the shield", () => {
  test("stand side by side, in whichever order they come", () => {
    expect(renderReport([bareResult(), guardedResult()])).toBe(renderReport(BOTH));
    const page = renderReport(BOTH);
    expect(page.match(/<section/g)).toHaveLength(1);
    expect(page).toContain("With the shield doctors were served 99.94\u00a0%, without it 11.3\u00a0%.");
  });

  test("are not compared when seed or clock differ", () => {
    const page = renderReport([guardedResult(), bareResult({ seed: 2 }), guardedResult({ clock: "model" })]);
    expect(page.match(/<section/g)).toHaveLength(3);
    expect(page).toContain("contract-2018 (model time)");
  });
});

test("no result at all is a page, too", () => {
  expect(renderReport([])).toContain("There is no result.");
});

test("a long run is drawn in few spans, and its worst second is not lost", () => {
  const series = Array.from({ length: 9600 }, (_, second): SecondOfRun => {
    const [first] = guardedResult().series;
    return { ...(first as SecondOfRun), second, originUnits: second === 5001 ? 9999 : 1 };
  });
  const spans = spansOf(guardedResult({ series }), 300);
  expect(spans).toHaveLength(300);
  expect(Math.max(...spans.map(({ originUnits }) => originUnits))).toBe(9999);
  expect(Math.max(...spans.map(({ originUnits10s }) => originUnits10s))).toBeCloseTo((9999 + 9) / 10);
  expect(spans.at(-1)?.toS).toBe(9600);
});

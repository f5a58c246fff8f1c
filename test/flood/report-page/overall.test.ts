import { describe, expect, test } from "vitest";
import { groupOf, guardedResult } from "./fixtures.ts";
import { judgeOverall } from "./overall.ts";

const SIMPLE = "Flood stopped before the portal, after 30 s: simple floods";
const EVERY = "Signed-in clinicians served after the first 30 s, in every scenario";
const POOLED = "Signed-in clinicians served after the first 30 s, all sound runs pooled";

function figure(name: string, ...args: Parameters<typeof judgeOverall>) {
  return judgeOverall(...args).find((each) => each.name === name);
}

function served(scenario: string, success: number, n: number) {
  return guardedResult({ scenario, clinicians: groupOf({ success, counted: { first30s: 0, afterFirst30s: n } }) });
}

describe("all acceptance figures over several runs", () => {
  test("one miss is a miss, and is named", () => {
    const results = [served("contract-2018", 1, 2000), served("adaptive", 0.99, 2000)];
    expect(figure(EVERY, results)).toMatchObject({
      met: false,
      reached: "99.00 % (adaptive)",
      where: "missed in adaptive",
      n: "4,000 requests, 2 of 2 runs",
    });
    expect(figure(EVERY, results.slice(0, 1))).toMatchObject({ met: true, reached: "100 % (contract-2018)" });
  });

  test("pooled, a request counts as a request, whatever run it was in", () => {
    const results = [served("contract-2018", 1, 9000), served("adaptive", 0.998, 1000)];
    expect(figure(POOLED, results)).toMatchObject({ met: true, reached: "99.98 %", n: "10,000 requests", where: "" });
    expect(figure(POOLED, results.slice(1))?.where).toContain("too few");
  });

  test("each kind of flood has its own goal", () => {
    const { attackers } = guardedResult();
    const simple = guardedResult({ attackers: { ...attackers, stopped: 0.96 } });
    const spread = guardedResult({ scenario: "slash64", attackers: { ...attackers, stopped: 0.96 } });
    expect(figure(SIMPLE, [simple, spread])).toMatchObject({ met: false, where: "missed in contract-2018" });
    expect(figure("Flood stopped before the portal, after 30 s: spread floods", [simple, spread])?.met).toBe(true);
  });

  test("a run that failed, or is not sound, cannot be counted as met", () => {
    const { attackers } = guardedResult();
    const good = guardedResult({ attackers: { ...attackers, stopped: 0.999 } });
    expect(figure(SIMPLE, [good])?.met).toBe(true);
    expect(figure(SIMPLE, [good], 1)?.met).toBeNull();
    expect(figure(SIMPLE, [good, guardedResult({ scenario: "cache-buster", sound: false })])).toMatchObject({
      where: "not known in cache-buster",
      n: expect.stringContaining("1 of 2 runs"),
    });
  });

  test("runs without the shield are not judged", () => {
    expect(figure(SIMPLE, [guardedResult({ shield: false })])).toBeUndefined();
  });
});

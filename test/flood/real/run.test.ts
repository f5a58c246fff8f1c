import { describe, expect, test } from "vitest";
import { judge } from "../report-page/acceptance.ts";
import { SCENARIOS } from "../scenarios/index.ts";
import { runReal } from "./run.ts";

describe("a flood in real time", () => {
  test("finishes and is counted, without thresholds", async () => {
    const scenario = SCENARIOS.find(({ name }) => name === "contract-2018");
    if (!scenario) throw new Error("there is no such scenario");
    const result = await runReal({
      scenario,
      seed: 1,
      // Gentle: other tests run beside it.
      scale: 50,
      edges: 4,
      calmS: 5,
      attackS: 5,
      afterS: 1,
      shield: true,
      stop: new AbortController().signal,
    });
    expect(result).toMatchObject({ scenario: "contract-2018", clock: "real", shield: true, isolates: 4, postsLost: 0 });
    expect(result.attackers.requests).toBeGreaterThan(0);
    expect(result.clinicians.requests).toBeGreaterThan(0);
    expect(result.clinicians.tasks.completed).toBeGreaterThan(0);
    expect(result.machines.requests).toBeGreaterThan(0);
    expect(result.residents.requests).toBeGreaterThan(0);
    expect(result.durableObjects.calls).toBeGreaterThan(0);
    expect(result.series.length).toBeGreaterThanOrEqual(11);
    expect(judge(result).length).toBeGreaterThan(5);
  });
});

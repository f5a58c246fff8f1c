/** The whole shield before a portal that loses half of its capacity and gets it back, with few isolates and with all. */
import { describe, expect, it } from "vitest";
import { measureConvergence } from "../convergence.ts";
import { originAils } from "../scenarios/controls.ts";
import { runModel } from "./run-model.ts";
import { oneComputer, WHOLE_WORLD, type World } from "./world.ts";

const WORLDS: readonly (readonly [isolates: number, world: World])[] = [
  [1, oneComputer(1)],
  [8, oneComputer(8)],
  [WHOLE_WORLD.isolates, WHOLE_WORLD],
];

describe.each(WORLDS)("with %d isolates", (_, world) => {
  it("sends within 10 s what the portal then bears, and within 30 s of its return as much as before", async () => {
    const result = await runModel(originAils, { seed: 1, world, calmS: 10, attackS: 90, afterS: 5 });
    const convergence = measureConvergence(originAils, result);
    if (!convergence) throw new Error("the run was too short to tell");
    expect(convergence.least).toBeGreaterThanOrEqual(0.6);
    expect(convergence.most).toBeLessThanOrEqual(1.1);
    expect(convergence.returnedAfterS).toBeLessThanOrEqual(30);
    expect(result.clinicians.blocked).toBe(0);
  });
});

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CLINIC } from "./clinic.ts";
import { CrewPlan, TICK_MS } from "./crew-plan.ts";
import { assertHarmless, type LabScenario, sizeAt } from "./lab-scenario.ts";
import { assertHarmlessClinic } from "./real/cast.ts";
import { goalsOf } from "./report-page/goals.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const RESERVED = /^(192\.0\.2|198\.51\.100|203\.0\.113|198\.1[89]\.\d+)\.\d+$|^2001:db8:/;
const SECONDS = 4;

/** Everything that the first seconds of a flood send, as one hash. */
function hashOf(scenario: LabScenario, seed: number): string {
  const hash = createHash("sha256");
  for (const [n, crew] of scenario.crews.entries()) {
    const plan = new CrewPlan(crew, scenario.scale * 4, seed * 1000 + n, 20);
    for (let tick = 0; tick < (SECONDS * 1000) / TICK_MS; tick++)
      for (const tactic of crew.tactics.keys())
        for (const { client, chance, method, path, lines, body } of plan.dueIn(tick, tactic))
          hash.update(JSON.stringify([tick, client, chance, method, path, lines, body]));
  }
  return hash.digest("hex");
}

const FLOODS = SCENARIOS.filter(({ crews }) => crews.length > 0);

describe("scenarios of the lab", () => {
  test.each(FLOODS)("$name sends the same with the same seed, something else with another", (scenario) => {
    expect(hashOf(scenario, 1)).toBe(hashOf(scenario, 1));
    expect(hashOf(scenario, 1)).not.toBe(hashOf(scenario, 2));
  });

  test.each(SCENARIOS)("$name is harmless", (scenario) => {
    expect(() => assertHarmless(scenario)).not.toThrow();
    for (const crew of scenario.crews) {
      const { sources } = new CrewPlan(crew, scenario.scale, 1, 20);
      expect(sources.filter(({ client }) => !RESERVED.test(client.address))).toEqual([]);
    }
  });

  test("nobody of the clinic lives where somebody may live", () => {
    expect(() => assertHarmlessClinic(CLINIC)).not.toThrow();
    expect(() => assertHarmlessClinic({ ...CLINIC, robots: { ...CLINIC.robots, addresses: ["8.8.8.8"] } })).toThrow(
      RangeError,
    );
  });

  test.each([
    ["an address that may be somebody's", { from: [{ share: 1, network: "8.8.8.0/24" }] }],
    ["a network wider than the reserved one", { from: [{ share: 1, network: "198.18.0.0/14" }] }],
    ["a host that may be somebody's", { host: "example.com" }],
  ])("%s is refused", (_, change) => {
    const [first] = FLOODS;
    const crews = [{ ...first?.crews[0], ...change }] as LabScenario["crews"];
    expect(() => assertHarmless({ name: "wrong", about: "", scale: 1, crews })).toThrow(RangeError);
  });

  test("each has goals of its own", () => {
    for (const { name, crews } of SCENARIOS) expect(goalsOf(name).isControl).toBe(crews.length === 0);
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });

  test("two cores bear them: at most 3,000 requests/s by default", () => {
    for (const { name, crews, scale } of SCENARIOS) {
      const perSecond = crews.reduce((sum, crew) => sum + sizeAt(crew, scale).requestsPerSecond, 0);
      expect(perSecond, name).toBeLessThanOrEqual(3000);
    }
  });

  test("a third of the twin's sources are those of the day before", () => {
    const scenario = (name: string) => SCENARIOS.find((each) => each.name === name);
    const sources = (name: string, crew: number) => {
      const plan = scenario(name)?.crews[crew];
      return plan ? new CrewPlan(plan, 1, 1, 20).sources.map(({ client }) => client.address) : [];
    };
    const before = new Set(sources("contract-2018", 0));
    const again = sources("twin-next-day", 0).filter((address) => before.has(address));
    expect(again).toHaveLength(700);
  });
});

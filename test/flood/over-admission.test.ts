/** Beyond its budget: the demo's rules give an address 100 at once and 5 a second. */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/policy/compile.ts";
import rules from "../../src/rules.ts";
import { CrewPlan } from "./crew-plan.ts";
import type { Crew } from "./lab-scenario.ts";
import { BudgetWatch } from "./over-admission.ts";
import { contractCrew } from "./scenarios/contract-2018.ts";

const START_MS = Date.UTC(2026, 0, 1);

function watchOne(crew: Crew, ask: (watch: BudgetWatch, source: CrewPlan["sources"][number]) => void) {
  const watch = new BudgetWatch(compile(rules), START_MS);
  const [source] = new CrewPlan({ ...crew, sources: 1 }, 1, 1, 10).sources;
  if (!source) throw new Error("a crew without sources");
  ask(watch, source);
  return watch.measure();
}

describe("what a source was let through beyond its budget", () => {
  test("all of a flood that nothing stops", () => {
    const measured = watchOne(contractCrew, (watch, source) => {
      for (let n = 0; n < 400; n++) {
        watch.ask(source, contractCrew, 1);
        watch.admit(source, contractCrew);
      }
    });
    expect(measured).toEqual({ keys: 1, asked: 400, budget: 100, admitted: 400, beyondBudget: 300, worstKey: 300 });
  });

  test("nothing, however much it asks, when no more passes than the budget holds", () => {
    const measured = watchOne(contractCrew, (watch, source) => {
      for (let n = 0; n < 400; n++) {
        watch.ask(source, contractCrew, n * 10);
        if (n < 100) watch.admit(source, contractCrew);
      }
    });
    expect(measured).toMatchObject({ asked: 400, admitted: 100, beyondBudget: 0 });
  });

  test("its worst moment counts: what was refused later does not make up for it", () => {
    const measured = watchOne(contractCrew, (watch, source) => {
      for (let n = 0; n < 150; n++) {
        watch.ask(source, contractCrew, 1);
        watch.admit(source, contractCrew);
      }
      // 10 s later ten times as much is asked, and nothing passes.
      for (let n = 0; n < 1500; n++) watch.ask(source, contractCrew, 10_000);
    });
    expect(measured).toMatchObject({ beyondBudget: 50 });
  });

  test.each([
    ["one that stays within its budget", contractCrew],
    ["one that buys clearances, as its budget is not known from outside", { ...contractCrew, solves: "browser" }],
    [
      "one that rotates its address",
      {
        ...contractCrew,
        from: [{ share: 1, network: "2001:db8::/32", kind: "hosting", countries: ["DE"], rotates: true }],
      },
    ],
  ] as const)("says nothing of %s", (_, crew) => {
    const measured = watchOne(crew, (watch, source) => {
      for (let n = 0; n < 110; n++) watch.ask(source, crew, n * 20);
    });
    expect(measured).toBeNull();
  });

  test("a session has its principal's budget, wherever it is", () => {
    const crew: Crew = { ...contractCrew, signsInAs: "dr.insider" };
    const measured = watchOne(crew, (watch, source) => {
      watch.ask(source, crew, 1, 500);
    });
    // 600 a minute and 100 at once.
    expect(measured).toMatchObject({ asked: 500, budget: 100, beyondBudget: 0 });
  });
});

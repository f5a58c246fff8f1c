import { describe, expect, it } from "vitest";
import { compile } from "../../../src/policy/compile.ts";
import rules from "../../../src/rules.ts";
import type { DeskCore } from "./stand-ins.ts";
import * as standIns from "./stand-ins.ts";

/** Their types need workerd's, which tests do not have; the code itself runs anywhere. */
async function original(path: string): Promise<Record<string, unknown>> {
  return (await import(`../../../src/${path}`)) as Record<string, unknown>;
}

describe("stand-ins", () => {
  it("count as many shards as there are", async () => {
    expect((await original("counters/shards.ts")).SHARD_COUNT).toBe(standIns.SHARD_COUNT);
  });

  it("summarise what a real desk does", async () => {
    const { Desk } = (await original("isolate.ts")) as { Desk: typeof DeskCore };
    const [site] = compile(rules).sites;
    if (!site) throw new Error("the rules have no site");
    const [stood, real] = [standIns.DeskCore, Desk].map((Kind) => {
      const desk = new Kind(site);
      desk.summarize(1000);
      desk.noteWanted(0, 2);
      desk.noteTurnedAway(3);
      desk.noteForwarded(true);
      desk.noteForwarded(false);
      return desk.summarize(2500);
    });
    expect(real).toMatchObject({ ...stood });
  });
});

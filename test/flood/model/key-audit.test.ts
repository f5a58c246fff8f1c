/** The judge of the counters, on cases that can be worked out by hand. */
import { describe, expect, it } from "vitest";
import type { Charge } from "../../../src/policy/verdict.ts";
import { sipHash } from "../../../src/siphash.ts";
import { budgetOf } from "../../counters/fleet.ts";
import { KeyAudit, type KeyReport } from "./key-audit.ts";

const KEY = [1, 2, 3, 4] as const;
const START = 1_800_000_000_000;
/** One unit a second, ten at once. */
const budget = budgetOf({ incrementMs: 1000, toleranceMs: 10_000 });
const charge = (cost = 1, strict = false): Charge => ({
  budget: { ...budget, strict },
  key: "somebody",
  cost,
  scale: 1,
});

function only(audit: KeyAudit, endMs = START + 10_000): KeyReport {
  const [report, ...others] = audit.overBudget(endMs);
  if (!report || others.length > 0) throw new Error("there is one key over its budget");
  return report;
}

describe("over-admission", () => {
  it("is what was let through beyond burst + rate × time in any span of time", () => {
    const audit = new KeyAudit(2, [...KEY]);
    const id = audit.idOf(charge());
    const pair = audit.pairOf(id, 0);
    for (let i = 0; i < 15; i++) {
      audit.ask(id, pair, 1, START);
      audit.admit(id, 1, START);
    }
    expect(only(audit)).toMatchObject({ admittedUnits: 15, budgetUnits: 10, overUnits: 5 });
  });

  it("counts nothing that is given back, and the exact counter gives back only what it let pass", () => {
    const audit = new KeyAudit(2, [...KEY]);
    const id = audit.idOf(charge());
    const pair = audit.pairOf(id, 0);
    // Thirty ask at once; of none anything comes.
    const exactly = Array.from({ length: 30 }, () => audit.ask(id, pair, 1, START));
    expect(exactly.filter((passed) => passed).length).toBe(10);
    for (const passed of exactly) if (passed) audit.giveBack(id, 1);
    // So there is room for ten again, and they have it.
    for (let i = 0; i < 10; i++) {
      expect(audit.ask(id, pair, 1, START + 1)).toBe(true);
      audit.admit(id, 1, START + 1);
    }
    expect(only(audit)).toMatchObject({ askedUnits: 40, admittedUnits: 10, budgetUnits: 10, overUnits: 0 });
  });

  it("is counted in units, whatever each request costs", () => {
    const audit = new KeyAudit(2, [...KEY]);
    const id = audit.idOf(charge(1));
    const pair = audit.pairOf(id, 0);
    expect(audit.ask(id, pair, 8, START)).toBe(true);
    audit.admit(id, 8, START);
    expect(audit.ask(id, pair, 4, START)).toBe(false);
    audit.admit(id, 4, START);
    expect(only(audit)).toMatchObject({ askedUnits: 12, budgetUnits: 8, overUnits: 2 });
  });
});

describe("news", () => {
  it("is as old as that of the isolate that heard last, from when it was first asked", () => {
    const audit = new KeyAudit(2, [...KEY]);
    const id = audit.idOf(charge());
    const { hi, lo } = sipHash([...KEY], `${budget.name}|somebody`);
    const [near, far] = [audit.pairOf(id, 0), audit.pairOf(id, 1)];
    for (let i = 0; i < 20; i++) audit.ask(id, near, 1, START + 100);
    audit.told(hi, lo, 0, START + 10_100, START + 900);
    audit.ask(id, far, 1, START + 1000);
    // Where the key stands without the others is no news.
    audit.told(hi, lo, 1, START + 2000, START + 1500);
    expect(only(audit).newsMs).toBeNull();
    audit.told(hi, lo, 1, START + 12_000, START + 2600);
    expect(only(audit).newsMs).toBe(1600);
  });

  it("of a strict budget is any answer of its owner", () => {
    const audit = new KeyAudit(2, [...KEY]);
    const id = audit.idOf(charge(1, true));
    const { hi, lo } = sipHash([...KEY], `strict ${budget.name}|somebody`);
    for (let i = 0; i < 20; i++) audit.ask(id, audit.pairOf(id, 1), 1, START);
    audit.answered(hi, lo, 1, START + 700);
    expect(only(audit)).toMatchObject({ newsMs: 700, ignorantIsolates: 0 });
  });
});

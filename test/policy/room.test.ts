/** How much room an address or a prefix has, by who is registered or was seen there. */
import { describe, expect, it } from "vitest";
import { compile } from "../../src/policy/compile.ts";
import { roomForOurWork, scaleOf } from "../../src/policy/room.ts";
import rules from "../../src/rules.ts";
import { identity } from "./subjects.ts";

const budgets = compile(rules).budgets;
function shipped(per: string) {
  const budget = budgets.find((each) => each.per === per);
  if (!budget) throw new Error(`the rules have no budget per ${per}`);
  return budget;
}
const nobody = () => 0;
const hospital = identity({ facility: { name: "Demo hospital", seats: 400 } });

describe("room", () => {
  it("is by the seat in a registered facility, whoever was seen there", () => {
    expect(scaleOf(shipped("facility"), hospital, 1, nobody)).toBe(400);
    expect(scaleOf(shipped("prefix"), hospital, 1, () => 1000)).toBe(21);
    expect(roomForOurWork(400, () => 1000)).toBe(21);
  });
  it.each([
    [0, 1, 1, 1],
    [2, 1, 1, 1], // who was seen first earns nothing
    [12, 2, 1.5, 2],
    [402, 41, 21, 41],
    [100_000, 101, 51, 101],
  ])("where nobody is registered is earned by proven people, up to a thousand: %i", (people, address, prefix, ours) => {
    expect(scaleOf(shipped("address"), identity(), 1, () => people)).toBe(address);
    expect(scaleOf(shipped("prefix"), identity(), 1, () => people)).toBe(prefix);
    expect(roomForOurWork(null, () => people)).toBe(ours);
  });
  it("of one person, or of a whole network operator, is nobody else's to earn", () => {
    for (const per of ["principal", "transaction", "network"])
      expect(scaleOf(budgets.find((each) => each.per === per) ?? shipped("principal"), identity(), 1, () => 500)).toBe(
        1,
      );
  });
  it("of a clearance is its share, and enough for this very request", () => {
    const half = identity({ clearanceShare: 0.25 });
    expect(scaleOf(shipped("clearance"), half, 1, nobody)).toBe(0.25);
    expect(scaleOf(shipped("clearance"), half, 30, nobody)).toBe(0.5);
  });
});

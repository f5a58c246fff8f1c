import { describe, expect, it } from "vitest";
import { warnings } from "../../src/policy/warnings.ts";
import rules from "../../src/rules.ts";

const NOW = Date.parse("2027-03-01T12:00:00Z");
const warningsFor = (expires: string, seats = 400) =>
  warnings({ ...rules, facilities: [{ name: "City hospital", networks: ["203.0.113.0/28"], seats, expires }] }, NOW);

describe("a facility", () => {
  it.each([
    ["2027-02-28", /expired on 2027-02-28 and counts for nothing/],
    ["2027-03-01", /expires today\./],
    ["2027-03-02", /expires in 1 day\./],
    ["2027-03-31", /expires in 30 days/],
  ])("that ends on %s is warned about", (expires, sentence) =>
    expect(warningsFor(expires)).toEqual([expect.stringMatching(sentence)]),
  );
  it("that has time is not", () => expect(warningsFor("2027-04-02")).toEqual([]));
  it("with more seats than any has is warned about", () =>
    expect(warningsFor("2028-01-01", 20_000)).toEqual([expect.stringMatching(/600000 unproven requests a minute/)]));
});

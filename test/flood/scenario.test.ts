import { describe, expect, test } from "vitest";
import { addressesOf, addressOf, assertHarmless, type Scenario } from "./scenario.ts";
import { demo } from "./scenarios/demo.ts";

const withSources = (sources: Scenario["flood"]["sources"]): Scenario => ({
  ...demo,
  flood: { ...demo.flood, sources },
});

describe("scenarios", () => {
  test("the demo uses reserved addresses only", () => {
    expect(() => assertHarmless(demo)).not.toThrow();
    const addresses = addressesOf(demo.flood.sources);
    expect(new Set(addresses).size).toBe(demo.flood.sources.count);
    expect(addresses.every((address) => /^198\.1[89]\./.test(address))).toBe(true);
  });

  test("a flood from addresses that may be somebody's is refused", () => {
    expect(() => assertHarmless(withSources({ count: 10, first: "8.8.8.0", span: 10 }))).toThrow(/198\.18\.0\.0\/15/);
    expect(() => assertHarmless(withSources({ count: 10, first: "198.19.255.250", span: 10 }))).toThrow(RangeError);
    expect(() => assertHarmless(withSources({ count: 10, first: "198.18.0.0", span: 5 }))).toThrow(RangeError);
  });

  test("doctors who would live at somebody's address are refused", () => {
    const onDuty = { count: 2, firstAddress: "203.0.113.255" };
    expect(() => assertHarmless({ ...demo, doctors: { ...demo.doctors, onDuty } })).toThrow(/203\.0\.113\.0\/24/);
  });

  test("no two doctors share an address", () => {
    const { onDuty, arriving } = demo.doctors;
    const addresses = [onDuty, arriving].flatMap((cast) =>
      Array.from({ length: cast.count }, (_, n) => addressOf(cast, n)),
    );
    expect(new Set(addresses).size).toBe(onDuty.count + arriving.count);
  });
});

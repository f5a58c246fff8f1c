import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Company } from "../../src/counters/company.ts";

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;
/** Principals are keyed hashes of ours. */
const person = (i: number): string => createHash("sha256").update(`person ${i}`).digest("hex").slice(0, 32);
const fill = (company: Company, key: string, people: number, now = NOW): void => {
  for (let i = 0; i < people; i++) company.note(key, person(i), now);
};

describe("company", () => {
  it.each([1, 10, 100, 400, 800])("of %i people is known within a tenth", (people) => {
    const company = new Company();
    fill(company, "198.51.100.1", people);
    fill(company, "198.51.100.1", people); // who comes twice counts once
    expect(Math.abs(company.at("198.51.100.1", NOW) - people)).toBeLessThanOrEqual(Math.max(0.5, people / 10));
  });
  it("is nobody where nobody was seen", () => expect(new Company().at("198.51.100.1", NOW)).toBe(0));
  it("ends: however many came in a day, the room that they earn has a limit", () => {
    const company = new Company();
    fill(company, "198.51.100.1", 100_000);
    expect(company.at("198.51.100.1", NOW)).toBeLessThan(3200);
  });
  it("fades within half an hour", () => {
    const company = new Company();
    fill(company, "198.51.100.1", 100);
    expect(company.at("198.51.100.1", NOW + 14 * MINUTE_MS)).toBeGreaterThan(90);
    expect(company.at("198.51.100.1", NOW + 31 * MINUTE_MS)).toBe(0);
  });
  it("is not pushed out by one person who is on tour through a million addresses", () => {
    const company = new Company();
    fill(company, "hospital", 50);
    for (let i = 0; i < 100_000; i++) company.note(`address ${i}`, person(0), NOW);
    expect(company.at("hospital", NOW)).toBeGreaterThan(45);
  });
  it("takes nothing that is no principal", () => {
    const company = new Company();
    company.note("198.51.100.1", "not hexadecimal", NOW);
    expect(company.at("198.51.100.1", NOW)).toBe(0);
  });
});

/** How many forms an isolate holds, and whose. */
import { describe, expect, it } from "vitest";
import { Held, roomFor } from "../../src/resend/held.ts";
import { identity } from "../policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const MB = 1_048_576;
const STRANGER = identity();
const CLEARED = identity({ lane: "cleared" });
const DOCTOR = identity({ lane: "clinician" });
const PAST_HER_PASS = identity({ knownDevice: true, evidence: "known-device" });
const AT_HOSPITAL = identity({ facility: { name: "hospital", seats: 400 } });

/** Fills what this one may fill; says how many it took. */
function fill(held: Held, bytes: number, limit: number): number {
  let count = 0;
  while (held.take(bytes, limit, NOW)) count++;
  return count;
}

describe("room for forms", () => {
  it.each([false, true])("is left for those who are known when strangers fill theirs (returned: %s)", (returned) => {
    for (const stranger of [STRANGER, CLEARED]) {
      const held = new Held();
      expect(fill(held, 2 * MB, roomFor(stranger, returned))).toBeGreaterThanOrEqual(8);
      expect(held.take(2 * MB, roomFor(DOCTOR, returned), NOW)).not.toBeNull();
      expect(held.take(2 * MB, roomFor(PAST_HER_PASS, returned), NOW)).not.toBeNull();
      expect(held.take(2 * MB, roomFor(AT_HOSPITAL, returned), NOW)).not.toBeNull();
    }
  });
  it("is left for forms that come back when others fill theirs", () => {
    const held = new Held();
    fill(held, 2 * MB, roomFor(STRANGER, false));
    expect(held.take(2 * MB, roomFor(STRANGER, true), NOW)).not.toBeNull();
  });
  it("is for so many at the most, however small they are", () =>
    expect(fill(new Held(), 0, roomFor(DOCTOR, true))).toBeLessThanOrEqual(2048));
  it("comes back once, when it is given back or after two minutes", () => {
    const held = new Held();
    const limit = 3 * MB;
    const giveBack = held.take(2 * MB, limit, NOW);
    expect(held.take(2 * MB, limit, NOW)).toBeNull();
    giveBack?.();
    giveBack?.();
    expect(held.take(2 * MB, limit, NOW)).not.toBeNull();
    expect(held.take(2 * MB, limit, NOW + 119_999)).toBeNull();
    expect(held.take(2 * MB, limit, NOW + 120_000)).not.toBeNull();
  });
});

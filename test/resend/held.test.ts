/** How many forms an isolate holds, and whose. */
import { describe, expect, it } from "vitest";
import { Held, roomFor } from "../../src/resend/held.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const MB = 1_048_576;
const STRANGER = { lane: "unknown", facility: null } as const;
const CLEARED = { lane: "cleared", facility: null } as const;
const DOCTOR = { lane: "clinician", facility: null } as const;
const AT_HOSPITAL = { lane: "unknown", facility: { name: "hospital", seats: 400 } } as const;

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

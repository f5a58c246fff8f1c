import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { LANES } from "../src/identity/identity.ts";
import { POSTURES } from "../src/policy/verdict.ts";
import { createSealer, type Sealer } from "../src/seal.ts";
import {
  CODE_EVERY_MS,
  CODE_TTL_MS,
  codeFor,
  openCode,
  openingNumber,
  parseCode,
  type Turned,
} from "../src/support-code.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const TURNED: Turned = { verdict: "limit", reason: "one address", lane: "unknown", posture: "normal", alone: false };
/** The same ones each time, so that what is counted here is so always or never. */
let secrets = 0;
const newSecret = () => createHash("sha256").update(`secret ${secrets++}`).digest("base64url");

async function sealerOf(current: string, previous?: string): Promise<Sealer> {
  const sealer = await createSealer({ current, previous });
  if (!sealer) throw new Error("the secrets of this test are good");
  return sealer;
}

let sealer: Sealer;
beforeAll(async () => {
  sealer = await sealerOf(newSecret());
});

const anyTurned = fc.record({
  verdict: fc.constantFrom<Turned["verdict"]>("challenge", "limit", "block", "wait", "closed", "fault"),
  reason: fc.string({ unit: "binary", maxLength: 60 }),
  lane: fc.constantFrom(...LANES),
  posture: fc.constantFrom(...POSTURES),
  alone: fc.boolean(),
});

describe("a support code", () => {
  it("says why and when somebody was turned away, for an hour", () => {
    fc.assert(
      fc.property(
        anyTurned,
        fc.nat(2 ** 32 - 1),
        fc.boolean(),
        fc.nat(CODE_TTL_MS),
        (turned, random, opens, laterMs) => {
          const code = codeFor(sealer, turned, opens ? openingNumber(random) : 0, NOW);
          expect(code).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
          const [opened, ...others] = openCode(sealer, code, NOW + laterMs);
          expect(others).toEqual([]);
          expect(opened).toMatchObject({ lane: turned.lane, posture: turned.posture, alone: turned.alone, opens });
          expect(opened?.means(turned.verdict, turned.reason)).toBe(true);
          expect(NOW - (opened?.from ?? 0)).toBeGreaterThanOrEqual(0);
          expect(NOW - (opened?.from ?? 0)).toBeLessThan(CODE_EVERY_MS);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("stays the same for two minutes where it opens nothing, so that a flood is told the same bytes", () => {
    const from = Math.ceil(NOW / CODE_EVERY_MS) * CODE_EVERY_MS;
    const codes = [from, from + CODE_EVERY_MS - 1, from + CODE_EVERY_MS].map((at) => codeFor(sealer, TURNED, 0, at));
    expect(codes[0]).toBe(codes[1]);
    expect(codes[1]).not.toBe(codes[2]);
  });

  it("is another one for each number, and looks like any other", () => {
    const codes = Array.from({ length: 20_000 }, (_, number) => codeFor(sealer, TURNED, number, NOW));
    expect(new Set(codes).size).toBe(codes.length);
    // Every letter of the alphabet stands in every place about as often: 625 times, give or take five deviations.
    for (const place of [0, 1, 2, 3, 5, 6, 7, 8]) {
      const counts = new Map<string, number>();
      for (const code of codes) counts.set(code[place] ?? "", (counts.get(code[place] ?? "") ?? 0) + 1);
      expect(counts.size).toBe(32);
      for (const count of counts.values()) expect(Math.abs(count - 625)).toBeLessThan(130);
    }
  });

  it("can be read under the previous secret, and under no other", async () => {
    const [older, newer] = [newSecret(), newSecret()];
    const code = codeFor(await sealerOf(older), TURNED, 7, NOW);
    const reads = (by: Sealer) =>
      openCode(by, code, NOW).some(({ means, posture }) => posture === "normal" && means("limit", "one address"));
    expect(reads(await sealerOf(newer, older))).toBe(true);
    expect(reads(await sealerOf(newer))).toBe(false);
  });

  it("may be typed in any way that people type", () => {
    for (const typed of ["ABCD-EFGH", "abcd efgh", " abcd-EFGH ", "abcdefgh", "ABCD–EFGH"])
      expect(parseCode(typed)).toBe("ABCD-EFGH");
    for (const typed of [
      "",
      "ABCD-EFG",
      "ABCD-EFGHJ",
      "ABCD-EFG0",
      "ABCD-EFGI",
      "ABCD_EFGH",
      "Ä".repeat(8),
      "A".repeat(99),
    ])
      expect(parseCode(typed)).toBeNull();
  });
});

/** What a support code says: for whatever the shipped rules can turn somebody away, and for nothing else. */
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { compile } from "../../src/policy/compile.ts";
import { readCode } from "../../src/policy/read-code.ts";
import { REASONS, reasonForOff, VERDICTS_OF } from "../../src/policy/reasons.ts";
import { FAULT_CODES } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";
import { createSealer } from "../../src/seal.ts";
import { CODE_TTL_MS, codeFor, type Turned } from "../../src/support-code.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const policy = compile(rules);
const sealer = await createSealer({ current: randomBytes(32).toString("base64url") });
if (!sealer) throw new Error("32 random bytes are a good secret");
const read = (code: string, now = NOW) => readCode(sealer, policy, code, now);
const turnedBy = (verdict: Turned["verdict"], reason: string): Turned => ({
  verdict,
  reason,
  lane: "unknown",
  posture: "elevated",
  alone: true,
});

it("names verdict, reason, lane, posture and whether it was counted alone, for every reason there is", () => {
  const causes: readonly (readonly [Turned["verdict"], string])[] = [
    ...policy.budgets.map(({ name }) => ["limit", name] as const),
    ...policy.rules.flatMap(({ name, then }) =>
      then === "block" || then === "challenge" ? [[then, name] as const] : [],
    ),
    ...FAULT_CODES.map((code) => ["fault", code] as const),
    ...(["challenge", "closed"] as const).map((verdict) => [verdict, "clinicians-first"] as const),
    ...policy.sites.flatMap(({ routes }) => routes.map(({ name }) => ["closed", reasonForOff(name)] as const)),
    ...(Object.keys(REASONS) as (keyof typeof REASONS)[]).flatMap((name) =>
      VERDICTS_OF[name].map((verdict) => [verdict, REASONS[name]] as const),
    ),
  ];
  expect(causes.length).toBeGreaterThan(40);
  for (const [verdict, reason] of causes) {
    const turned = turnedBy(verdict, reason);
    const readings = read(codeFor(sealer, turned, 0, NOW), NOW + CODE_TTL_MS);
    expect(readings).toContainEqual({ ...turned, opens: false, from: expect.any(Number) });
    expect(readings.length).toBeLessThanOrEqual(3);
  }
});

it("knows a code that nobody was given: of 2,000 at most a handful seem to mean something", () => {
  const random = () =>
    codeFor(sealer, turnedBy("block", randomBytes(8).toString("hex")), randomBytes(4).readUInt32BE(), NOW);
  const meaningful = Array.from({ length: 2_000 }, random).filter((code) => read(code).length > 0);
  expect(meaningful.length).toBeLessThan(100);
});

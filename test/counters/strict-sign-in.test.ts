/** The strict budget of the shipped rules, which does not recover here, through the real bundle. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";

let lab: Lab;
beforeAll(async () => {
  const rulesModule = join(import.meta.dirname, "../lab/steady-rules.ts");
  lab = await startEdges({ edges: 2, portalCapacity: 0, patient: true, rulesModule });
});
afterAll(() => lab.stop());

/** Whom the answer is from: null is the origin. */
async function startSignIn(address: string, edge: number): Promise<string | null> {
  const url = new URL("/login", lab.shieldUrls[edge]);
  const response = await fetch(url, { headers: { "CF-Connecting-IP": address }, redirect: "manual" });
  await response.arrayBuffer();
  return response.headers.get("Shield-Mitigated");
}

it("lets no more sign-ins start from one prefix than it says, whichever isolate is asked", async () => {
  const answers: (string | null)[] = [];
  for (let batch = 0; batch < 10; batch++)
    answers.push(
      ...(await Promise.all(Array.from({ length: 20 }, (_, i) => startSignIn(`203.0.113.${100 + i}`, i & 1)))),
    );
  const passed = answers.filter((answer) => answer === null).length;
  // Tokens that one isolate holds in vain are missing, never too many.
  expect(passed).toBeLessThanOrEqual(60);
  expect(passed).toBeGreaterThan(30);
});

/** The strict budget of the shipped rules, through the real bundle: its shards are fresh here, so none is recovering. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startEdges({ edges: 2, portalCapacity: 0 });
});
afterAll(() => lab.stop());

async function startSignIn(address: string, edge: number): Promise<number> {
  const url = new URL("/login", lab.shieldUrls[edge]);
  const response = await fetch(url, { headers: { "CF-Connecting-IP": address }, redirect: "manual" });
  await response.arrayBuffer();
  return response.status;
}

it("lets no more sign-ins start from one prefix than it says, whichever isolate is asked", async () => {
  const statuses: number[] = [];
  const from = Date.now();
  for (let batch = 0; batch < 10; batch++)
    statuses.push(
      ...(await Promise.all(Array.from({ length: 20 }, (_, i) => startSignIn(`203.0.113.${100 + i}`, i & 1)))),
    );
  const seconds = (Date.now() - from) / 1000;
  // Whether the origin had room for them as well is another matter.
  const passed = statuses.filter((status) => status !== 429).length;
  // 60 at once and one a second; tokens that one isolate holds in vain are missing, never too many.
  expect(passed).toBeLessThanOrEqual(60 + seconds);
  expect(passed).toBeGreaterThan(30);
}, 60_000);

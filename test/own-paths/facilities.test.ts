/** What operators see of registered facilities, through the production bundle over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

let running: Lab;
beforeAll(async () => {
  running = await startEdges({
    edges: 2,
    portalCapacity: 0,
    rulesModule: join(import.meta.dirname, "../lab/facility-rules.ts"),
    vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
});
afterAll(() => running.stop());

const edge = (i = 0): URL => running.shieldUrls[i] ?? new URL("http://nowhere");
/** Where nobody asks any more nothing more is told, so there is always a visitor. */
async function shown() {
  await lab.ask(edge(), "/news");
  return JSON.parse((await lab.operate(edge(1), "/.shield/posture")).body).facilities;
}
/** A program at this address asks so often. @returns how often it was refused */
async function flood(address: string, times: number): Promise<number> {
  let refused = 0;
  for (let i = 0; i < times; i++) {
    const headers = { "CF-Connecting-IP": address, Accept: "application/json" };
    if ((await lab.ask(edge(), "/news", { headers })).status === 429) refused++;
  }
  return refused;
}

it("a facility that uses more than its registration lets in is shown as unusual, what was refused at once included", async () => {
  expect(await shown()).toMatchObject([
    { facility: "Small surgery", seats: 1, expired: false, perMinute: 0, usualPerMinute: null, unusualAt: null },
    { facility: "Closed ward", expired: true, expires: "2020-12-31T00:00:00.000Z" },
  ]);
  expect(await flood("203.0.113.16", 300)).toBeGreaterThan(200);
  // A minute may end in the midst of it: then one of the two has half of them at the least.
  const isUnusual = async () => (await shown())[0].perMinute >= 150;
  expect(await lab.secondsUntil(isUnusual)).toBeLessThan(5);
  const [surgery] = await shown();
  expect(Date.now() - Date.parse(surgery.unusualAt)).toBeLessThan(60_000);
});

it("what comes from an expired one is shown, and enjoys nothing", async () => {
  await flood("203.0.113.17", 10);
  expect(await lab.secondsUntil(async () => (await shown())[1].perMinute >= 5)).toBeLessThan(5);
});

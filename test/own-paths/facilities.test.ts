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
    patient: true,
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
/** Programs at this address ask so often. @returns how often they were served */
async function flood(address: string, times: number): Promise<number> {
  const headers = { "CF-Connecting-IP": address, Accept: "application/json" };
  const answers = await Promise.all(Array.from({ length: times }, () => lab.ask(edge(), "/news", { headers })));
  return answers.filter(({ status }) => status !== 429).length;
}

it("a facility that uses more than its registration lets in is shown as unusual, what was refused at once included", async () => {
  expect(await shown()).toMatchObject([
    { facility: "Small surgery", seats: 1, expired: false, perMinute: 0, usualPerMinute: null, unusualAt: null },
    { facility: "Closed ward", expired: true, expires: "2021-01-01T00:00:00.000Z" },
  ]);
  const from = Date.now();
  expect(await flood("203.0.113.16", 300)).toBe(30);
  // A minute may end in the midst of it: then one of the two has half of them at the least.
  const [surgery] = await lab.eventually(shown, ([{ perMinute }]) => perMinute >= 150);
  expect(Date.parse(surgery.unusualAt)).toBeGreaterThanOrEqual(from);
});

it("what comes from an expired one is shown, and enjoys nothing", async () => {
  // What any other address has.
  expect(await flood("203.0.113.17", 130)).toBe(100);
  await lab.eventually(shown, ([, { perMinute }]) => perMinute >= 50);
});

/** A stolen session and a mad system are held to their own budgets; those behind the same address notice nothing. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serviceKeyHeader, serviceKeyOf } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";
import { SECRET } from "./proving.ts";

const HOSPITAL = { "CF-Connecting-IP": "198.51.100.20" };
const ISOLATES = 2;

let running: Lab;
beforeAll(async () => {
  const steady = new URL("../lab/steady-rules.ts", import.meta.url).pathname;
  running = await startEdges({
    edges: ISOLATES,
    portalCapacity: 0,
    patient: true,
    rulesModule: steady,
    vars: { SHIELD_SECRET: SECRET },
  });
});
afterAll(() => running.stop());

let turn = 0;
/** Any of the isolates, in turn. */
const edge = (): URL => running.shieldUrls[turn++ % ISOLATES] ?? new URL("http://nowhere");

/**
 * Asks as fast as it can, until others are done and it was refused so often in a row that every isolate refuses it.
 * @returns how many requests the origin answered
 */
async function rampage(presented: () => Record<string, string>, others: Promise<unknown>): Promise<number> {
  let passed = 0;
  let refusedInARow = 0;
  let othersAreAtWork = true;
  void others.finally(() => {
    othersAreAtWork = false;
  });
  const one = async (): Promise<void> => {
    while (othersAreAtWork || refusedInARow < 100) {
      const got = await lab.ask(edge(), "/echo/x", { headers: { ...HOSPITAL, ...presented() } });
      expect([200, 429]).toContain(got.status);
      refusedInARow = got.status === 429 ? refusedInARow + 1 : 0;
      if (got.status === 200) passed++;
      await pause(20);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return passed;
}

/** Asks now and then, as somebody at work does. @returns how many of the requests were not served */
async function atWork(path: string, times: number, presented: () => Record<string, string>): Promise<number> {
  let turnedAway = 0;
  for (let i = 0; i < times; i++) {
    const got = await lab.ask(edge(), path, { headers: { ...HOSPITAL, ...presented() } });
    if (got.status !== 200) turnedAway++;
    await pause(400);
  }
  return turnedAway;
}

describe("behind one address", () => {
  it("a stolen session is held to its own budget, colleagues notice nothing, and its owner can still sign in", async () => {
    const stolen = await lab.signIn(edge(), "dr.insider");
    const cookies: string[] = [];
    for (let i = 0; i < 20; i++) cookies.push(await lab.signIn(edge(), `dr.colleague-${i}`));
    const colleagues = Promise.all(cookies.map((Cookie) => atWork("/app/prescriptions", 15, () => ({ Cookie }))));
    const passed = await rampage(() => ({ Cookie: stolen }), colleagues);
    expect(await colleagues).toEqual(cookies.map(() => 0));
    // 100 at once for one clinician; until the news comes each isolate may admit that for itself.
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThanOrEqual(ISOLATES * 100);

    const headers = { ...HOSPITAL, ...lab.NAVIGATION, Cookie: stolen };
    const more = await Promise.all(
      Array.from({ length: 40 }, () => lab.ask(edge(), "/app/prescriptions", { headers })),
    );
    expect(more.map(({ status }) => status).filter((status) => status !== 429)).toEqual([]);
    expect((await lab.ask(edge(), "/login", { headers })).status).toBe(200);
  });

  it("a mad practice system is, too", async () => {
    const system = (id: string) => () => ({
      "Shield-Key": serviceKeyHeader({
        id,
        key: serviceKeyOf(SECRET, id),
        method: "GET",
        host: lab.HOST,
        target: "/echo/x",
        timeMs: Date.now(),
      }),
    });
    const well = atWork("/echo/x", 15, system("well-1"));
    const passed = await rampage(system("mad-1"), well);
    expect(await well).toBe(0);
    expect(passed).toBeGreaterThanOrEqual(300);
    expect(passed).toBeLessThanOrEqual(ISOLATES * 300);
  });
});

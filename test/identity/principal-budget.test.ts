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
  const roomy = new URL("../lab/roomy-rules.ts", import.meta.url).pathname;
  running = await startEdges({
    edges: ISOLATES,
    portalCapacity: 0,
    rulesModule: roomy,
    vars: { SHIELD_SECRET: SECRET },
  });
});
afterAll(() => running.stop());

let turn = 0;
/** Any of the isolates, in turn. */
const edge = (): URL => running.shieldUrls[turn++ % ISOLATES] ?? new URL("http://nowhere");

/** Asks as fast as it can for so many seconds. @returns how many requests the origin answered, by second */
async function rampage(seconds: number, presented: () => Record<string, string>): Promise<number[]> {
  const passed = Array.from({ length: seconds }, () => 0);
  const from = Date.now();
  const one = async (): Promise<void> => {
    for (;;) {
      const got = await lab.ask(edge(), "/echo/x", { headers: { ...HOSPITAL, ...presented() } });
      const second = Math.floor((Date.now() - from) / 1000);
      if (second >= seconds) return;
      if (got.status === 200) passed[second] = (passed[second] ?? 0) + 1;
      else expect(got.status).toBe(429);
      await pause(20);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return passed;
}

/** 20 colleagues behind the same address, each at her own pace. @returns how many of their requests were not served */
async function colleagues(seconds: number, cookies: readonly string[]): Promise<number> {
  const until = Date.now() + seconds * 1000;
  let turnedAway = 0;
  await Promise.all(
    cookies.map(async (Cookie) => {
      while (Date.now() < until) {
        const got = await lab.ask(edge(), "/app/prescriptions", { headers: { ...HOSPITAL, Cookie } });
        if (got.status !== 200) turnedAway++;
        await pause(500);
      }
    }),
  );
  return turnedAway;
}

describe("behind one address", () => {
  it("a stolen session is held to its own budget, colleagues notice nothing, and its owner can still sign in", async () => {
    const stolen = await lab.signIn(edge(), "dr.insider");
    const others: string[] = [];
    for (let i = 0; i < 20; i++) others.push(await lab.signIn(edge(), `dr.colleague-${i}`));
    const SECONDS = 12;
    let endedAt = 0;
    const rampaging = rampage(SECONDS, () => ({ Cookie: stolen })).finally(() => {
      endedAt = Date.now();
    });
    const [passed, turnedAway] = await Promise.all([rampaging, colleagues(SECONDS, others)]);
    expect(turnedAway).toBe(0);
    // 100 at once and 10 a second for one clinician; until the news comes each isolate may admit that for itself.
    const all = passed.reduce((sum, count) => sum + count, 0);
    expect(all).toBeLessThanOrEqual(ISOLATES * 100 + 10 * SECONDS + 10 * ISOLATES * 4);
    expect(passed.slice(-4).every((count) => count <= 20)).toBe(true);

    // What the session has left is what came back since its last requests: hardly more than the time that these take.
    const headers = { ...HOSPITAL, ...lab.NAVIGATION, Cookie: stolen };
    const more = await Promise.all(
      Array.from({ length: 40 }, () => lab.ask(edge(), "/app/prescriptions", { headers })),
    );
    const elapsedS = (Date.now() - endedAt) / 1000;
    const statuses = more.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 429 && status !== 200)).toEqual([]);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(ISOLATES * (10 * elapsedS + 2));
    expect((await lab.ask(edge(), "/login", { headers })).status).toBe(200);
  }, 60_000);

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
    const SECONDS = 8;
    const mad = rampage(SECONDS, system("mad-1"));
    let turnedAway = 0;
    for (let second = 0; second < SECONDS; second++) {
      const got = await lab.ask(edge(), "/echo/x", { headers: { ...HOSPITAL, ...system("well-1")() } });
      if (got.status !== 200) turnedAway++;
      await pause(900);
    }
    const all = (await mad).reduce((sum, count) => sum + count, 0);
    expect(turnedAway).toBe(0);
    expect(all).toBeLessThanOrEqual(ISOLATES * 300 + 30 * SECONDS + 30 * ISOLATES * 4);
    expect(all).toBeGreaterThan(300);
  }, 60_000);
});

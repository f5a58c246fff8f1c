/** The production bundle in the real runtime, with objects that throw, hang, are overloaded or restart. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OWNER_PATIENCE_MS } from "../../src/counters/patience.ts";
import { bundleWorker, shieldManifestWith } from "../lab/bundle.ts";
import { sendRaw } from "../lab/raw-http.ts";

const DATE = "2026-10-20";
const ORIGIN = `export default { fetch: () => new Response("ok") }`;
/** Burst of "one address" in src/rules.ts. */
const BURST = 100;

let miniflare: Miniflare;
let edge: URL;
let control: URL;

beforeAll(async () => {
  const text = (value: string) => ({ type: "text" as const, value });
  const object = (exportName: string) => ({ type: "durable-object" as const, worker: "objects", exportName });
  const env = {
    COUNTERS: object("ClientCounter"),
    WATCH: object("Watch"),
    JURISDICTION: text(""),
    SHIELD_SECRET: text(randomBytes(32).toString("base64url")),
  };
  const dev = {
    stripCfConnectingIp: false,
    unsafeRegisterWorker: false,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const common = { compatibilityDate: DATE, compatibilityFlags: ["enable_request_signal"] };
  const troubled = join(import.meta.dirname, "troubled-objects.js");
  const sqlite = { type: "durable-object" as const, storage: "sqlite" as const };
  miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: "edge",
          ...common,
          manifest: await shieldManifestWith({ "rules.ts": join(import.meta.dirname, "../lab/steady-rules.ts") }),
          env: { ...env, ORIGIN_SERVICE: { type: "worker" as const, worker: "origin" } },
        },
        dev,
      },
      {
        config: {
          name: "objects",
          ...common,
          manifest: await bundleWorker(troubled, join(import.meta.dirname, "../../.build/troubled/index.js")),
          env,
          exports: { ClientCounter: sqlite, Watch: sqlite },
        },
        dev,
      },
      {
        config: {
          name: "origin",
          ...common,
          manifest: { mainModule: "index.js", modules: { "index.js": { type: "esm" as const, contents: ORIGIN } } },
          env: {},
        },
      },
    ],
  });
  await miniflare.ready;
  edge = await miniflare.unsafeGetDirectURL("edge");
  control = await miniflare.unsafeGetDirectURL("objects");
});
afterAll(() => miniflare.dispose());

async function tell(path: string): Promise<string> {
  return (await fetch(new URL(path, control))).text();
}

/** Status and milliseconds of one request. */
async function ask(address: string): Promise<{ readonly status: number; readonly ms: number }> {
  const from = performance.now();
  const { status } = await sendRaw(
    edge,
    `GET /assets/app.js HTTP/1.1\r\nHost: portal.example.lv\r\nCF-Connecting-IP: ${address}\r\nAccept: application/json\r\n\r\n`,
  );
  return { status, ms: performance.now() - from };
}

/** Waits, as somebody who asks now and then, until so many exchanges have begun since the mode was set. */
async function exchanged(times: number): Promise<void> {
  for (let i = 0; i < 100 && Number(await tell("/exchanges")) < times; i++) {
    await ask("192.0.2.98");
    await pause(250);
  }
  expect(Number(await tell("/exchanges"))).toBeGreaterThanOrEqual(times);
}

describe.each([
  ["throw", "throws", "192.0.2.1"],
  ["hang", "hangs", "192.0.2.2"],
  ["are overloaded", "overloaded", "192.0.2.3"],
])("while all shards %s", (_, mode, attacker) => {
  it("the shield serves, limits by itself, and nobody waits for them", async () => {
    await tell(`/mode?is=${mode}`);
    await exchanged(1);
    const answers: { status: number; ms: number }[] = [];
    for (let i = 0; i < BURST + 30; i++) answers.push(await ask(attacker));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBe(BURST);
    expect((await ask("192.0.2.99")).status).toBe(200);
    // Less than the least that anybody waits for a counter: nobody does, as however slow the machine is, half are not so slow.
    const slowest = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    expect(slowest[Math.floor(0.5 * slowest.length)]).toBeLessThan(OWNER_PATIENCE_MS);
    await tell("/mode?is=well");
  });
});

it("exchanges again once they are well, without being told", async () => {
  await tell("/mode?is=well");
  await exchanged(2);
});

describe("a strict budget in the real object", () => {
  it("grants its burst once, to fifty who ask at the same time", async () => {
    // 20 at once; what comes back within a lease of five seconds is less than one.
    expect(Number(await tell("/grant?key=1"))).toBe(19);
    expect(Number(await tell("/grant?key=1"))).toBe(0);
  });

  it("grants no burst after a restart, since one row says that tokens may be out", async () => {
    expect(Number(await tell("/grant?key=2"))).toBe(19);
    await tell("/restart");
    expect(Number(await tell("/grant?key=2"))).toBe(0);
    expect(Number(await tell("/grant?key=3"))).toBe(0);
  });
});

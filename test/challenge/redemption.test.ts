/** Redemption in the real bundle with the real wrangler.toml: a proof buys one clearance, whoever asks and whatever restarts. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { search } from "../../src/challenge/browser/search.ts";
import type { Puzzle } from "../../src/challenge/puzzle.ts";

const ORIGIN = "https://portal.example.lv";
const server = createTestHarness({
  workers: [
    {
      configPath: "./wrangler.toml",
      vars: { JURISDICTION: "" },
      secrets: { SHIELD_SECRET: randomBytes(32).toString("base64url"), ORIGIN_KEY: "key" },
      bindingOverrides: { ORIGIN_SERVICE: "portal" },
    },
    { configPath: "./test/portal/wrangler.toml" },
  ],
});
beforeAll(() => server.listen());
afterAll(() => server.close());

function post(path: string, body: unknown, address: string): Promise<Response> {
  return server.fetch(`${ORIGIN}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "CF-Connecting-IP": address },
    body: JSON.stringify(body),
  });
}

async function solved(address: string): Promise<unknown> {
  const response = await post("/.shield/puzzle", {}, address);
  expect(response.status).toBe(200);
  const puzzle = (await response.json()) as Puzzle;
  const answers = puzzle.hashes.map((hash, index) => search({ id: puzzle.id, index, hash, limit: puzzle.difficulty }));
  return { challenge: puzzle.challenge, answers };
}

it("gives exactly one clearance for 500 parallel redemptions from 64 addresses, also after the shard was evicted", async () => {
  const proof = await solved("198.51.100.1");
  const statuses: number[] = [];
  for (let batch = 0; batch < 5; batch++) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => post("/.shield/redeem", proof, `203.0.113.${i % 64}`)));
    for (const answer of answers) {
      statuses.push(answer.status);
      await answer.arrayBuffer();
    }
  }
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(499);

  const worker = server.getWorker();
  for (const shard of await shardsWithRows(worker)) await worker.evictDurableObject("COUNTERS", { name: shard });
  expect((await post("/.shield/redeem", proof, "203.0.113.9")).status).toBe(409);
}, 60_000);

it("gives a clearance that is a lane of its own", async () => {
  const response = await post("/.shield/redeem", await solved("198.51.100.2"), "198.51.100.2");
  expect(response.status).toBe(204);
  const cookie = response.headers.get("Set-Cookie")?.split(";", 1)[0] ?? "";
  expect(cookie).toMatch(/^__Host-shield-clearance=/);
  const seen = await server.fetch(`${ORIGIN}/echo/x`, { headers: { Cookie: cookie, "CF-Connecting-IP": "192.0.2.1" } });
  expect(JSON.stringify(await seen.json())).toContain('"cleared"');
  const elsewhere = await server.fetch("https://nvd.example.lv/echo/x", { headers: { Cookie: cookie, "CF-Connecting-IP": "192.0.2.1" } });
  expect(JSON.stringify(await elsewhere.json())).toContain('"unknown"');
});

type Worker = ReturnType<typeof server.getWorker>;

async function shardsWithRows(worker: Worker): Promise<readonly string[]> {
  const names = Array.from({ length: 16 }, (_, i) => `s${String(i).padStart(2, "0")}`);
  const found: string[] = [];
  for (const name of names) {
    const storage = await worker.getDurableObjectStorage("COUNTERS", { name });
    const rows = await storage.exec("SELECT name FROM sqlite_master WHERE name = 'spent'").catch(() => []);
    if (rows.length > 0 && (await storage.exec("SELECT id FROM spent")).length > 0) found.push(name);
  }
  expect(found).toHaveLength(1);
  return found;
}

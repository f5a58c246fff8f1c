/** Redemption in the real bundle with the real wrangler.toml: a proof buys one clearance, whoever asks and whatever restarts. */
import { randomBytes } from "node:crypto";
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
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

function post(path: string, body: unknown, address: string) {
  return server.fetch(`${ORIGIN}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "CF-Connecting-IP": address },
    body: JSON.stringify(body),
  });
}

/**
 * Whoever is told that no counter was reached hands the same proof in again. Bodies are read at once: one that waits may be
 * collected as garbage.
 */
async function redeem(proof: unknown, address: string) {
  for (;;) {
    const answer = await post("/.shield/redeem", proof, address);
    await answer.arrayBuffer();
    if (answer.status !== 503) return answer;
  }
}

async function solved(address: string): Promise<unknown> {
  const response = await post("/.shield/puzzle", {}, address);
  expect(response.status).toBe(200);
  const puzzle = (await response.json()) as Puzzle;
  const answers = puzzle.hashes.map((hash, index) => search({ id: puzzle.id, index, hash, limit: puzzle.difficulty }));
  return { challenge: puzzle.challenge, answers };
}

it("gives exactly one clearance for 1,000 parallel redemptions from 64 addresses, with the shard restarted in their midst", async () => {
  const proof = await solved("198.51.100.1");
  const worker = server.getWorker<{ COUNTERS: DurableObjectNamespace }>();
  const statuses: number[] = [];
  for (let batch = 0; batch < 2; batch++) {
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => redeem(proof, `203.0.113.${i % 64}`)));
    statuses.push(...answers.map(({ status }) => status));
    const shards = await shardsWithSpentPuzzles();
    expect(shards).toHaveLength(1);
    for (const name of shards) await worker.evictDurableObject("COUNTERS", { name });
  }
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(999);
  expect((await redeem(proof, "203.0.113.9")).status).toBe(409);
});

it("gives a clearance that is a lane of its own", async () => {
  const response = await redeem(await solved("198.51.100.2"), "198.51.100.2");
  expect(response.status).toBe(204);
  const cookie = response.headers.get("Set-Cookie")?.split(";", 1)[0] ?? "";
  expect(cookie).toMatch(/^__Host-shield-clearance=/);
  const seen = await server.fetch(`${ORIGIN}/echo/x`, { headers: { Cookie: cookie, "CF-Connecting-IP": "192.0.2.1" } });
  expect(JSON.stringify(await seen.json())).toContain('"cleared"');
  const elsewhere = await server.fetch("https://nvd.example.lv/echo/x", {
    headers: { Cookie: cookie, "CF-Connecting-IP": "192.0.2.1" },
  });
  expect(JSON.stringify(await elsewhere.json())).toContain('"unknown"');
});

it("renews the clearance silently when its bearer comes from another network, on private answers only", async () => {
  const redeemed = await redeem(await solved("198.51.100.3"), "198.51.100.3");
  const cookie = redeemed.headers.get("Set-Cookie")?.split(";", 1)[0] ?? "";
  const visit = async (path: string, address: string) => {
    const response = await server.fetch(`${ORIGIN}${path}`, {
      headers: { Cookie: cookie, "CF-Connecting-IP": address },
    });
    await response.arrayBuffer();
    return response;
  };
  expect((await visit("/news", "198.51.100.77")).headers.get("Set-Cookie")).toBeNull();
  const moved = await visit("/news", "2001:db8:7::1");
  expect(moved.headers.get("Set-Cookie")).toMatch(
    /^__Host-shield-clearance=[\w-]+; Secure; HttpOnly; Path=\/; SameSite=Lax/,
  );
  expect(moved.headers.get("Set-Cookie")).not.toContain(cookie);
  expect(moved.headers.get("Cache-Control")).toMatch(/private|no-store/);
  const asset = await visit("/assets/app.css", "2001:db8:7::1");
  expect([asset.status, asset.headers.get("Cache-Control"), asset.headers.get("Set-Cookie")]).toMatchObject([
    200,
    expect.stringContaining("public"),
    null,
  ]);
});

async function shardsWithSpentPuzzles(): Promise<readonly string[]> {
  const worker = server.getWorker<{ COUNTERS: DurableObjectNamespace }>();
  const found: string[] = [];
  for (let shard = 0; shard < 16; shard++) {
    const name = `s${String(shard).padStart(2, "0")}`;
    const storage = await worker.getDurableObjectStorage("COUNTERS", { name });
    const tables = await storage.exec("SELECT name FROM sqlite_master WHERE name = 'spent'");
    if (tables.length > 0 && (await storage.exec("SELECT id FROM spent")).length > 0) found.push(name);
  }
  return found;
}

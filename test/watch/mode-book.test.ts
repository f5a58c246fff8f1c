/** What operators set, across restarts of the watch. */
import { randomBytes } from "node:crypto";
import type { DurableObjectNamespace } from "@cloudflare/workers-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import type { Mode } from "../../src/policy/modes.ts";
import { MODES_MAX, ModeBook, type ModeRow, type ModeRows } from "../../src/watch/mode-book.ts";
import { ADMIN_HOST, ADMIN_TOKEN } from "../lab/visitors.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const off = (route: string, until = NOW + 60_000): Mode => ({
  kind: "off",
  route,
  reason: "a test",
  by: "somebody",
  since: NOW,
  until,
  notice: null,
});

/** Rows that outlive the book, as a table does. */
function table(): ModeRows & { readonly rows: Map<string, ModeRow> } {
  const rows = new Map<string, ModeRow>();
  return {
    rows,
    read: () => [...rows.values()],
    write: (row) => void rows.set(`${row.site}|${row.key}`, row),
    remove: (site, key) => void rows.delete(`${site}|${key}`),
    removeEnded: (now) => {
      for (const [id, { until }] of rows) if (until <= now) rows.delete(id);
    },
  };
}

describe("the book of modes", () => {
  it("knows after a restart what it knew, and tells nothing that has ended", () => {
    const rows = table();
    expect(new ModeBook(rows, NOW).set("a", off("search"), NOW)).toBe(true);
    const restarted = new ModeBook(rows, NOW);
    expect(restarted.of("a", NOW + 59_999).modes).toEqual([off("search")]);
    expect(restarted.of("a", NOW + 60_000).modes).toEqual([]);
    expect(restarted.of("b", NOW).modes).toEqual([]);
    restarted.end("a", "off search", NOW);
    expect(new ModeBook(rows, NOW).of("a", NOW).modes).toEqual([]);
  });
  it("gives each change a later revision, also across a restart", () => {
    const rows = table();
    const book = new ModeBook(rows, NOW);
    const revisions = [book.of("a", NOW).revision];
    book.set("a", off("search"), NOW);
    revisions.push(book.of("a", NOW).revision);
    book.end("a", "off search", NOW);
    revisions.push(book.of("a", NOW).revision, new ModeBook(rows, NOW + 5000).of("a", NOW).revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });
  it("replaces a mode of the same kind and holds a bounded number; what has ended makes room", () => {
    const rows = table();
    const book = new ModeBook(rows, NOW);
    for (let i = 0; i < MODES_MAX; i++) expect(book.set("a", off(`r${i}`), NOW)).toBe(true);
    expect(book.set("a", off("one more"), NOW)).toBe(false);
    expect(book.set("a", off("r0", NOW + 120_000), NOW)).toBe(true);
    expect(rows.rows.size).toBe(MODES_MAX);
    expect(book.set("a", off("later", NOW + 200_000), NOW + 60_000)).toBe(true);
    expect(rows.rows.size).toBe(2);
  });
});

describe("the real watch", () => {
  const server = createTestHarness({
    workers: [
      {
        configPath: "./wrangler.toml",
        vars: { JURISDICTION: "", ADMIN_HOST },
        secrets: {
          SHIELD_SECRET: randomBytes(32).toString("base64url"),
          ORIGIN_KEY: "key",
          SHIELD_ADMIN_TOKEN: ADMIN_TOKEN,
        },
        bindingOverrides: { ORIGIN_SERVICE: "portal" },
      },
      { configPath: "./test/portal/wrangler.toml" },
    ],
  });
  beforeAll(() => server.listen());
  afterAll(() => server.close());

  it("keeps a posture across a restart, until its end", async () => {
    const call = (body?: unknown) =>
      server.fetch(`https://${ADMIN_HOST}/.shield/posture`, {
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
        ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
      });
    const site = "e-health portal";
    expect((await call({ site, posture: "static-only", minutes: 5, reason: "a test" })).status).toBe(200);
    const worker = server.getWorker<{ WATCH: DurableObjectNamespace }>();
    await worker.evictDurableObject("WATCH", { name: "watch" });
    const { sites } = (await (await call()).json()) as { sites: { posture: string; known: string }[] };
    expect(sites[0]).toMatchObject({ posture: "static-only", known: "by all" });
    expect((await call({ site, posture: "automatic" })).status).toBe(200);
    await worker.evictDurableObject("WATCH", { name: "watch" });
    expect(((await (await call()).json()) as typeof Object & { sites: unknown[] }).sites[0]).toMatchObject({
      posture: "normal",
    });
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import {
  CLEARANCE_LONGEST_MS,
  CLEARANCE_TTL_MS,
  clearanceCookie,
  mintClearance,
  readClearance,
  renewClearance,
} from "../../src/challenge/clearance.ts";
import { PUZZLE_TTL_MS } from "../../src/challenge/puzzle.ts";
import { redeem, type Spend } from "../../src/challenge/redeem.ts";
import type { Sealer } from "../../src/seal.ts";
import { HOST, MINUTE_MS, memorySpend, NOW_MS, newPuzzle, newSealer, proofOf } from "./lab.ts";

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

describe("redeeming", () => {
  it("gives a clearance with the puzzle's id and network", async () => {
    const puzzle = await newPuzzle(sealer);
    const { spend, spent } = memorySpend();
    const result = await redeem(sealer, proofOf(puzzle), { host: HOST }, spend, NOW_MS);
    if (!result.ok) throw new Error(result.why);
    expect(result.maxAgeS).toBe(1_800);
    expect(await readClearance(sealer, result.clearance, HOST, NOW_MS)).toEqual({
      id: puzzle.id,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + CLEARANCE_TTL_MS,
      host: HOST,
      network: "net-1",
    });
    expect(spent).toEqual(new Map([[puzzle.id, NOW_MS + PUZZLE_TTL_MS]]));
  });

  it("succeeds once in 1,000 parallel attempts (double spend, Anubis before 1.22)", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const { spend } = memorySpend();
    const results = await Promise.all(
      Array.from({ length: 1_000 }, () => redeem(sealer, proof, { host: HOST }, spend, NOW_MS)),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.why === "already-spent")).toHaveLength(999);
  });

  it("never mints when the spending fails, in whatever way", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const broken: unknown[] = [
      async () => "unavailable",
      async () => Promise.reject(new Error("the object was reset")),
      () => {
        throw new Error("no binding");
      },
      async () => undefined,
      async () => true,
      async () => "SPENT-NOW",
      () => null,
    ];
    for (const spend of broken) {
      const result = await redeem(sealer, proof, { host: HOST }, spend as Spend, NOW_MS);
      expect(result).toEqual({ ok: false, why: "unavailable" });
    }
  });

  it("spends nothing for a proof that is refused: garbage creates no state", async () => {
    const { spend, spent } = memorySpend();
    const proof = proofOf(await newPuzzle(sealer));
    const stranger = proofOf(await newPuzzle(await newSealer()));
    const attempts: readonly [string, string, number][] = [
      ["", HOST, NOW_MS],
      [stranger, HOST, NOW_MS],
      [proof, HOST, NOW_MS + PUZZLE_TTL_MS],
      [proof, "other", NOW_MS],
      [proof.replace(/\d+\]/, "0]"), HOST, NOW_MS + PUZZLE_TTL_MS],
    ];
    for (const [body, host, nowMs] of attempts) {
      expect((await redeem(sealer, body, { host }, spend, nowMs)).ok).toBe(false);
    }
    expect(spent.size).toBe(0);
  });
});

describe("a clearance", () => {
  const mint = (nowMs = NOW_MS) => mintClearance(sealer, { id: "a1", host: HOST, network: "" }, nowMs);

  it("is void when expired, from the future, or for another host", async () => {
    const cookie = await mint();
    const read = (host: string, nowMs: number) => readClearance(sealer, cookie, host, nowMs);
    expect(await read(HOST, NOW_MS + CLEARANCE_TTL_MS - 1)).not.toBeNull();
    expect(await read(HOST, NOW_MS + CLEARANCE_TTL_MS)).toBeNull();
    expect(await read(HOST, NOW_MS - MINUTE_MS)).not.toBeNull();
    expect(await read(HOST, NOW_MS - MINUTE_MS - 1)).toBeNull();
    expect(await read("other.example.lv", NOW_MS)).toBeNull();
  });

  it("is never a puzzle or a pass, nor the other way round", async () => {
    const puzzle = await newPuzzle(sealer);
    expect(await readClearance(sealer, puzzle.challenge, HOST, NOW_MS)).toBeNull();
    expect(await sealer.open("pass", await mint())).toBeNull();
    const pass = await sealer.seal("pass", ["a1", NOW_MS, NOW_MS + MINUTE_MS, HOST, ""]);
    expect(await readClearance(sealer, pass, HOST, NOW_MS)).toBeNull();
  });

  it("is not believed for longer than any clearance lasts, or with other types, even if we sealed it", async () => {
    const year = await sealer.seal("clearance", ["a1", NOW_MS, NOW_MS + 365 * 24 * 60 * MINUTE_MS, HOST, ""]);
    expect(await readClearance(sealer, year, HOST, NOW_MS)).toBeNull();
    const text = await sealer.seal("clearance", ["a1", String(NOW_MS), NOW_MS + MINUTE_MS, HOST, ""]);
    expect(await readClearance(sealer, text, HOST, NOW_MS)).toBeNull();
  });

  it("is renewed in its second half, keeps its id, and ends after 12 hours", async () => {
    let clearance = await readClearance(sealer, await mint(), HOST, NOW_MS);
    let nowMs = NOW_MS;
    for (; clearance !== null && nowMs < NOW_MS + 24 * 60 * MINUTE_MS; nowMs += 5 * MINUTE_MS) {
      const renewed = await renewClearance(sealer, clearance, nowMs);
      if (nowMs < NOW_MS + CLEARANCE_TTL_MS / 2) expect(renewed).toBeNull();
      const current = renewed ? await readClearance(sealer, renewed, HOST, nowMs) : clearance;
      expect(current).toMatchObject({ id: "a1", issuedAtMs: NOW_MS });
      clearance = current && current.expiresAtMs > nowMs + 5 * MINUTE_MS ? current : null;
    }
    expect(nowMs).toBe(NOW_MS + CLEARANCE_LONGEST_MS);
  });

  it("travels in a cookie that only this host's pages send", async () => {
    expect(clearanceCookie("abc", 1_800)).toBe(
      "__Host-shield-clearance=abc; Secure; HttpOnly; Path=/; SameSite=Lax; Max-Age=1800",
    );
    expect(await mint()).toMatch(/^[A-Za-z0-9_-]{100,300}$/);
  });
});

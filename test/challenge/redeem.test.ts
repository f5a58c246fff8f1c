import { beforeAll, describe, expect, it } from "vitest";
import { CLEARANCE_TTL_MS, readClearance } from "../../src/challenge/clearance.ts";
import { PUZZLE_TTL_MS } from "../../src/challenge/puzzle.ts";
import { redeem, type Spend } from "../../src/challenge/redeem.ts";
import type { Sealer } from "../../src/seal.ts";
import { HOST, memorySpend, NOW_MS, newPuzzle, newSealer, OPEN, proofOf } from "./lab.ts";

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

describe("redeeming", () => {
  it("gives a clearance with the puzzle's id and network", async () => {
    const puzzle = await newPuzzle(sealer);
    const { spend, spent } = memorySpend();
    const result = await redeem(sealer, proofOf(puzzle), { host: HOST }, spend, OPEN, NOW_MS);
    if (!result.ok) throw new Error(result.why);
    expect(await readClearance(sealer, result.clearance, HOST, NOW_MS)).toEqual({
      id: puzzle.id,
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + CLEARANCE_TTL_MS,
      host: HOST,
      network: "net-1",
      formerNetwork: "",
      movedAtMs: 0,
      percent: 100,
    });
    expect(spent).toEqual(new Map([[puzzle.id, NOW_MS + PUZZLE_TTL_MS]]));
  });

  it("succeeds once in 1,000 parallel attempts (double spend, Anubis before 1.22)", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const { spend } = memorySpend();
    const results = await Promise.all(
      Array.from({ length: 1_000 }, () => redeem(sealer, proof, { host: HOST }, spend, OPEN, NOW_MS)),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.why === "already-spent")).toHaveLength(999);
  });

  it("is counted for the prefix once a clearance is given, and waits where too many were", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const { spend, spent } = memorySpend();
    let noted = 0;
    const issuance = (waitS: number) => ({ waitS, note: () => void noted++ });
    const attempt = (body: string, waitS: number) =>
      redeem(sealer, body, { host: HOST }, spend, issuance(waitS), NOW_MS);
    expect(await attempt(proof, 7)).toEqual({ ok: false, why: "too-many" });
    expect([spent.size, noted]).toEqual([0, 0]);
    expect(await attempt("garbage", 0)).toMatchObject({ ok: false });
    expect(noted).toBe(0);
    const results = await Promise.all(Array.from({ length: 50 }, () => attempt(proof, 0)));
    expect([results.filter(({ ok }) => ok).length, noted]).toEqual([1, 1]);
  });

  it("gives nothing while its counter is away; the proof stays good, and buys its clearance once the counter is back", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const away: readonly Spend[] = [
      async () => "unavailable",
      async () => Promise.reject(new Error("the object was reset")),
      () => {
        throw new Error("no binding");
      },
    ];
    let noted = 0;
    const issuance = { waitS: 0, note: () => void noted++ };
    const attempt = (spend: Spend) => redeem(sealer, proof, { host: HOST }, spend, issuance, NOW_MS);
    for (const spend of away) expect(await attempt(spend)).toEqual({ ok: false, why: "unavailable" });
    expect(noted).toBe(0);
    const { spend } = memorySpend();
    expect((await attempt(spend)).ok).toBe(true);
    expect(await attempt(spend)).toEqual({ ok: false, why: "already-spent" });
  });

  it("never mints by an answer that is none", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const broken: unknown[] = [async () => undefined, async () => true, async () => "SPENT-NOW", () => null];
    for (const spend of broken) {
      const result = await redeem(sealer, proof, { host: HOST }, spend as Spend, OPEN, NOW_MS);
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
      expect((await redeem(sealer, body, { host }, spend, OPEN, nowMs)).ok).toBe(false);
    }
    expect(spent.size).toBe(0);
  });
});

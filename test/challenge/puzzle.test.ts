import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { search, showHash, startSearch } from "../../src/challenge/browser/search.ts";
import { COUNTERS, MAX_DIFFICULTY } from "../../src/challenge/difficulty.ts";
import { CLOCK_SKEW_MS, issuePuzzle, PUZZLE_TTL_MS, type Puzzle, verifyProof } from "../../src/challenge/puzzle.ts";
import type { Sealer } from "../../src/seal.ts";
import { answersOf, challengeOf, HOST, NOW_MS, newPuzzle, newSealer, newSecret, proofOf, SMALL } from "./lab.ts";

let sealer: Sealer;
let puzzle: Puzzle;
let proof: string;
beforeAll(async () => {
  sealer = await newSealer();
  puzzle = await newPuzzle(sealer);
  proof = proofOf(puzzle);
});

const judge = (body: string, nowMs = NOW_MS, host = HOST) => verifyProof(sealer, body, { host }, nowMs);
const refused = (why: string) => ({ ok: false, why });

describe("the hash in the browser", () => {
  it("is SHA-256 as node:crypto computes it", () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), word, word, (bytes, index, counter) => {
        const id = Buffer.from(bytes);
        const tail = Buffer.alloc(8);
        tail.writeUInt32BE(index, 0);
        tail.writeUInt32BE(counter, 4);
        const expected = createHash("sha256").update(id).update(tail).digest("hex").slice(0, 32);
        expect(showHash(id.toString("hex"), index, counter)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("is found in one go and in slices, at both ends of the range", () => {
    const id = randomBytes(16).toString("hex");
    for (const counter of [0, 1, 498, 499]) {
      const task = { id, index: 3, hash: showHash(id, 3, counter), limit: 500 };
      expect(search(task)).toBe(counter);
      const slices = startSearch(task);
      let answer: number | null = null;
      for (let slice = 0; answer === null && slice < 100; slice++) answer = slices.step(7);
      expect(answer).toBe(counter);
      expect(search({ ...task, index: 4 })).toBe(-1);
    }
  });
});

describe("a puzzle", () => {
  it("is solved by the browser's search and verified by HMAC", async () => {
    expect(await judge(proof)).toEqual({
      ok: true,
      id: puzzle.id,
      expiresAtMs: NOW_MS + PUZZLE_TTL_MS,
      network: "net-1",
    });
  });

  it("shows neither counters nor anything of the client's", () => {
    expect(Object.keys(puzzle).sort()).toEqual(["challenge", "counters", "difficulty", "expiresInS", "hashes", "id"]);
    expect(puzzle.hashes).toHaveLength(COUNTERS);
    expect(JSON.stringify(puzzle).length).toBeLessThan(800);
  });

  it("is never issued with a difficulty out of range", async () => {
    for (const difficulty of [0, -1, 1.5, Number.NaN, MAX_DIFFICULTY + 1, Number.POSITIVE_INFINITY]) {
      await expect(newPuzzle(sealer, difficulty)).rejects.toThrow(RangeError);
    }
    const terms = { difficulty: SMALL, host: HOST, network: "" };
    await expect(issuePuzzle(sealer, terms, NOW_MS, new Uint8Array(15))).rejects.toThrow(RangeError);
  });

  it("survives a rotation of the secret", async () => {
    const [old, fresh] = [newSecret(), newSecret()];
    const made = await newPuzzle(await newSealer(old));
    const body = proofOf(made);
    expect(await verifyProof(await newSealer(fresh, old), body, { host: HOST }, NOW_MS)).toMatchObject({ ok: true });
    expect(await verifyProof(await newSealer(fresh), body, { host: HOST }, NOW_MS)).toEqual(refused("mac"));
  });
});

describe("a proof is refused", () => {
  const withProof = (change: object) => JSON.stringify({ ...JSON.parse(proof), ...change });

  it("for the first reason in the order size, syntax, mac, expired, future, host, work", async () => {
    const late = NOW_MS + PUZZLE_TTL_MS;
    const early = NOW_MS - CLOCK_SKEW_MS - 1;
    const wrong = withProof({ answers: [0, 0, 0, 0, 0, 0, 0, 0] });
    expect(await judge(`{"x":"${"x".repeat(4_090)}"`)).toEqual(refused("size"));
    expect(await judge("{", late)).toEqual(refused("syntax"));
    expect(await judge(withProof({ challenge: "A".repeat(200) }), late)).toEqual(refused("mac"));
    expect(await judge(wrong, late, "other")).toEqual(refused("expired"));
    expect(await judge(wrong, early, "other")).toEqual(refused("future"));
    expect(await judge(wrong, NOW_MS, "other")).toEqual(refused("host"));
    expect(await judge(wrong)).toEqual(refused("work"));
  });

  it("one millisecond after it expired, not before", async () => {
    expect(await judge(proof, NOW_MS + PUZZLE_TTL_MS - 1)).toMatchObject({ ok: true });
    expect(await judge(proof, NOW_MS + PUZZLE_TTL_MS)).toEqual(refused("expired"));
    expect(await judge(proof, NOW_MS - CLOCK_SKEW_MS)).toMatchObject({ ok: true });
  });

  it("when the client names the difficulty (CVE-2025-24369)", async () => {
    for (const difficulty of [0, -1, null, "0", 1e308]) {
      expect(await judge(withProof({ difficulty }))).toEqual(refused("syntax"));
      expect(await judge(withProof({ difficulty, answers: [0, 0, 0, 0, 0, 0, 0, 0] }))).toEqual(refused("syntax"));
    }
    expect(await judge(proof.replace("{", '{"difficulty":NaN,'))).toEqual(refused("syntax"));
  });

  it("with any answers but the right ones (Anubis 1.15.1: any hash was accepted)", async () => {
    const answers = answersOf(puzzle);
    for (let index = 0; index < COUNTERS; index++) {
      for (const other of [(answers[index] ?? 0) + 1, (answers[index] ?? 0) + SMALL, MAX_DIFFICULTY - 1]) {
        expect(await judge(withProof({ answers: answers.with(index, other) }))).toEqual(refused("work"));
      }
    }
    expect(await judge(withProof({ answers: answers.toReversed() }))).toEqual(refused("work"));
    expect(await judge(withProof({ answers: answersOf(await newPuzzle(sealer)) }))).toEqual(refused("work"));
  });

  it("with values of another type or number (type confusion)", async () => {
    const answers = answersOf(puzzle);
    const wrongAnswers: unknown[] = [
      [],
      null,
      answers.slice(1),
      [...answers, 0],
      answers.map(String),
      answers.map((answer) => [answer]),
      answers.map((answer) => answer + 0.5),
      answers.with(0, -1),
      answers.with(0, 2 ** 53),
      Object.fromEntries(answers.entries()),
      { ...answers, length: COUNTERS },
      "answers",
      true,
    ];
    for (const each of wrongAnswers) expect(await judge(withProof({ answers: each }))).toEqual(refused("syntax"));
    for (const challenge of [null, 1, true, [], {}, [puzzle.challenge], "x".repeat(2_049)]) {
      expect(await judge(withProof({ challenge }))).toEqual(refused("syntax"));
    }
    for (const body of ["", "null", "[]", "1", '""', "\u0000", `[${proof}]`, `${proof}${proof}`]) {
      expect(await judge(body)).toEqual(refused("syntax"));
    }
  });

  it("with fields that nobody asked for", async () => {
    for (const extra of ['"id":"x",', '"__proto__":{},', '"constructor":1,', '"host":"x",', '"expiresAt":9e15,']) {
      expect(await judge(proof.replace("{", `{${extra}`))).toEqual(refused("syntax"));
    }
  });

  it("with a challenge sealed for another purpose", async () => {
    const answers = answersOf(puzzle);
    const fields = await sealer.open("puzzle", puzzle.challenge);
    for (const purpose of ["pass", "clearance", "visit"] as const) {
      const challenge = await sealer.seal(purpose, fields ?? []);
      expect(await judge(JSON.stringify({ challenge, answers }))).toEqual(refused("mac"));
    }
  });

  it("with a challenge of another shape, even one that we sealed", async () => {
    const until = NOW_MS + PUZZLE_TTL_MS;
    expect(await judge(await challengeOf(sealer, "id", "200", NOW_MS, until, HOST, ""))).toEqual(refused("mac"));
    expect(await judge(await challengeOf(sealer, "id", 200, NOW_MS, until, HOST))).toEqual(refused("mac"));
    expect(await judge(await challengeOf(sealer))).toEqual(refused("mac"));
    // Difficulty 0 would make every counter NaN, which equals nothing.
    expect(await judge(await challengeOf(sealer, "id", 0, NOW_MS, until, HOST, ""))).toEqual(refused("work"));
  });

  it("for a host that only looks the same", async () => {
    for (const host of ["", `${HOST}.`, `x.${HOST}`, HOST.toUpperCase(), `${HOST}:8443`]) {
      expect(await judge(proof, NOW_MS, host)).toEqual(refused("host"));
    }
  });

  it("and never throws, whatever is sent", async () => {
    const body = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.jsonValue().map((answers) => withProof({ answers })),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        expect((await judge(text)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

/** The farm finds what a search would find, no faster than a native one on its share of a core. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { search } from "../../../src/challenge/browser/search.ts";
import { newPuzzle, newSealer, newSecret } from "../../challenge/lab.ts";
import { NATIVE_MS_PER_HASH } from "../model/world.ts";
import { NativeFarm } from "./native-farm.ts";

const DIFFICULTY = 50_000;
const DUTY = 0.5;

async function tasksUnder(secret: string) {
  const { id, hashes } = await newPuzzle(await newSealer(secret), DIFFICULTY);
  return hashes.map((hash, index) => ({ id, index, hash, limit: DIFFICULTY }));
}

describe("a native farm", () => {
  it("answers what the search answers, one puzzle after the other and no sooner than half a native core could", async () => {
    const secret = newSecret();
    const farm = new NativeFarm(secret, DUTY, 10);
    const puzzles = await Promise.all(Array.from({ length: 4 }, () => tasksUnder(secret)));
    const from = performance.now();
    const answers = await Promise.all(puzzles.map((tasks) => farm.solve(tasks)));
    const took = performance.now() - from;
    expect(answers).toEqual(puzzles.map((tasks) => tasks.map(search)));
    const hashes = answers.flat().reduce((sum, answer) => sum + answer + 1, 0);
    // Timers of Node may come a millisecond early.
    expect(took).toBeGreaterThanOrEqual((hashes * NATIVE_MS_PER_HASH) / DUTY - 2);
  });

  it("is full when as many wait as may; of a puzzle under another key it knows nothing", async () => {
    const secret = randomBytes(32).toString("base64url");
    const farm = new NativeFarm(secret, DUTY, 1);
    const tasks = await tasksUnder(newSecret());
    const solving = farm.solve(tasks);
    expect(farm.isFull).toBe(true);
    expect(await solving).not.toEqual(tasks.map(search));
    expect(farm.isFull).toBe(false);
  });
});

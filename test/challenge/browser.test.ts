import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { earnClearance, type Means, type Reply } from "../../src/challenge/browser/earn.ts";
import { forgetRounds, isLoop, noteRound } from "../../src/challenge/browser/rounds.ts";
import { search, showHash, startSearch, type Task } from "../../src/challenge/browser/search.ts";
import { type Solver, solve } from "../../src/challenge/browser/solve.ts";
import { WITHOUT_NEWS_MS } from "../../src/policy/failures.ts";
import { bundleBrowserScripts, renderModule, writeIfChanged } from "../../src/tools/build.ts";
import { answersOf, NOW_MS, newPuzzle, newSealer } from "./lab.ts";

const ID = "00112233445566778899aabbccddeeff";
const ANSWERS = [3, 141, 59, 26, 0, 199, 58, 97];
const TASKS: readonly Task[] = ANSWERS.map((c, index) => ({ id: ID, index, hash: showHash(ID, index, c), limit: 200 }));

/** A Web Worker that answers after a moment, and fails on its nth task where told so. */
function fakeSolver(failsAt = Number.POSITIVE_INFINITY): Solver & { tasks: number; ended: boolean } {
  return {
    onmessage: null,
    onerror: null,
    tasks: 0,
    ended: false,
    postMessage(task) {
      const fails = ++this.tasks >= failsAt;
      setTimeout(() => {
        if (fails) this.onerror?.({} as ErrorEvent);
        else this.onmessage?.({ data: search(task) } as MessageEvent<number>);
      }, 1);
    },
    terminate() {
      this.ended = true;
    },
  };
}

const searchHere = async () => startSearch;

describe("solving", () => {
  const run = async (solvers: number, startSolver: () => Solver) => {
    const progress: number[] = [];
    const answers = await solve(TASKS, {
      solvers,
      startSolver,
      searchHere,
      onProgress: (found) => progress.push(found),
    });
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    return answers;
  };

  it("deals the counters to all solvers and dismisses them at the end", async () => {
    const started: ReturnType<typeof fakeSolver>[] = [];
    const start = () => {
      const solver = fakeSolver();
      started.push(solver);
      return solver;
    };
    expect(await run(4, start)).toEqual(ANSWERS);
    expect(started.map((solver) => [solver.tasks, solver.ended])).toEqual(Array(4).fill([2, true]));
  });

  it("goes on when solvers fail, and on the page itself when all do or none can be started", async () => {
    let count = 0;
    expect(await run(3, () => fakeSolver(count++ === 0 ? 2 : undefined))).toEqual(ANSWERS);
    expect(await run(4, () => fakeSolver(1))).toEqual(ANSWERS);
    const impossible = () => {
      throw new Error("Worker is not defined");
    };
    expect(await run(4, impossible)).toEqual(ANSWERS);
  });

  it("says so when a puzzle has no answer", async () => {
    const task = { ...(TASKS[0] as Task), limit: 2 };
    expect(
      await solve([task], { solvers: 1, startSolver: () => fakeSolver(1), searchHere, onProgress: () => {} }),
    ).toEqual([-1]);
  });
});

const reply = (status: number, body: unknown = null, retryAfterS = 0): Reply => ({ status, body, retryAfterS });

/** Answers each POST with the next of its path's replies; the last one repeats. */
async function earn(puzzles: readonly Reply[], redeems: readonly Reply[]) {
  const posts: string[] = [];
  const waits: number[] = [];
  const bodies: string[] = [];
  const means: Means = {
    post: async (path, body) => {
      const replies = path === "/.shield/puzzle" ? puzzles : redeems;
      const earlier = posts.filter((each) => each === path).length;
      posts.push(path);
      bodies.push(body);
      return replies[Math.min(earlier, replies.length - 1)] as Reply;
    },
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
    solve: async (tasks) => tasks.map(search),
  };
  return { earned: await earnClearance(means), posts, waits, bodies };
}

describe("earning a clearance", () => {
  it("takes two POSTs and sends what the shield verifies", async () => {
    const puzzle = await newPuzzle(await newSealer());
    const { earned, posts, bodies } = await earn([reply(200, puzzle)], [reply(204)]);
    expect([earned, posts]).toEqual([true, ["/.shield/puzzle", "/.shield/redeem"]]);
    expect(JSON.parse(bodies[1] ?? "")).toEqual({ challenge: puzzle.challenge, answers: answersOf(puzzle) });
  });

  it("tries twice more with growing pauses when the network fails, then gives up", async () => {
    expect(await earn([reply(0)], [])).toMatchObject({ earned: false, waits: [1_000, 3_000] });
    expect(await earn([reply(503, null, 7)], [])).toMatchObject({ earned: false, waits: [7_000, 7_000] });
    expect(await earn([reply(503, null, 3_600)], [])).toMatchObject({ waits: [20_000, 20_000] });
    const puzzle = await newPuzzle(await newSealer());
    const recovered = await earn([reply(0), reply(200, puzzle)], [reply(503), reply(0), reply(204)]);
    expect(recovered).toMatchObject({ earned: true, waits: [1_000, 1_000, 3_000] });
  });

  it("is done when the shield says that no puzzle is needed: another tab was faster", async () => {
    const { earned, posts } = await earn([reply(204)], []);
    expect([earned, posts]).toEqual([true, ["/.shield/puzzle"]]);
  });

  it("takes one fresh puzzle when a proof is refused, never a third", async () => {
    const puzzle = await newPuzzle(await newSealer());
    expect((await earn([reply(200, puzzle)], [reply(403), reply(204)])).earned).toBe(true);
    const refused = await earn([reply(200, puzzle)], [reply(403)]);
    expect([refused.earned, refused.posts.length]).toEqual([false, 4]);
    expect((await earn([reply(200, { nonsense: true })], [])).earned).toBe(false);
    expect((await earn([reply(403)], [])).posts).toHaveLength(1);
  });
});

describe("earning a clearance while counters are away", () => {
  it("hands the same proof in three times, then solves another puzzle, which another shard may own", async () => {
    const puzzle = await newPuzzle(await newSealer());
    const away = [reply(503), reply(503), reply(503)];
    const { earned, posts, waits } = await earn([reply(200, puzzle)], [...away, reply(204)]);
    expect([earned, waits]).toEqual([true, [1_000, 3_000]]);
    expect(posts.filter((path) => path === "/.shield/puzzle")).toHaveLength(2);
  });

  it("ends when the shield asks nobody any more", async () => {
    const puzzle = await newPuzzle(await newSealer());
    expect((await earn([reply(200, puzzle), reply(204)], [reply(503)])).earned).toBe(true);
  });

  it("gives up later than the shield gives up asking", async () => {
    const puzzle = await newPuzzle(await newSealer());
    const { earned, waits } = await earn([reply(200, puzzle)], [reply(503, null, 2)]);
    expect(earned).toBe(false);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(WITHOUT_NEWS_MS);
  });
});

describe("rounds", () => {
  function storage() {
    const items = new Map<string, string>();
    return {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    };
  }

  it("are a loop after two in a row, until a person asks again or time has passed", () => {
    const memory = storage();
    const loops = (nowMs: number) => isLoop(() => memory, true, nowMs);
    noteRound(() => memory, NOW_MS);
    expect(loops(NOW_MS + 500)).toBe(false);
    noteRound(() => memory, NOW_MS + 1_000);
    expect(loops(NOW_MS + 1_500)).toBe(true);
    expect(loops(NOW_MS + 121_000)).toBe(false);
    forgetRounds(() => memory);
    expect(loops(NOW_MS + 1_500)).toBe(false);
  });

  it("count by the reload itself where storage is forbidden or full of nonsense", () => {
    const forbidden = () => {
      throw new Error("SecurityError");
    };
    noteRound(forbidden, NOW_MS);
    forgetRounds(forbidden);
    expect(isLoop(forbidden, false, NOW_MS)).toBe(false);
    expect(isLoop(forbidden, true, NOW_MS)).toBe(true);
    const memory = storage();
    for (const nonsense of ["", "x", "9", "9 x", "NaN NaN", `9 ${NOW_MS + 1}`]) {
      memory.setItem("shield-rounds", nonsense);
      expect(isLoop(() => memory, true, NOW_MS)).toBe(false);
    }
  });
});

describe("the build", () => {
  it("gives a page's scripts that together are below 6 kB compressed and need nothing that a strict policy forbids", async () => {
    const { challenge, solver, client } = await bundleBrowserScripts();
    expect(gzipSync(client).length).toBeLessThan(5_000);
    expect(gzipSync(challenge).length + gzipSync(solver).length).toBeLessThan(6_000);
    for (const script of [challenge, solver, client]) {
      expect(script).not.toMatch(/\beval\b|new Function|innerHTML|https?:|\.style\b/);
    }
  });

  it("writes its file only when it changes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "build-"));
    try {
      const path = join(folder, "deep/browser.ts");
      const text = renderModule({ challenge: 'say("hi")', solver: "1", client: "2", wait: "3", version: "0" });
      expect(await writeIfChanged(path, text)).toBe(true);
      expect(await writeIfChanged(path, text)).toBe(false);
      expect(await writeIfChanged(path, `${text}//`)).toBe(true);
      expect(await readFile(path, "utf8")).toBe(`${text}//`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

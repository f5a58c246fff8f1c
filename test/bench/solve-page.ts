/** Runs in Chromium: solves puzzles with the challenge page's own solver, and tells how long each took, ms. */

import { searchHere } from "../../src/challenge/browser/means.ts";
import type { Task } from "../../src/challenge/browser/search.ts";
import { type Solver, solve } from "../../src/challenge/browser/solve.ts";

async function time(puzzles: readonly (readonly Task[])[], solvers: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (const tasks of puzzles) {
    const from = performance.now();
    const answers = await solve(tasks, { solvers, startSolver, searchHere, onProgress: () => undefined });
    times.push(performance.now() - from);
    if (answers.includes(-1)) throw new Error("a puzzle without an answer");
  }
  return times;
}

/** 0 solvers: no Web Workers, as in a browser that has none. */
function startSolver(): Solver {
  return new Worker("/.shield/solver.js");
}

Object.assign(window, { time });

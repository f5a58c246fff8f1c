/**
 * Deals the counters of a puzzle to Web Workers, one at a time to whoever is free, so that one slow core delays the whole
 * by one counter at most. Where Web Workers do not work, the page searches itself, in slices that leave it responsive; the
 * search is fetched only then, as it is most of the script.
 */
import type { Search, Task } from "./search.ts";

/** What a Web Worker is to us. */
export interface Solver {
  onmessage: ((event: MessageEvent<number>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(task: Task): void;
  terminate(): void;
}

export type StartSearch = (task: Task) => Search;

declare global {
  /** Where solver.js leaves the search when it is run in a page. */
  var shieldSearch: StartSearch | undefined;
}

export interface SolveOptions {
  /** How many Web Workers to start. More than four gain little and heat a phone. */
  readonly solvers: number;
  /** May throw or give solvers that fail: then fewer work, at worst the page itself. */
  readonly startSolver: () => Solver;
  /** Brings the search into the page itself. */
  readonly searchHere: () => Promise<StartSearch>;
  /** Called after each counter found. */
  readonly onProgress: (found: number) => void;
}

const SLICE_MS = 12; // below one frame at 60 Hz
const SLICE_STEPS = 1_000;

/** The counters in the order of the tasks; -1 where none fits. */
export async function solve(tasks: readonly Task[], options: SolveOptions): Promise<number[]> {
  const answers: number[] = [];
  const waiting = tasks.map((_, at) => at);
  let found = 0;
  const keep = (at: number, answer: number) => {
    answers[at] = answer;
    options.onProgress(++found);
  };
  const hands = Array.from({ length: Math.min(options.solvers, tasks.length) }, () =>
    employ(tasks, waiting, keep, options.startSolver),
  );
  await Promise.all(hands);
  // Whatever failed solvers gave back, or everything where there are none.
  const startSearch = waiting.length > 0 ? await options.searchHere() : null;
  for (let at = waiting.shift(); startSearch && at !== undefined; at = waiting.shift())
    keep(at, await searchInSlices(startSearch(tasks[at] as Task)));
  return answers;
}

/** Keeps one solver busy until nothing waits. A solver that fails gives its task back and is not used again. */
function employ(
  tasks: readonly Task[],
  waiting: number[],
  keep: (at: number, answer: number) => void,
  startSolver: () => Solver,
): Promise<void> {
  return new Promise((resolve) => {
    let solver: Solver;
    try {
      solver = startSolver();
    } catch {
      return resolve();
    }
    let current: number | undefined;
    const dismiss = () => {
      solver.terminate();
      resolve();
    };
    const next = () => {
      current = waiting.shift();
      if (current === undefined) dismiss();
      else solver.postMessage(tasks[current] as Task);
    };
    solver.onmessage = (event) => {
      if (current !== undefined) keep(current, event.data);
      next();
    };
    solver.onerror = () => {
      if (current !== undefined) waiting.push(current);
      dismiss();
    };
    next();
  });
}

async function searchInSlices(running: Search): Promise<number> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const answer = running.step(SLICE_STEPS);
      if (answer !== null) return answer;
    } while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Solves a challenge as the page's own script would: the same steps, the same search, in one thread. */
import { Worker } from "node:worker_threads";
import { earnClearance as earn, type Means } from "../../src/challenge/browser/earn.ts";
import { startSearch } from "../../src/challenge/browser/search.ts";
import { type Solver, solve } from "../../src/challenge/browser/solve.ts";

/** True when the visitor was given a clearance. */
export function earnClearance({ post, wait }: Pick<Means, "post" | "wait">): Promise<boolean> {
  return earn({
    post,
    wait,
    solve: (tasks) => solve(tasks, { solvers: 1, startSolver: startThread, searchHere, onProgress: () => undefined }),
  });
}

const searchHere = async () => startSearch;

function startThread(): Solver {
  const thread = new Worker(new URL("./solver-thread.ts", import.meta.url));
  const solver: Solver = {
    onmessage: null,
    onerror: null,
    postMessage: (task) => thread.postMessage(task),
    terminate: () => {
      thread.terminate().catch(() => undefined);
    },
  };
  thread.on("message", (data: number) => solver.onmessage?.(new MessageEvent("message", { data })));
  thread.on("error", () => solver.onerror?.(new Event("error") as ErrorEvent));
  return solver;
}

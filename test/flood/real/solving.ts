/** Puzzles solved beside the generator instead of in it: one thread for whoever waits in line, idle a part of its time. */
import { Worker } from "node:worker_threads";
import type { Task } from "../../../src/challenge/browser/search.ts";

/** Whoever solves puzzles for others, one after the other. */
export interface Solving {
  /** Whether so many wait that nobody should start another. */
  readonly isFull: boolean;
  solve(tasks: readonly Task[]): Promise<number[]>;
  close(): Promise<void>;
}

export class SolvingThread implements Solving {
  readonly #thread = new Worker(new URL("../solver-thread.ts", import.meta.url));
  readonly #restShare: number;
  readonly #waitingMax: number;
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param duty share of one core that it may use, at most 1
   * @param waitingMax puzzles that may wait in line: beyond them nobody starts one
   */
  constructor(duty: number, waitingMax: number) {
    this.#restShare = 1 / duty - 1;
    this.#waitingMax = waitingMax;
    this.#thread.setMaxListeners(20);
    this.#thread.unref();
  }

  get isFull(): boolean {
    return this.#waiting >= this.#waitingMax;
  }

  solve(tasks: readonly Task[]): Promise<number[]> {
    this.#waiting++;
    const solving = this.#turn.then(async () => {
      const answers: number[] = [];
      for (const task of tasks) answers.push(await this.#search(task));
      return answers;
    });
    const done = () => {
      this.#waiting--;
    };
    this.#turn = solving.then(done, done);
    return solving;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  async #search(task: Task): Promise<number> {
    const startedAt = performance.now();
    const answer = await new Promise<number>((resolve, reject) => {
      this.#thread.once("message", (found: number) => {
        this.#thread.off("error", reject);
        resolve(found);
      });
      this.#thread.once("error", reject);
      this.#thread.postMessage(task);
    });
    const restMs = (performance.now() - startedAt) * this.#restShare;
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    return answer;
  }
}

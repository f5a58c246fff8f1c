/**
 * The clinic's people solve puzzles at computers of their own: each as long as the page's script takes on a desktop, all at the
 * same time. One thread of the lab for all of them would keep a thousand residents in line for minutes, on a core that the
 * shield needs. As in native-farm.ts the answers are made from the lab's key; to the shield nothing differs.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Task } from "../../../src/challenge/browser/search.ts";
import { BROWSER_MS_PER_HASH } from "../model/world.ts";
import { worked } from "./native-farm.ts";
import type { Solving } from "./solving.ts";

export class OwnComputers implements Solving {
  readonly isFull = false;
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** @throws {Error} when the puzzle is not of this lab */
  async solve(tasks: readonly Task[]): Promise<number[]> {
    const { answers, hashes } = await worked(tasks, this.#secret);
    await pause(hashes * BROWSER_MS_PER_HASH);
    return answers;
  }

  async close(): Promise<void> {}
}

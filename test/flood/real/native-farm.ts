/**
 * A solver written for the work, on half a core: what an attacker with a C compiler has. The computers that run the lab
 * need none, so its advantage is arithmetic: the answers are made from the key of this lab (which costs microseconds), and
 * are handed out no sooner than a native search for them would have ended. Nobody but the lab has that key; to the shield
 * nothing differs from an attacker who searched.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Task } from "../../../src/challenge/browser/search.ts";
import { answersTo } from "../../../src/challenge/puzzle.ts";
import { createSealer } from "../../../src/seal.ts";
import { NATIVE_MS_PER_HASH } from "../model/world.ts";
import type { Solving } from "./solving.ts";

/** What a search would find, and how many hashes it would take. @throws {Error} when the puzzle is not of this lab */
export async function worked(
  tasks: readonly Task[],
  secret: string,
): Promise<{ readonly answers: number[]; readonly hashes: number }> {
  const [first] = tasks;
  const sealer = await createSealer({ current: secret });
  if (!first || !sealer) throw new Error("there is nothing to solve, or no key");
  const answers = await answersTo(sealer, first.id, first.limit);
  // Each counter is searched from 0 up to itself.
  return { answers, hashes: answers.reduce((sum, answer) => sum + answer + 1, 0) };
}

export class NativeFarm implements Solving {
  readonly #secret: string;
  readonly #duty: number;
  readonly #waitingMax: number;
  /** When it is done with what waits in line, ms since 1970. */
  #busyUntil = 0;
  #waiting = 0;

  /** @param duty share of one core that it has, at most 1 */
  constructor(secret: string, duty: number, waitingMax: number) {
    this.#secret = secret;
    this.#duty = duty;
    this.#waitingMax = waitingMax;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#waitingMax;
  }

  /** @throws {Error} when the puzzle is not of this lab */
  async solve(tasks: readonly Task[]): Promise<number[]> {
    this.#waiting++;
    try {
      const { answers, hashes } = await worked(tasks, this.#secret);
      this.#busyUntil = Math.max(Date.now(), this.#busyUntil) + (hashes * NATIVE_MS_PER_HASH) / this.#duty;
      await pause(this.#busyUntil - Date.now());
      return answers;
    } finally {
      this.#waiting--;
    }
  }

  async close(): Promise<void> {}
}

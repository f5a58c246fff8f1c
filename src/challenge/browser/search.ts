/** Finding secret counters. Pure: the Web Worker, the page without Web Workers, the Worker at the edge and the tests share it. */
import { HASH_WORDS, hashWords } from "./sha256.ts";

/** One secret counter to find: the `counter` in [0, limit) whose hash is `hash`. */
export interface Task {
  /** 32 hex digits. */
  readonly id: string;
  readonly index: number;
  /** First 128 bits of SHA-256( id ‖ index ‖ counter ), 32 hex digits. */
  readonly hash: string;
  readonly limit: number;
}

export interface Search {
  /** Tries the next `count` counters: the answer, `null` when there is more to try, `-1` when no counter fits. */
  step(count: number): number | null;
}

export function startSearch(task: Task): Search {
  const [id0, id1, id2, id3] = parseWords(task.id);
  const { index } = task;
  const wanted = parseWords(task.hash);
  const hash = new Int32Array(HASH_WORDS);
  let next = 0;
  return {
    step(count) {
      const end = Math.min(next + count, task.limit);
      while (next < end) {
        hashWords(id0, id1, id2, id3, index, next, hash);
        if (hash[0] === wanted[0] && hash.every((word, at) => word === wanted[at])) return next;
        next++;
      }
      return next < task.limit ? null : -1;
    },
  };
}

/** Searches the whole range in one go; -1 when no counter fits. */
export function search(task: Task): number {
  return startSearch(task).step(task.limit) ?? -1;
}

/** The hash that a puzzle shows for a counter, 32 hex digits. */
export function showHash(id: string, index: number, counter: number): string {
  const hash = new Int32Array(HASH_WORDS);
  hashWords(...parseWords(id), index, counter, hash);
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function parseWords(hex: string): [number, number, number, number] {
  const word = (at: number) => Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16) | 0;
  return [word(0), word(1), word(2), word(3)];
}

/**
 * Counts how often this tab earned a clearance and was challenged again at once. That means the cookie does not stick;
 * going on would be an endless loop that only burns the battery.
 */

export interface RoundMemory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const KEY = "shield-rounds";
const MOST_ROUNDS = 2;
const MEMORY_MS = 120_000; // a clearance lasts 30 min: a challenge later than this is an ordinary new one

/**
 * @param memory gives sessionStorage; reading it throws where the browser forbids it.
 * @param reloaded whether the page came by reload: the only trace of an earlier round where nothing can be stored.
 */
export function isLoop(memory: () => RoundMemory, reloaded: boolean, nowMs: number): boolean {
  try {
    return read(memory(), nowMs) >= MOST_ROUNDS;
  } catch {
    return reloaded;
  }
}

export function noteRound(memory: () => RoundMemory, nowMs: number): void {
  try {
    memory().setItem(KEY, `${read(memory(), nowMs) + 1} ${nowMs}`);
  } catch {
    // Nothing can be stored: `isLoop` falls back to how the page was reached.
  }
}

export function forgetRounds(memory: () => RoundMemory): void {
  try {
    memory().removeItem(KEY);
  } catch {
    // Nothing was stored either.
  }
}

function read(memory: RoundMemory, nowMs: number): number {
  const [count, atMs] = (memory.getItem(KEY) ?? "").split(" ").map(Number);
  const age = nowMs - (atMs ?? Number.NaN);
  return count && age >= 0 && age < MEMORY_MS ? count : 0;
}

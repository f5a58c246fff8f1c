/** From a puzzle to a clearance: two POSTs with the search between them. Network, clock and solver are handed in. */
import type { Task } from "./search.ts";

/** What POST /.shield/puzzle answers. */
export interface PuzzleAnswer {
  readonly challenge: string;
  readonly id: string;
  readonly difficulty: number;
  readonly hashes: readonly string[];
}

/** What matters of a response. `status` 0: the network failed. */
export interface Reply {
  readonly status: number;
  /** Seconds from Retry-After; 0 without it. */
  readonly retryAfterS: number;
  readonly body: unknown;
}

export interface Means {
  readonly post: (path: string, body: string) => Promise<Reply>;
  readonly solve: (tasks: readonly Task[]) => Promise<number[]>;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const BACKOFF_MS = [1_000, 3_000];
const LONGEST_WAIT_MS = 20_000;
const ATTEMPTS = 2; // a puzzle may have expired in a sleeping laptop: one fresh one is fair, a loop is not
/**
 * While the shield cannot take a proof: three tries with each take five seconds or more, and another puzzle may find a counter
 * that is well. After a minute without any the shield asks nobody any more.
 */
const ATTEMPTS_IN_TROUBLE = 16;

/** True when the browser was given a clearance, or needs none. */
export async function earnClearance(means: Means): Promise<boolean> {
  let refused = 0;
  for (let attempt = 0; attempt < ATTEMPTS_IN_TROUBLE && refused < ATTEMPTS; attempt++) {
    const { status, body } = await postPatiently(means, "/.shield/puzzle", "{}");
    if (status === 204) return true; // earned by another tab meanwhile, or nobody is asked any more
    if (status !== 200 || !isPuzzle(body)) return false;
    const { challenge, id, difficulty, hashes } = body;
    const answers = await means.solve(hashes.map((hash, index) => ({ id, index, hash, limit: difficulty })));
    const reply = await postPatiently(means, "/.shield/redeem", JSON.stringify({ challenge, answers }));
    if (reply.status === 204) return true;
    if (reply.status >= 400 && reply.status < 500) refused++;
    else if (reply.status !== 503) return false;
  }
  return false;
}

/** Tries again twice when the network or the shield is in trouble, never when it says no. */
async function postPatiently(means: Means, path: string, body: string): Promise<Reply> {
  for (let attempt = 0; ; attempt++) {
    const reply = await means.post(path, body);
    const pause = BACKOFF_MS[attempt];
    const passing = reply.status === 0 || reply.status === 429 || reply.status >= 500;
    if (!passing || pause === undefined) return reply;
    await means.wait(Math.min(Math.max(pause, reply.retryAfterS * 1_000), LONGEST_WAIT_MS));
  }
}

function isPuzzle(body: unknown): body is PuzzleAnswer {
  if (typeof body !== "object" || body === null) return false;
  const { challenge, id, difficulty, hashes } = body as Record<string, unknown>;
  return (
    typeof challenge === "string" && typeof id === "string" && typeof difficulty === "number" && Array.isArray(hashes)
  );
}

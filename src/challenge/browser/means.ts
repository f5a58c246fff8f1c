/** What a page of the site has to earn a clearance with: the network, Web Workers, and the site's other tabs. */
import type { Means, Reply } from "./earn.ts";
import { type StartSearch, solve } from "./solve.ts";

const MOST_SOLVERS = 4;
const POST_PATIENCE_MS = 15_000;
/** For a tab that solves and is put to sleep meanwhile. */
const LOCK_PATIENCE_MS = 30_000;

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param send the browser's own `fetch` */
export function browserMeans(send: typeof fetch, onProgress: (found: number) => void): Means {
  return {
    post: (path, body) => post(send, path, body),
    wait: pause,
    solve: (tasks) =>
      solve(tasks, {
        solvers: Math.min(MOST_SOLVERS, Math.floor(navigator.hardwareConcurrency) || 1),
        startSolver: () => new Worker(ownUrl("/.shield/solver.js")),
        searchHere,
        onProgress,
      }),
  };
}

/**
 * One tab at a time, so that twenty tabs share one solve: whoever comes next is told by the shield that it needs no puzzle any
 * more. A browser without Web Locks, or a tab that holds on too long: then each for itself, which costs no more than work.
 */
export async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (!("locks" in navigator)) return act();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), LOCK_PATIENCE_MS);
  let begun = false;
  try {
    return await navigator.locks.request("shield-clearance", { signal: patience.signal }, () => {
      begun = true;
      clearTimeout(timer);
      return act();
    });
  } catch (error) {
    if (begun) throw error;
    return act();
  } finally {
    clearTimeout(timer);
  }
}

async function post(send: typeof fetch, path: string, body: string): Promise<Reply> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), POST_PATIENCE_MS);
  try {
    const headers = { "Content-Type": "application/json" };
    const init: RequestInit = { method: "POST", headers, body, cache: "no-store", signal: abort.signal };
    const response = await send(ownUrl(path), init);
    const retryAfterS = Number(response.headers.get("Retry-After")) || 0;
    return { status: response.status, retryAfterS, body: response.status === 200 ? await response.json() : null };
  } catch {
    return { status: 0, retryAfterS: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

/** The Web Worker's script, run in the page. */
export async function searchHere(): Promise<StartSearch> {
  if (!globalThis.shieldSearch)
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      script.src = ownUrl("/.shield/solver.js");
      document.head.append(script);
    });
  if (!globalThis.shieldSearch) throw new Error("the solver did not arrive");
  return globalThis.shieldSearch;
}

/** A <base> of the page would lead a bare path elsewhere. */
function ownUrl(path: string): string {
  return location.origin + path;
}

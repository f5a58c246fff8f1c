/**
 * The script of the challenge page: shows progress, earns a clearance, and asks for the same document again. The page
 * holds all texts in its own language; this script only chooses among them.
 */
import { earnClearance, type Reply } from "./earn.ts";
import { forgetRounds, isLoop, noteRound } from "./rounds.ts";
import { solve } from "./solve.ts";

const COUNTERS = 8;
const MOST_SOLVERS = 4;
const PATIENCE_MS = 15_000; // for one POST

type Text = "working" | "done" | "failed" | "noCookies";

const memory = () => sessionStorage;

function element(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** The status is a live region: it speaks when the stage changes, not at every step. */
function say(text: Text): void {
  const status = element("shield-status");
  const words = status?.dataset[text];
  if (status && words) status.textContent = words;
}

function showProgress(found: number): void {
  const bar = element("shield-progress");
  if (!(bar instanceof HTMLProgressElement)) return;
  bar.max = COUNTERS;
  bar.value = found;
}

function showFailure(text: "failed" | "noCookies"): void {
  say(text);
  const progress = element("shield-progress");
  const failed = element("shield-failed");
  if (progress) progress.hidden = true;
  if (failed) failed.hidden = false;
}

async function post(path: string, body: string): Promise<Reply> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body, cache: "no-store", signal: abort.signal });
    const retryAfterS = Number(response.headers.get("Retry-After")) || 0;
    return { status: response.status, retryAfterS, body: response.status === 200 ? await response.json() : null };
  } catch {
    return { status: 0, retryAfterS: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

async function run(): Promise<void> {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (!navigator.cookieEnabled) return showFailure("noCookies");
  if (isLoop(memory, navigation?.type === "reload", Date.now())) return showFailure("noCookies");
  await work();
}

async function work(): Promise<void> {
  // Hidden until now: without this script nothing would ever move it.
  const progress = element("shield-progress");
  if (progress) progress.hidden = false;
  say("working");
  showProgress(0);
  const cleared = await earnClearance({
    post,
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    solve: (tasks) =>
      solve(tasks, {
        solvers: Math.min(MOST_SOLVERS, navigator.hardwareConcurrency || 1),
        startSolver: () => new Worker("/.shield/solver.js"),
        onProgress: showProgress,
      }),
  });
  if (!cleared) return showFailure("failed");
  noteRound(memory, Date.now());
  say("done");
  // A reload takes this page's place in the history, so Back stays clean; it keeps the Referer that the origin would have
  // seen; and unlike location.replace it also works for an address with a fragment. The document came by GET.
  location.reload();
}

/** A person who asks again gets a fresh start, whatever happened before. */
function retry(): void {
  forgetRounds(memory);
  const failed = element("shield-failed");
  if (failed) failed.hidden = true;
  work().catch(() => showFailure("failed"));
}

function begin(): void {
  element("shield-retry")?.addEventListener("click", (event) => {
    event.preventDefault();
    retry();
  });
  run().catch(() => showFailure("failed"));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();

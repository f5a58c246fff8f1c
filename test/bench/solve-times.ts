/**
 * How long people wait for a puzzle, in the real Chromium, and what the same puzzle costs a native attacker on one core
 * of the same machine. `npm run bench -- --only solving`.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { build } from "esbuild";
import type { Task } from "../../src/challenge/browser/search.ts";
import { COUNTERS, DIFFICULTIES, meanHashes } from "../../src/challenge/difficulty.ts";
import { issuePuzzle } from "../../src/challenge/puzzle.ts";
import { createSealer } from "../../src/seal.ts";
import { bundleBrowserScripts } from "../../src/tools/build.ts";
import { launchBrowser } from "../lab/browser.ts";
import type { Effort } from "./bench.ts";
import { figure, type Line } from "./line.ts";

const HOST = "portal.example.lv";
const WORKERS = [1, 2, 4, 0] as const;
/** 1,000 normal puzzles take about 200 s with two workers, and twice as long without; nobody waits longer for a line, ms. */
const LONGEST_MS = 420_000;
const BATCH = 5;

export async function* solving({ puzzles }: Effort): AsyncGenerator<Line> {
  for (const workers of WORKERS)
    yield* distribution(await solveInChromium("normal", workers, puzzles), `normal, ${nameOf(workers)}`);
  for (const level of ["low", "raised", "high"] as const)
    yield* distribution(await solveInChromium(level, 2, Math.ceil(puzzles / 5)), `${level}, 2 workers`);
  yield nativeHash();
}

const nameOf = (workers: number) => (workers === 0 ? "no Web Workers" : `${workers} workers`);

function* distribution(times: readonly number[], name: string): Generator<Line> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  const label = `puzzle in Chromium, ${name}, ${sorted.length} of them`;
  yield figure(`${label}: mean`, mean, null, "ms");
  yield figure(`${label}: p50`, at(0.5), mean, "ms");
  yield figure(`${label}: p95`, at(0.95), mean, "ms");
  yield figure(`${label}: p99`, at(0.99), mean, "ms", "≤ 1.5", (ratio) => ratio <= 1.5);
}

async function solveInChromium(level: keyof typeof DIFFICULTIES, workers: number, most: number): Promise<number[]> {
  const { solver } = await bundleBrowserScripts();
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "solve-page.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
  });
  const page = outputFiles[0]?.text ?? "";
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    await tab.route("**/*", (route) => {
      const path = new URL(route.request().url()).pathname;
      if (path === "/.shield/solver.js") return route.fulfill({ contentType: "text/javascript", body: solver });
      return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>bench</title>" });
    });
    await tab.goto("http://localhost/");
    await tab.addScriptTag({ content: page });
    const times: number[] = [];
    const until = performance.now() + LONGEST_MS;
    for (let done = -BATCH; done < most && performance.now() < until; done += BATCH) {
      const puzzles = await Promise.all(Array.from({ length: BATCH }, () => newTasks(DIFFICULTIES[level])));
      const batch = await tab.evaluate(
        ([tasks, solvers]) =>
          (window as unknown as { time: (t: unknown, s: number) => Promise<number[]> }).time(tasks, solvers),
        [puzzles, workers] as const,
      );
      if (done >= 0) times.push(...batch); // the first batch warms up
    }
    return times;
  } finally {
    await browser.close();
  }
}

async function newTasks(difficulty: number): Promise<readonly Task[]> {
  const sealer = await createSealer({ current: randomBytes(32).toString("base64url") });
  if (!sealer) throw new Error("32 random bytes are a good secret");
  const terms = { difficulty, host: HOST, network: "" };
  const { id, hashes } = await issuePuzzle(sealer, terms, Date.now(), new Uint8Array(randomBytes(16)));
  return hashes.map((hash, index) => ({ id, index, hash, limit: difficulty }));
}

/**
 * What Node's own OpenSSL gives: one buffer at a time, so the price of a call is most of it. A loop in C over SHA-NI,
 * two messages interleaved, took 0.017 µs on an EPYC core: that is what difficulty.ts reckons with.
 */
function nativeHash(): Line {
  const message = randomBytes(24);
  const rounds = 300_000;
  const from = performance.now();
  for (let counter = 0; counter < rounds; counter++) {
    message.writeUInt32BE(counter, 20);
    createHash("sha256").update(message).digest();
  }
  const us = ((performance.now() - from) * 1000) / rounds;
  const name = `node:crypto, one hash; a normal puzzle of ${COUNTERS} counters is ${meanHashes(DIFFICULTIES.normal)} of them`;
  return figure(name, us, 0.0165, "µs (base: SHA-NI in C)");
}

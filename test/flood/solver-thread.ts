/** A Web Worker of the challenge page, as a thread of Node: the same search, beside the generator instead of in it. */
import { parentPort } from "node:worker_threads";
import { search, type Task } from "../../src/challenge/browser/search.ts";

parentPort?.on("message", (task: Task) => parentPort?.postMessage(search(task)));

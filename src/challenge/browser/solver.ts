/** The Web Worker: receives one task at a time and answers with its counter. */
import { search, type Task } from "./search.ts";

self.onmessage = (event: MessageEvent<Task>) => {
  self.postMessage(search(event.data));
};

/**
 * The search. As a Web Worker it receives one task at a time and answers with its counter; in a page whose Web Workers do not
 * work it leaves the search there.
 */
import { search, startSearch, type Task } from "./search.ts";

if (typeof document === "undefined")
  self.onmessage = (event: MessageEvent<Task>) => {
    self.postMessage(search(event.data));
  };
else globalThis.shieldSearch = startSearch;

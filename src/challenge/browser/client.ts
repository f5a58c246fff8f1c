/**
 * `/.shield/client.js`: a script that the portal may include. Requests of its own scripts that meet a challenge are held while
 * the puzzle is solved in the page, and sent again. The page sees one request and one answer. Others are not touched.
 *
 * For the portal: include it before other scripts, `<script src="/.shield/client.js"></script>`. Its Content-Security-Policy needs
 * 'self' in script-src, connect-src and worker-src; without the last the page itself searches, in slices. Old browsers that cannot
 * read this script go on without it: an answer in problem+json with `Shield-Mitigated: challenge` says what is needed.
 *
 * `vairogs.prove()` earns a clearance ahead of time and resolves to whether there is one: for EventSource and WebSocket, whose
 * failures tell a page nothing.
 */
import { helpedFetch } from "./client-fetch.ts";
import { helpedXhr } from "./client-xhr.ts";
import { earnClearance } from "./earn.ts";
import { browserMeans, inTurn, pause } from "./means.ts";

export interface Helper {
  /** Header by which a browser without Fetch Metadata says that its script can take a challenge. Not passed on. */
  readonly mark: string;
  /** Whether an answer of the shield from there is ours to act on. "" is none: of another site nothing may be known. */
  concerns(url: string): boolean;
  /** True once this browser has a clearance. Never rejects. */
  prove(): Promise<boolean>;
  /** A proof was of no use: the next ones would be none either. */
  inVain(): void;
  pause(ms: number): Promise<void>;
}

declare global {
  var vairogs: { prove(): Promise<boolean> } | undefined;
}

/** Where the shield says no, or the cookie does not stick, nobody tries again before, ms. */
const REST_MS = 30_000;

function createHelper(send: typeof fetch): Helper {
  let proving: Promise<boolean> | null = null;
  let restUntil = 0;
  const earn = async (): Promise<boolean> => {
    if (!navigator.cookieEnabled || performance.now() < restUntil) return false;
    const earned = await inTurn(() => earnClearance(browserMeans(send, () => undefined))).catch(() => false);
    if (!earned) restUntil = performance.now() + REST_MS;
    return earned;
  };
  return {
    mark: "Shield-Client",
    concerns: (url) => {
      try {
        const { origin, pathname } = new URL(url, document.baseURI);
        return url !== "" && origin === location.origin && !pathname.startsWith("/.shield/");
      } catch {
        return false; // the browser itself will say what is wrong with it
      }
    },
    prove: () => {
      proving ??= earn().finally(() => {
        proving = null;
      });
      return proving;
    },
    inVain: () => {
      restUntil = performance.now() + REST_MS;
    },
    pause,
  };
}

// Included twice, it works once.
if (!globalThis.vairogs) {
  const send = globalThis.fetch.bind(globalThis);
  const helper = createHelper(send);
  globalThis.vairogs = { prove: helper.prove };
  globalThis.fetch = helpedFetch(send, helper);
  globalThis.XMLHttpRequest = helpedXhr(globalThis.XMLHttpRequest, helper);
}

/** `fetch` that takes a challenge: the page gets the answer to the very request it made, body included. */
import type { Helper } from "./client.ts";
import { isChallenge, isSafe, nextStep } from "./next-step.ts";

/** @param send the browser's own `fetch`, bound */
export function helpedFetch(send: typeof fetch, helper: Helper): typeof fetch {
  return async (input, init) => {
    if (!helper.concerns(input instanceof Request ? input.url : String(input))) return send(input, init);
    // Takes the body as it is now, whatever kind it is, and throws what `fetch` itself would throw.
    let request = new Request(input, init);
    request.headers.set(helper.mark, "1");
    let spent = { proofs: 0, waits: 0 };
    for (;;) {
      const response = await send(request.clone());
      const { status, headers, redirected, url } = response;
      const mitigated = headers.get("Shield-Mitigated");
      const answered = { status, mitigated, retryAfter: headers.get("Retry-After") };
      const step = helper.concerns(url) ? nextStep(answered, request.method, spent) : DELIVER;
      switch (step.kind) {
        case "deliver":
          if (spent.proofs > 0 && isChallenge(status, mitigated)) helper.inVain();
          discard(request.body); // the copy for a next time
          return response;
        case "prove":
          if (!(await before(request.signal, helper.prove()))) return response;
          spent = { ...spent, proofs: spent.proofs + 1 };
          break;
        case "wait":
          await before(request.signal, helper.pause(step.ms));
          spent = { ...spent, waits: spent.waits + 1 };
          break;
      }
      discard(response.body);
      // The origin took what was sent and led on (303): only the way on was challenged. To send again would be to send twice.
      // After a 307 or 308 it took nothing, and what was sent is still in the request that was challenged.
      if (redirected && !isSafe(request.method) && headers.get("Shield-Unsent") === null)
        request = new Request(url, { signal: request.signal, headers: [[helper.mark, "1"]] });
    }
  };
}

const DELIVER = { kind: "deliver" } as const;

/** Nobody will read it; Firefox shows no `body` of a Request. */
function discard(body: ReadableStream | null | undefined): void {
  body?.cancel().catch(() => undefined);
}

/** @throws the signal's reason, as `fetch` does, when it is aborted first. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** How many requests are at the origin, also when their clients vanish. */

export interface InFlightCounter {
  /** Counts one in; what it returns counts it out, and is called once. */
  enter(): () => void;
}

/**
 * Takes a slot; the returned function gives it back, once, however often it is called. Call it in `finally`.
 *
 * `finally` alone is not enough: when a client resets its connection the runtime ends the invocation on the spot, and no
 * code of ours runs but the `abort` listener of the request's signal (compatibility flag `enable_request_signal`).
 *
 * @param leave is called when the client goes, also after that, while the body of the answer is under way
 */
export function trackInFlight(signal: AbortSignal, counter: InFlightCounter, leave?: () => void): () => void {
  let open = true;
  const exit = counter.enter();
  const done = (): void => {
    if (!open) return;
    open = false;
    exit();
  };
  if (signal.aborted) done();
  else
    signal.addEventListener(
      "abort",
      () => {
        done();
        leave?.();
      },
      { once: true },
    );
  return done;
}

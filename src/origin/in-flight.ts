/**
 * Counts the requests that are at the origin. In workerd a `finally` alone never runs when the client resets: the abort
 * event is the only one that does, given the flag enable_request_signal.
 */
export interface InFlight {
  inFlight: number;
}

/** @returns to be called when the origin has answered; calling it twice, or after an abort, does nothing */
export function trackInFlight(signal: AbortSignal, counter: InFlight): () => void {
  let open = true;
  const done = () => {
    if (!open) return;
    open = false;
    counter.inFlight--;
    signal.removeEventListener("abort", done);
  };
  counter.inFlight++;
  signal.addEventListener("abort", done);
  return done;
}

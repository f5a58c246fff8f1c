/** `admit`: waits for room at the origin where waiting is worth it. */
import type { Lane } from "../identity/identity.ts";
import type { Decision } from "../policy/verdict.ts";
import type { Admission } from "./admission.ts";

/** How long a proven person or system waits for room, and how often it looks. An isolate cannot wake another request. */
const QUEUE_MS = 2000;
const POLL_MS = 50;

/**
 * @returns whether the request may go to the origin. Proven clients wait up to 2 s for room; then what is critical passes
 * all the same, held by its principal's budget only. Everybody else learns at once that there is none.
 */
export async function admit(
  admission: Admission,
  { serviceClass, route }: Pick<Decision, "serviceClass" | "route">,
  lane: Lane,
  gone: AbortSignal,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<boolean> {
  const cost = route.cost;
  const from = clock();
  if (admission.take(serviceClass, cost, from)) return true;
  if (lane !== "machine" && lane !== "clinician") return false;
  while (clock() - from < QUEUE_MS) {
    await wait(POLL_MS);
    if (gone.aborted) return false;
    if (admission.take(serviceClass, cost, clock())) return true;
  }
  if (route.importance !== "critical") return false;
  admission.overdraw(serviceClass, cost);
  return true;
}

/**
 * A doctor's page that the origin could not serve is asked for once more, when the brakes hold: where an origin suddenly bears
 * less it refuses for two or three seconds, until leases have followed, and she would have to press "again" herself.
 *
 * Not amplified: only what is safe to repeat (RFC 9110, section 9.2.1) and failed fast, only once, only into room that there
 * is, and only as often as its principal may retry (retries.ts). Strangers and residents are told at once: that is what makes room.
 */
import type { Desk } from "../desk.ts";
import type { Facts } from "../request/facts.ts";
import { type Asking, admit } from "./admit.ts";
import { isOverload, type OriginAnswer } from "./origin-answer.ts";

/** By then the isolate has braked, and its lease is one that was given after the trouble began. */
export const AGAIN_AFTER_MS = 2000;
/** Whoever has waited longer for the first answer has no patience for a second: together with room it stays below ten seconds. */
export const FAILED_WITHIN_MS = 3000;

export interface Attempt {
  readonly desk: Desk;
  readonly facts: Pick<Facts, "method" | "hasBody">;
  readonly who: Pick<Asking, "lane" | "principal">;
  /** How it stood in line for room. */
  readonly asking: () => Asking;
  readonly ask: () => Promise<OriginAnswer>;
}

/** Whether a request that failed so is sent again. */
export function isWorthAnother(
  { desk, facts: { method, hasBody }, who: { lane, principal } }: Pick<Attempt, "desk" | "facts" | "who">,
  tookMs: number,
): boolean {
  if (principal === null || (lane !== "clinician" && lane !== "machine")) return false;
  const isSafe = (method === "GET" || method === "HEAD") && !hasBody;
  return isSafe && tookMs <= FAILED_WITHIN_MS && desk.retries.hasOneLeft(principal);
}

export async function askAndAgain(
  attempt: Attempt,
  wait: (ms: number) => Promise<unknown>,
  clock: () => number,
): Promise<OriginAnswer> {
  const { desk, asking, ask } = attempt;
  const askedAt = clock();
  const first = await ask();
  if (!isRefusal(first) || !isWorthAnother(attempt, clock() - askedAt)) return first;
  await wait(AGAIN_AFTER_MS);
  const again = asking();
  const { serviceClass, route } = again.decision;
  desk.noteWanted(serviceClass, route.cost);
  const room = await admit(desk, again, wait, clock);
  if (room === "gone") return { kind: "gone" };
  if (room === "none") return first;
  desk.noteSent(serviceClass, route.cost, room === "overdrawn");
  if (first.kind === "response") await first.response.body?.cancel();
  return ask();
}

function isRefusal(answer: OriginAnswer): boolean {
  switch (answer.kind) {
    case "response":
      return isOverload(answer.response.status);
    case "fault":
      return answer.fault.status === 502;
    case "gone":
      return false;
  }
}

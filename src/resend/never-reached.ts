/** Whether the origin can have what was sent. Only what it certainly never had is sent again from a page of ours. */
import type { OriginAnswer } from "../origin/origin-answer.ts";
import type { Fault } from "../request/facts.ts";

/** Cloudflare's words for an origin with which there was no connection: refused, unreachable, no TLS, untrusted. */
const NO_CONNECTION: ReadonlySet<number> = new Set([521, 523, 525, 526]);

/**
 * The fault, where the origin cannot have what she sent; null where it may.
 * @param left whether all of it may have left for the origin
 */
export function neverReached(answer: OriginAnswer, { left }: { readonly left: boolean }): Fault | null {
  // It was the request that was at fault: sent again, it would be so again.
  if (answer.kind === "fault" && answer.fault.status < 500) return null;
  if (answer.kind === "fault") return left ? null : { ...answer.fault, received: "no" };
  if (answer.kind === "gone" || !NO_CONNECTION.has(answer.response.status)) return null;
  return { status: 502, code: "origin-unreachable", received: "no" };
}

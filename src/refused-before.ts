/** The short way of a request: the one that a flood takes. shield.ts has the whole one. */

import { repeat } from "./answer/respondent.ts";
import type { Env } from "./env.ts";
import { awakeIsolate } from "./isolate.ts";
import { keepInTouch } from "./keep-in-touch.ts";
import { noteOwnFailure } from "./own-failure.ts";
import { glance } from "./request/glance.ts";

/**
 * What a flood gets: the answer of a moment ago, found by its address, without looking at the request any further and
 * without waiting for anything. Null for whoever must be decided about.
 */
export function refusedBefore(request: Request, env: Env, ctx: ExecutionContext): Response | null {
  const isolate = awakeIsolate();
  const address = request.headers.get("CF-Connecting-IP");
  if (!isolate || address === null) return null;
  const now = Date.now();
  const refusal = isolate.refusals.find(address, now);
  if (!refusal) return null;
  try {
    const seen = glance(request, isolate.certificateHosts);
    if (!seen) return null;
    keepInTouch(isolate, env, ctx, now);
    refusal.desk.noteTurnedAway(refusal.cost);
    refusal.desk.facilities.note(refusal.from);
    return repeat(refusal, seen, env, now);
  } catch (error) {
    noteOwnFailure(error);
    return null; // the whole way has its own outcome for whatever fails
  }
}

/**
 * GET /.shield/check: the check by itself, for whoever sent something that no page of ours could carry through it. It is
 * made here in another tab: any other address might be one where nobody is asked just now, and then nothing would be earned.
 */
import { REASONS } from "../policy/reasons.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

export const checkRoute: OwnRoute = { method: "GET", path: "/.shield/check", handle: serveCheck };

async function serveCheck({ facts, isolate, respond, prove, now }: OwnRequest): Promise<Response> {
  const { lane } = await prove();
  if (lane !== "unknown" || !isolate.sealer) {
    const headers = { Location: `${facts.authority}/`, "Cache-Control": "no-store", "Referrer-Policy": "same-origin" };
    return new Response(null, { status: 303, headers });
  }
  const site = isolate.policy.siteOf.get(facts.host);
  const posture = site ? isolate.desk(site).posture(now) : "normal";
  return respond.verdict({ kind: "challenge" }, REASONS.checkInTab, lane, posture);
}

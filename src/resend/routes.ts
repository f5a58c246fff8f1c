/** The paths of ours that serve pages which carry a form. */
import { backPage } from "../answer/back-page.ts";
import { readVisit } from "../identity/visit.ts";
import type { OwnRequest, OwnRoute } from "../own-paths/own-paths.ts";
import { readWhole } from "./body.ts";
import { renewDeadline } from "./seal-form.ts";
import { subjectOf } from "./subject.ts";

const DEADLINE_MAX_BYTES = 2_048;

export const resendRoutes: readonly OwnRoute[] = [
  { method: "GET", path: "/.shield/back", handle: async ({ facts }) => backPage(facts.language) },
  { method: "POST", path: "/.shield/keep", handle: keep },
];

/** An open page says that it is still open: 200 with a later deadline, or 403 when the form cannot be kept any longer. */
async function keep({ request, facts, isolate, now }: OwnRequest): Promise<Response> {
  const headers = { "Cache-Control": "no-store", "Content-Type": "text/plain", "X-Content-Type-Options": "nosniff" };
  const { sealer } = isolate;
  const length = facts.bodyBytes ?? 0;
  if (facts.site !== "same-origin" || sealer === null || length > DEADLINE_MAX_BYTES)
    return new Response(null, { status: 403, headers });
  const deadline = new TextDecoder().decode((await readWhole(request.body, length)) ?? new Uint8Array());
  // Who is signed in is asked when the form is sent.
  const identity = { visit: await readVisit(sealer, facts, now), principal: null };
  const subject = await subjectOf(sealer, facts, identity);
  const later = await renewDeadline(sealer, deadline, facts.host, subject.is, now);
  return later === null ? new Response(null, { status: 403, headers }) : new Response(later, { headers });
}

/**
 * The demo portal: a small e-health service that a flood can kill. It stands behind the shield in `npm start` and in
 * tests, and alone where a flood shall be seen without one. All its memory is in this isolate.
 */
import { answerQuestion } from "./questions.ts";
import { type Env, openRecords, type Records } from "./records.ts";
import { type Found, findRoute } from "./routes.ts";
import { whoIs } from "./sign-in.ts";
import { plain, TooLarge, Unreadable, type Visit } from "./visit.ts";

let records: Records | null = null;

export default {
  fetch(request, env): Response | Promise<Response> {
    records ??= openRecords(env);
    const url = new URL(request.url);
    if (url.pathname.startsWith("/.portal/"))
      return answerQuestion(request, url, env, records, () => {
        records = openRecords(env);
      });
    if (records.enforceOriginKey && request.headers.get("Shield-Origin-Key") !== env.ORIGIN_KEY) {
      records.refusedWithoutKey += 1;
      return plain("Only the shield may ask here.", 403);
    }
    const found = findRoute(request, url.pathname);
    if (!found) return plain("Nav atrasts. Not found.", 404);
    const person = whoIs(request, records, Date.now());
    return serve({ request, url, env, records, person, rest: found.rest }, found);
  },
} satisfies ExportedHandler<Env>;

/** Works on it for as long as the load demands, or not at all; stops when the client is gone. */
async function serve(visit: Visit, { route, name, units }: Found): Promise<Response> {
  const { request, records, url, person } = visit;
  // Kept for this visit: what is settled must have been offered to the same.
  const { capacity } = records;
  const count = records.routes.get(name) ?? { requests: 0, failed: 0 };
  records.routes.set(name, count);
  count.requests += 1;
  const fate = capacity.offer(units, Date.now(), records.inFlight);
  records.inFlight += 1;
  records.maxInFlight = Math.max(records.maxInFlight, records.inFlight);
  let open = true;
  const settle = (end: "served" | "failed" | "gone") => {
    if (!open) return;
    open = false;
    records.inFlight -= 1;
    if (end === "gone") records.aborted += 1;
    else capacity.settle(units, end === "served", Date.now());
    if (end === "failed") count.failed += 1;
  };
  // On a reset nothing below runs to its end, not even `finally`: only this tells.
  request.signal.addEventListener("abort", () => settle("gone"));
  try {
    if (fate.delayMs > 0) await scheduler.wait(fate.delayMs, { signal: request.signal });
    if (!fate.served) return plain("Serviss pārslogots. Service overloaded.", 503);
    const response =
      url.pathname.startsWith("/app/") && person === null
        ? new Response(null, { status: 302, headers: { Location: "/login", "Cache-Control": "no-store" } })
        : await route.handle(visit);
    settle("served");
    return response;
  } catch (error) {
    // The client's mistake: the portal did its part.
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    settle("served");
    return refusal;
  } finally {
    settle(request.signal.aborted ? "gone" : "failed");
  }
}

function refusalOf(error: unknown): Response | null {
  if (error instanceof TooLarge) return plain("Par lielu. Too large.", 413);
  if (error instanceof Unreadable) return plain("Nesaprotams pieprasījums. Cannot be read.", 400);
  return null;
}

/** What a test may ask and set, below `/.portal/`. A real portal has nothing like it. */
import type { Env, Records } from "./records.ts";
import { json, plain } from "./visit.ts";

/** @param reset puts fresh records in place of these. */
export async function answerQuestion(
  request: Request,
  url: URL,
  env: Env,
  records: Records,
  reset: () => void,
): Promise<Response> {
  switch (`${request.method} ${url.pathname}`) {
    case "GET /.portal/state":
      return json(stateOf(records, url.searchParams.get("brief") === "1"));
    case "POST /.portal/reset":
      reset();
      return json({ reset: true });
    case "POST /.portal/capacity":
      return setCapacity(await request.json(), env, records);
    default:
      return plain("Not found.", 404);
  }
}

/** @param brief leaves out what was stored: a lab asks each second. */
function stateOf(records: Records, brief: boolean): Record<string, unknown> {
  const now = Date.now();
  const { load, strain } = records.capacity.measure(now);
  const stored = {
    prescriptions: records.prescriptions.all(),
    sickLeaves: records.sickLeaves.all(),
    documents: records.documents.all().map(({ content, ...rest }) => ({ ...rest, kept: content !== null })),
    fhir: records.fhir.all(),
  };
  return {
    ...(brief ? {} : stored),
    openedAt: records.openedAt,
    totals: {
      prescriptions: records.prescriptions.total,
      sickLeaves: records.sickLeaves.total,
      documents: records.documents.total,
      fhir: records.fhir.total,
    },
    contacts: records.contacts,
    prompts: records.prompts,
    passwordResets: records.passwordResets,
    sessions: records.sessions.size,
    load: { capacityPerSecond: records.capacity.unitsPerSecond, load, strain, series: records.capacity.series(now) },
    routes: Object.fromEntries(records.routes),
    refusedWithoutKey: records.refusedWithoutKey,
    aborted: records.aborted,
    inFlight: records.inFlight,
    maxInFlight: records.maxInFlight,
  };
}

function setCapacity(wish: unknown, env: Env, records: Records): Response {
  if (typeof wish !== "object" || wish === null) return plain("Send an object.", 400);
  if ("perSecond" in wish) {
    if (typeof wish.perSecond !== "number" || !(wish.perSecond >= 0)) return plain("perSecond: a number from 0", 400);
    records.capacity.unitsPerSecond = wish.perSecond;
  }
  if ("enforceOriginKey" in wish) {
    if (wish.enforceOriginKey === true && !env.ORIGIN_KEY) return plain("There is no ORIGIN_KEY to enforce.", 400);
    records.enforceOriginKey = wish.enforceOriginKey === true;
  }
  return json({ perSecond: records.capacity.unitsPerSecond, enforceOriginKey: records.enforceOriginKey });
}

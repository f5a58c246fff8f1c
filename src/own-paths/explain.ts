/** GET /.shield/explain?code=ABCD-EFGH: what the support code of a page of ours says. For the help desk and security staff. */
import { readCode } from "../policy/read-code.ts";
import { parseCode } from "../support-code.ts";
import { json, problem, timeOf } from "./call.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

export const explainRoute: OwnRoute = { method: "GET", path: "/.shield/explain", operator: true, handle: explain };

async function explain({ facts, isolate, now }: OwnRequest): Promise<Response> {
  const { sealer, policy } = isolate;
  const code = parseCode(new URLSearchParams(facts.target.split("?", 2)[1] ?? "").get("code") ?? "");
  if (code === null)
    return problem(422, "A support code has eight letters and digits, never 0 O 1 I: ask again for it.");
  if (!sealer) return problem(503, "SHIELD_SECRET is missing: there are no codes.");
  const readings = readCode(sealer, policy, code, now).map(({ from, ...rest }) => ({ ...rest, at: timeOf(from) }));
  if (readings.length === 0)
    return problem(404, "No page of the last hour had this code under these rules: ask again for it.");
  return json(200, { code, readings });
}

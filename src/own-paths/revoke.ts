/**
 * Operators call a principal back: a stolen pass, a practice whose key got out. The origin's log names principals
 * (Shield-Principal), and so does /.shield/echo to their bearers; a service key may be named by its id.
 *
 * The watch keeps the row and tells shards once a second, they tell isolates with the next exchange: within 5 s wherever
 * there is traffic. An isolate that has just started accepts a called-back proof until its first exchange, about a second.
 *
 * Accepted trade-off: principals are keyed hashes, so a new SHIELD_SECRET renames all but those inside passes. Before it is
 * swapped, what is still called back goes into src/rules.ts (`serviceKeys.revoked`, `revokedSerials`).
 */
import * as v from "valibot";
import { watchObject } from "../counters/shards.ts";
import { isPrincipal } from "../identity/principal.ts";
import { REVOCATIONS_MAX } from "../identity/revocations.ts";
import { SERVICE_KEY_ID, serviceKeyPrincipal } from "../identity/service-key.ts";
import { inTime, json, problem, read, timeOf, unanswered, words } from "./call.ts";
import { nameInLog } from "./name-in-log.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

/** As long as the longest-lived proof, a known device. */
const HOURS_MAX = 90 * 24;

const Principal = v.pipe(v.string(), v.check(isPrincipal, "a principal is 32 hexadecimal digits"));
const ServiceKey = v.pipe(v.string(), v.regex(SERVICE_KEY_ID, "this is no id of a service key"));
const until = { reason: words(300), hours: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HOURS_MAX)) };
const Call = v.union(
  [
    v.strictObject({ principal: Principal, ...until }),
    v.strictObject({ serviceKey: ServiceKey, ...until }),
    v.strictObject({ principal: Principal, lift: v.literal(true) }),
    v.strictObject({ serviceKey: ServiceKey, lift: v.literal(true) }),
  ],
  `say { principal or serviceKey, reason, hours (1 to ${HOURS_MAX}) }, or { principal or serviceKey, lift: true }`,
);

export const revokeRoutes: readonly OwnRoute[] = [
  { method: "GET", path: "/.shield/revoke", operator: true, handle: show },
  { method: "POST", path: "/.shield/revoke", operator: true, handle: call },
];

async function show({ env }: OwnRequest): Promise<Response> {
  const rows = await inTime(watchObject(env).revocations());
  if (rows === null) return unanswered();
  return json(200, { revocations: rows.map((row) => ({ ...row, until: timeOf(row.until) })), most: REVOCATIONS_MAX });
}

async function call(asked: OwnRequest): Promise<Response> {
  const { env, isolate, operator, now } = asked;
  const body = await read(asked.request, Call);
  if ("problem" in body) return body.problem;
  const { said } = body;
  if (isolate.sealer === null) return problem(503, "Without SHIELD_SECRET no proof is accepted: nothing to call back.");
  const principal = "principal" in said ? said.principal : await serviceKeyPrincipal(isolate.sealer, said.serviceKey);
  const by = operator ?? "an operator";
  if ("lift" in said) {
    const list = await inTime(watchObject(env).liftRevocation(principal));
    if (list === null) return unanswered();
    isolate.revocations.learn(list);
    console.warn({ event: "revocation-lifted", principal, by: await nameInLog(isolate.sealer, operator) });
    return json(200, { principal, lifted: true });
  }
  const ends = now + said.hours * 3_600_000;
  const list = await inTime(
    watchObject(env)
      .revoke({ principal, until: ends, reason: said.reason, by })
      .then((made) => made ?? "full"),
  );
  if (list === null) return unanswered();
  if (list === "full")
    return problem(
      409,
      `${REVOCATIONS_MAX} are called back already: end all passes with passesValidFrom in src/rules.ts.`,
    );
  // The edge that was asked knows at once; the others with their next exchange.
  isolate.revocations.learn(list);
  const logged = await nameInLog(isolate.sealer, operator);
  console.warn({ event: "revoked", principal, by: logged, until: timeOf(ends) });
  return json(200, { principal, until: timeOf(ends), by });
}

/**
 * POST /.shield/grant `{"code": "ABCD-EFGH"}`: the help desk lets in whoever read out the support code of a challenge page.
 * It works for ten minutes, once, and only in that page: the code leads to nothing without the ticket sealed there.
 */
import * as v from "valibot";
import { GRANT_TTL_MS, GRANTS_PER_HOUR } from "../counters/help-desk.ts";
import { SHARD_COUNT } from "../counters/shard.ts";
import { counterShard } from "../counters/shards.ts";
import { readCode } from "../policy/read-code.ts";
import { parseCode } from "../support-code.ts";
import { inTime, json, problem, read } from "./call.ts";
import { nameInLog, operatorMac } from "./name-in-log.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

const Grant = v.strictObject({ code: v.pipe(v.string(), v.maxLength(40)) });

export const grantRoutes: readonly OwnRoute[] = [
  { method: "POST", path: "/.shield/grant", operator: true, handle: letIn },
];

async function letIn({ request, env, isolate, operator, now }: OwnRequest): Promise<Response> {
  const body = await read(request, Grant);
  if ("problem" in body) return body.problem;
  const code = parseCode(body.said.code);
  if (code === null)
    return problem(422, "A support code has eight letters and digits, never 0 O 1 I: ask again for it.");
  const { sealer, policy } = isolate;
  if (!sealer) return problem(503, "SHIELD_SECRET is missing: nothing can be granted.");
  const readings = readCode(sealer, policy, code, now);
  const [first] = readings;
  if (first && readings.every(({ opens }) => !opens))
    return problem(
      409,
      `This page cannot be opened from here: it says ${first.verdict}, by "${first.reason}". ` +
        "Where it offers a check in a new tab, the code to read out is the one there.",
    );
  const mac = await operatorMac(sealer, operator);
  const by = await nameInLog(sealer, operator);
  const counted = await inTime(counterShard(env, (mac[0] ?? 0) % SHARD_COUNT).countGrant(by));
  if (counted === null) return unanswered();
  if (!counted) return problem(429, `${GRANTS_PER_HOUR} were let in by you within an hour: that is the most.`);
  const stored = await inTime(
    grantShard(env, code)
      .letIn(code)
      .then(() => true),
  );
  if (stored === null) return unanswered();
  console.warn({ event: "let-in", code, by });
  return json(200, { code, minutes: GRANT_TTL_MS / 60_000, tell: "Press the link in the page that shows this code." });
}

/** Where a code's grant is kept. */
export function grantShard(env: OwnRequest["env"], code: string) {
  const sum = [...code].reduce((total, letter) => total * 31 + letter.charCodeAt(0), 0);
  return counterShard(env, sum % SHARD_COUNT);
}

function unanswered(): Response {
  return problem(503, "The counter did not answer: it is not certain whether the code may come in. Repeat the call.");
}

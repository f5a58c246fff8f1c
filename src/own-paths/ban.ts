/**
 * Operators shut somebody out for a time: an address, a network, an AS number. A rule and its deploy take minutes, this
 * takes as long as a posture: within 5 s wherever there is traffic. It ends by itself, within a day; what is to stay is
 * written into src/rules.ts. Whom it never concerns stands in policy/bans.ts.
 */
import * as v from "valibot";
import { watchObject } from "../counters/shards.ts";
import { BANS_MAX, whoIsMeant } from "../policy/bans.ts";
import { inTime, json, MINUTES_MAX, problem, read, timeOf, unanswered, words } from "./call.ts";
import { nameInLog } from "./name-in-log.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

const Who = v.pipe(
  words(60),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return whoIsMeant(dataset.value);
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : String(error) });
      return NEVER;
    }
  }),
);
const Call = v.variant("lift", [
  v.strictObject({
    ban: Who,
    reason: words(300),
    minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MINUTES_MAX)),
    lift: v.optional(v.literal(false)),
  }),
  v.strictObject({ ban: Who, lift: v.literal(true) }),
]);

export const banRoutes: readonly OwnRoute[] = [
  { method: "GET", path: "/.shield/ban", operator: true, handle: show },
  { method: "POST", path: "/.shield/ban", operator: true, handle: call },
];

async function show({ env }: OwnRequest): Promise<Response> {
  const bans = await inTime(watchObject(env).bans());
  if (bans === null) return unanswered();
  return json(200, {
    bans: bans.map(({ who, until, ...why }) => ({ ban: who, until: timeOf(until), ...why })),
    most: BANS_MAX,
  });
}

async function call(asked: OwnRequest): Promise<Response> {
  const { env, isolate, operator, now } = asked;
  const body = await read(asked.request, Call);
  if ("problem" in body) return body.problem;
  const { said } = body;
  const { ban: who } = said;
  const by = operator ?? "an operator";
  // Whom it is about stays out of the log: it may be one person's address.
  const logged = await nameInLog(isolate.sealer, operator);
  if (said.lift) {
    const list = await inTime(watchObject(env).liftBan(who));
    if (list === null) return unanswered();
    isolate.bans.learn(list);
    console.warn({ event: "ban-lifted", by: logged });
    return json(200, { ban: who, lifted: true });
  }
  const until = now + said.minutes * 60_000;
  const order = { who, until, reason: said.reason, by };
  const list = await inTime(
    watchObject(env)
      .ban(order)
      .then((made) => made ?? "full"),
  );
  if (list === null) return unanswered();
  if (list === "full")
    return problem(409, `${BANS_MAX} bans hold already: lift one, or write a rule with an address list.`);
  // The edge that was asked knows at once; the others with their next exchange.
  isolate.bans.learn(list);
  console.warn({ event: "banned", by: logged, until: timeOf(until) });
  return json(200, { ban: who, until: timeOf(until), by });
}

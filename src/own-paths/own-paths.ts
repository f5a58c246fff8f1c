/** Everything below `/.shield/`: the only paths that the shield answers itself. Proxied traffic never touches a router. */
import { IttyRouter } from "itty-router";
import type { Respondent } from "../answer/respondent.ts";
import { challengeRoutes } from "../challenge/routes.ts";
import type { Env } from "../env.ts";
import type { Identity } from "../identity/identity.ts";
import type { Later } from "../identity/jwks.ts";
import { prove } from "../identity/prove.ts";
import type { Isolate } from "../isolate.ts";
import { facilityOf } from "../policy/compile.ts";
import type { Budget } from "../policy/policy.ts";
import { REASONS } from "../policy/reasons.ts";
import { roomForOurWork } from "../policy/room.ts";
import type { Facts } from "../request/facts.ts";
import { resendRoutes } from "../resend/routes.ts";
import { accessKeys } from "./access-keys.ts";
import { banRoutes } from "./ban.ts";
import { challengeContext } from "./challenge-context.ts";
import { checkRoute } from "./check.ts";
import { echoRoutes } from "./echo.ts";
import { entryRoute } from "./enter.ts";
import { explainRoute } from "./explain.ts";
import { grantRoutes } from "./grant.ts";
import { modeRoutes } from "./modes.ts";
import { authorizeOperator, notFound } from "./operator.ts";
import { revokeRoutes } from "./revoke.ts";

const PREFIX = "/.shield/";

/** One path of ours. HEAD is served as GET. */
export interface OwnRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Only for operators (operator.ts). */
  readonly operator?: true;
  readonly handle: (asked: OwnRequest) => Promise<Response>;
}

export interface OwnRequest {
  readonly request: Request;
  readonly facts: Facts;
  readonly env: Env;
  readonly isolate: Isolate;
  readonly respond: Respondent;
  /** Who it is, on an operators' path; else null. */
  readonly operator: string | null;
  /** Who asks, as far as it is proven. Costs what the proofs cost: only for paths that need it. */
  readonly prove: () => Promise<Identity>;
  /** Keeps work alive when the request is gone. */
  readonly later: Later;
  readonly now: number;
}

const ROUTES: readonly OwnRoute[] = [
  ...modeRoutes,
  ...revokeRoutes,
  ...banRoutes,
  ...echoRoutes,
  ...grantRoutes,
  explainRoute,
  entryRoute,
  checkRoute,
  ...challengeRoutes.map(
    ({ method, path, handle }): OwnRoute => ({
      method,
      path,
      handle: (asked) => handle(asked.request, challengeContext(asked)),
    }),
  ),
  ...resendRoutes,
];

/** Puzzles and proofs cost us some work, so an address has a budget for them: a whole surgery may be asked at once. */
const OWN_PATHS: Budget = {
  name: REASONS.ownPaths,
  per: "address",
  lanes: null,
  routes: null,
  perMinute: 300,
  burst: 200,
  emissionMs: 200,
  toleranceMs: 40_000,
  counts: "requests",
  strict: false,
  then: "limit",
};

/** Nobody guesses a token at 30 a minute, and no operator needs more. */
const OPERATORS_PATHS: Budget = {
  ...OWN_PATHS,
  name: REASONS.operatorsPaths,
  perMinute: 30,
  burst: 30,
  emissionMs: 2000,
  toleranceMs: 60_000,
};

const router = IttyRouter();
for (const route of ROUTES) {
  const find = () => route;
  if (route.method === "GET") router.get(route.path, find);
  else router.post(route.path, find);
}

export function isOwnPath(facts: Facts): boolean {
  return facts.path.raw.startsWith(PREFIX);
}

export async function serveOwnPath(
  request: Request,
  facts: Facts,
  isolate: Isolate,
  env: Env,
  respond: Respondent,
  later: Later,
): Promise<Response> {
  const now = Date.now();
  // The router is given a URL without query, as its query parsing is quadratic, and no Request, as it writes to what it gets.
  const method = facts.method === "HEAD" ? "GET" : facts.method;
  const found: unknown = await router.fetch({ method, url: `http://shield${facts.path.raw}` });
  const route = ROUTES.find((known) => known === found);
  const budget = route?.operator ? OPERATORS_PATHS : OWN_PATHS;
  const { key } = facts.address;
  const seats = facilityOf(isolate.policy, facts.address, now)?.seats ?? null;
  const charge = { budget, key, cost: 1, scale: roomForOurWork(seats, () => isolate.tally.peopleAt(key, now)) };
  const waitS = isolate.tally.waitSeconds(charge, now);
  if (waitS > 0)
    return respond.verdict({ kind: "limit", retryAfterS: Math.ceil(waitS), budget }, budget.name, "unknown", "normal");
  isolate.tally.apply([charge], now);
  if (!route) return notFound();
  const proving = async () => await prove(facts, isolate, now, { later, attempts: isolate.attempts });
  const asked: OwnRequest = { request, facts, env, isolate, respond, operator: null, prove: proving, later, now };
  if (!route.operator) return route.handle(asked);
  const operator = await authorizeOperator(request, facts, env, accessKeys);
  return operator.ok ? route.handle({ ...asked, operator: operator.operator }) : operator.response;
}

/** Everything below `/.shield/`: the only paths that the shield answers itself. Proxied traffic never touches a router. */
import { IttyRouter } from "itty-router";
import type { Respondent } from "./answer/respondent.ts";
import { DIFFICULTIES } from "./challenge/difficulty.ts";
import type { Spend } from "./challenge/redeem.ts";
import { type ChallengeContext, challengeRoutes } from "./challenge/routes.ts";
import { SHARD_COUNT } from "./counters/shard.ts";
import { counterShard } from "./counters/shards.ts";
import type { Env } from "./env.ts";
import type { Isolate } from "./isolate.ts";
import { facilityOf } from "./policy/compile.ts";
import type { Budget } from "./policy/policy.ts";
import type { Facts } from "./request/facts.ts";
import { encodeFields } from "./seal.ts";

const PREFIX = "/.shield/";
/** How long a solved puzzle waits for its shard before the visitor is told to try again, ms. */
const SPEND_TIMEOUT_MS = 2000;

/** Puzzles and proofs cost us some work, so an address has a budget for them: a whole surgery may be asked at once. */
const OWN_PATHS: Budget = {
  name: "the shield's own paths",
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

type Asked = { readonly method: string; readonly url: string; readonly original: Request };

const router = IttyRouter();
for (const { method, path, handle } of challengeRoutes) {
  const serve = ({ original }: Asked, context: ChallengeContext) => handle(original, context);
  if (method === "GET") router.get(path, serve);
  else router.post(path, serve);
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
): Promise<Response> {
  const now = Date.now();
  const facility = facilityOf(isolate.policy, facts.address, now);
  const charge = { budget: OWN_PATHS, key: facts.address.key, cost: 1, scale: 1 + (facility?.seats ?? 0) / 20 };
  const waitS = isolate.tally.waitSeconds(charge, now);
  if (waitS > 0)
    return respond.verdict(
      { kind: "limit", retryAfterS: Math.ceil(waitS), budget: OWN_PATHS },
      OWN_PATHS.name,
      "unknown",
      "normal",
    );
  isolate.tally.apply([charge], now);

  const context: ChallengeContext = {
    sealer: isolate.sealer,
    host: facts.host,
    authority: facts.authority,
    network: await networkHash(isolate, facts),
    difficulty: DIFFICULTIES.normal,
    spend: spendIn(env),
    nowMs: now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
  // The router is given a URL without query, as its query parsing is quadratic, and no Request, as it writes to what it gets.
  const method = facts.method === "HEAD" ? "GET" : facts.method;
  const asked: Asked = { method, url: `http://shield${facts.path.raw}`, original: request };
  const response: unknown = await router.fetch(asked, context);
  return response instanceof Response
    ? response
    : new Response(null, { status: 404, headers: { "Cache-Control": "no-store" } });
}

/** A clearance is bound softly to its network: by a keyed hash, as it travels in a cookie. */
async function networkHash({ sealer }: Isolate, { address }: Facts): Promise<string> {
  if (!sealer) return "";
  const mac = await sealer.mac("network", encodeFields([address.prefix]));
  return mac.subarray(0, 8).reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "");
}

/** Spends a puzzle in the shard that its own random id names. An error never mints: then it is `unavailable`. */
function spendIn(env: Env): Spend {
  return async (id, expiresAtMs) => {
    const shard = Number.parseInt(id.slice(0, 4), 16) % SHARD_COUNT;
    const spent = counterShard(env, shard).spendOnce(id, expiresAtMs);
    const late = scheduler.wait(SPEND_TIMEOUT_MS).then(() => "unavailable" as const);
    return await Promise.race([spent, late]);
  };
}

/** What the challenge's routes are handed beside the request: how dear a puzzle is, who may still be given a clearance, where a proof is spent. */
import { difficultyFor } from "../challenge/difficulty.ts";
import { ISSUANCE, issuanceCharge, shareInUse } from "../challenge/issuance.ts";
import { networksOf } from "../challenge/network.ts";
import { rememberSpent, type Spend } from "../challenge/redeem.ts";
import type { ChallengeContext } from "../challenge/routes.ts";
import { SHARD_COUNT } from "../counters/shard.ts";
import { counterShard, type ObjectsEnv } from "../counters/shards.ts";
import { facilityOf } from "../policy/compile.ts";
import type { Remembered } from "../remembered.ts";
import type { OwnRequest } from "./own-paths.ts";

/** How long a solved puzzle waits for its shard before the visitor is told to try again, ms. */
const SPEND_TIMEOUT_MS = 2000;

export function challengeContext(asked: OwnRequest): ChallengeContext {
  const { facts, env, isolate, prove, now } = asked;
  const seats = facilityOf(isolate.policy, facts.address, now)?.seats ?? 0;
  const charge = issuanceCharge(ISSUANCE, facts.address, seats);
  return {
    sealer: isolate.sealer,
    host: facts.host,
    authority: facts.authority,
    network: async () => (isolate.sealer && (await networksOf(isolate.sealer, facts.address))[0]) ?? "",
    difficulty: () => difficultyOf(asked),
    proven: async () => (await prove()).lane !== "unknown",
    spend: spendIn(env, isolate.spent),
    issuance: {
      waitS: isolate.tally.waitSeconds(charge, now),
      note: () => isolate.tally.apply([charge], now),
    },
    nowMs: now,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}

/** What the asker's puzzle should cost, by all that the shield knows of her by itself. */
async function difficultyOf({ facts, isolate, prove, now }: OwnRequest): Promise<number> {
  const { policy, tally } = isolate;
  const { knownDevice, facility } = await prove();
  const site = policy.siteOf.get(facts.host);
  const inUse = policy.budgets
    .filter(({ per, lanes }) => per === "address" && (lanes === null || lanes.has("unknown")))
    .map((budget) => shareInUse(tally, { budget, key: facts.address.key, cost: 1, scale: 1 }, now));
  return difficultyFor({
    posture: site ? isolate.desk(site).posture(now) : "normal",
    known: knownDevice || facility !== null,
    addressInUse: Math.max(0, ...inUse),
    issuedInPrefix: shareInUse(tally, issuanceCharge(ISSUANCE, facts.address, facility?.seats ?? 0), now),
  });
}

/** Spends a puzzle or a ticket in the shard that its own random id names. Without its answer it is `unavailable`. */
export function spendIn(env: ObjectsEnv, known: Remembered<true>): Spend {
  return rememberSpent(known, async (id, expiresAtMs) => {
    const shard = Number.parseInt(id.slice(0, 4), 16) % SHARD_COUNT;
    const spent = counterShard(env, shard).spendOnce(id, expiresAtMs);
    const late = scheduler.wait(SPEND_TIMEOUT_MS).then(() => "unavailable" as const);
    return await Promise.race([spent, late]);
  });
}

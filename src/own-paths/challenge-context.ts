/** What the challenge's routes are handed beside the request: how dear a puzzle is, who may still be given a clearance, where a proof is spent. */
import { difficultyFor } from "../challenge/difficulty.ts";
import { ISSUANCE, issuanceCharge } from "../challenge/issuance.ts";
import { networksOf } from "../challenge/network.ts";
import type { Spend } from "../challenge/redeem.ts";
import type { ChallengeContext } from "../challenge/routes.ts";
import { carriageFor } from "../keep-in-touch.ts";
import { facilityOf } from "../policy/compile.ts";
import { shareInUse } from "../policy/in-use.ts";
import type { OwnRequest } from "./own-paths.ts";

export function challengeContext(asked: OwnRequest): ChallengeContext {
  const { facts, isolate, prove, now } = asked;
  const seats = facilityOf(isolate.policy, facts.address, now)?.seats ?? 0;
  const charge = issuanceCharge(ISSUANCE, facts.address, seats);
  return {
    sealer: isolate.sealer,
    host: facts.host,
    authority: facts.authority,
    network: async () => (isolate.sealer && (await networksOf(isolate.sealer, facts.address))[0]) ?? "",
    difficulty: () => difficultyOf(asked),
    needsNone: async () => !isolate.mayAsk(now) || (await prove()).lane !== "unknown",
    spend: spendIn(asked),
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
export function spendIn({ env, isolate, later }: OwnRequest): Spend {
  return (id, expiresAtMs) => isolate.puzzles.spend(id, expiresAtMs, carriageFor(isolate, env, later));
}

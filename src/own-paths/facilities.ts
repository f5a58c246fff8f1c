/** What operators see of registered facilities: until when each is registered, and how much comes from it. */
import { watchObject } from "../counters/shards.ts";
import { inTime, timeOf } from "./call.ts";
import type { OwnRequest } from "./own-paths.ts";

/** Those of the rules, in their order. What comes from them is null when the watch does not answer. */
export async function facilitiesShown({ env, isolate, now }: OwnRequest) {
  const seen = await inTime(watchObject(env).facilities());
  const views = new Map(seen?.map((view) => [view.facility, view]));
  return isolate.policy.facilities.map(({ name, seats, expiresAt }) => {
    const view = views.get(name);
    return {
      facility: name,
      seats,
      expires: timeOf(expiresAt),
      expired: now >= expiresAt,
      perMinute: seen ? (view?.perMinute ?? 0) : null,
      usualPerMinute: view?.usualPerMinute ?? null,
      unusualAt: view?.unusualAt ? timeOf(view.unusualAt) : null,
    };
  });
}

/** The shield as it is, with counts of what its objects are called for. Its rules are those of test/bench/rules.ts. */
import { ClientCounter as Counter } from "../../../src/counters/client-counter.ts";
import shield from "../../../src/index.ts";

export { Watch } from "../../../src/watch/watch.ts";

let exchanges = 0;
let merges = 0;
let spends = 0;

export class ClientCounter extends Counter {
  exchange(report) {
    exchanges++;
    return super.exchange(report);
  }

  spendOnce(id, expiresAt) {
    spends++;
    return super.spendOnce(id, expiresAt);
  }

  merge(spendings) {
    merges++;
    return super.merge(spendings);
  }
}

export default {
  fetch(request, env, ctx) {
    if (env.ROLE === "objects") return Response.json({ all: exchanges + merges, fromIsolates: exchanges, spends });
    return shield.fetch(request, env, ctx);
  },
};

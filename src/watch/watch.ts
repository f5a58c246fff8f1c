/**
 * Watch: the one Durable Object that sees every site whole. Here only what needs the platform; what it knows and says stands
 * in lookout.ts. All in memory: after a restart it learns anew within a second.
 */
import { DurableObject } from "cloudflare:workers";
import type { SiteOrders } from "../counters/protocol.ts";
import type { ObjectsEnv } from "../counters/shards.ts";
import { Lookout, type ShardReport } from "./lookout.ts";

export class Watch extends DurableObject<ObjectsEnv> {
  readonly #lookout = new Lookout();

  report(report: ShardReport): readonly SiteOrders[] {
    return this.#lookout.report(report, Date.now());
  }
}

import { Desk } from "../../../src/isolate.ts";
import { ownerOf, SHARD_COUNT } from "../../../src/counters/shards.ts";
import { Exchange } from "../../../src/counters/exchange.ts";
import type { ShardReport } from "../../../src/watch/watch.ts";
import { identify } from "../../../src/request/identify.ts";
import { admit } from "../../../src/origin/admit.ts";
export type X = ShardReport;
console.log(Desk, ownerOf(3), SHARD_COUNT, Exchange, identify, admit);

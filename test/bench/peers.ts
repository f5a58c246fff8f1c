/** The same flood against the shield and against four other ways to count. Each keeps the budget of test/bench/rules.ts. */
import type { Effort } from "./bench.ts";
import { figure, type Line, ofPairs } from "./line.ts";
import { Load, perSecond, request, type Tally } from "./load.ts";
import { compare } from "./pairs.ts";
import { dollarsPerBillion } from "./prices.ts";
import { BUDGET } from "./rules.ts";
import { ban, type Peer, startPeer } from "./targets.ts";

const EDGES = 4;
const CONNECTIONS = 16;

interface Flood {
  readonly name: string;
  /** Addresses, one after the other, as often as they come. */
  readonly addresses: readonly string[];
}

/** Documentation addresses do not suffice for thousands: those of RFC 2544 are for benchmarks. */
const benchmarkAddress = (i: number): string => `198.${18 + ((i >> 16) & 1)}.${(i >> 8) & 255}.${i & 255}`;
const FLOODS: readonly Flood[] = [
  { name: "one hot key", addresses: [benchmarkAddress(1)] },
  { name: "200 addresses", addresses: Array.from({ length: 200 }, (_, i) => benchmarkAddress(i)) },
  { name: "8,000 addresses", addresses: Array.from({ length: 8000 }, (_, i) => benchmarkAddress(i)) },
  {
    name: "rotating /64s",
    addresses: Array.from({ length: 50_000 }, (_, i) => `2001:2:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::1`),
  },
];
const OTHERS: readonly Peer[] = ["object-per-client", "row-per-request", "rate-limit-binding", "kv-bouncer"];

export async function* peers(effort: Effort): AsyncGenerator<Line> {
  for (const other of OTHERS) for (const flood of FLOODS) yield* sideBySide(other, flood, effort);
}

/** Both are started anew, so that nobody pays for the flood before. */
async function* sideBySide(other: Peer, flood: Flood, { pairs, sliceMs, floodMs }: Effort): AsyncGenerator<Line> {
  // One after the other: that is how each finds its own process.
  const shield = await startPeer("shield", EDGES);
  const peer = await startPeer(other, EDGES);
  const loads = [shield, peer].map(({ ports }) => new Load(ports, CONNECTIONS, rotating(flood)));
  const [ours, base] = loads;
  if (!ours || !base) throw new Error("two loads were made");
  const label = (what: string): string => `${flood.name}: ${what} ÷ ${other}`;
  try {
    if (other === "kv-bouncer") await ban(peer, flood.addresses.slice(0, 8000));
    const [ourTally, baseTally] = [await ours.run(floodMs), await base.run(floodMs)];
    const [ourCalls, baseCalls] = [await shield.calls(), await peer.calls()];
    const each = (calls: number, { requests }: Tally): number => (1000 * calls) / requests;
    const perIsolateSecond = (ourCalls.fromIsolates * 1000) / ourTally.ms / EDGES;
    yield figure(
      label("calls by isolates"),
      perIsolateSecond,
      null,
      "per isolate-second",
      "≤ 1",
      () => perIsolateSecond <= 1,
    );
    yield figure(
      label("object calls"),
      each(ourCalls.all, ourTally),
      each(baseCalls.all, baseTally),
      "per 1,000 requests",
    );
    yield figure(label("passed above budget"), above(ourTally, flood), above(baseTally, flood), "requests");
    yield figure(label("memory of workerd"), shield.memory() / 1e6, peer.memory() / 1e6, "MB");
    const dollars = (calls: number, { requests }: Tally, who: Peer): number =>
      dollarsPerBillion({
        objectCalls: calls / requests,
        rowsWritten: who === "row-per-request" ? 1 : 0,
        kvReads: who === "kv-bouncer" ? 1 : 0,
      });
    yield figure(
      label("a billion requests"),
      dollars(ourCalls.all, ourTally, "shield"),
      dollars(baseCalls.all, baseTally, other),
      "USD",
    );
    const throughput = await compare(
      async (ms) => perSecond(await ours.run(ms)),
      async (ms) => perSecond(await base.run(ms)),
      pairs,
      sliceMs,
    );
    yield ofPairs(label("throughput"), throughput, "requests/s");
  } finally {
    for (const load of loads) load.stop();
    await Promise.all([shield.stop(), peer.stop()]);
  }
}

/** Requests that the origin got beyond what the budgets of all addresses allow together. */
function above({ statuses, ms, requests }: Tally, { addresses }: Flood): number {
  const seen = Math.min(addresses.length, requests);
  return Math.max(0, (statuses.get(200) ?? 0) - seen * (BUDGET.burst + (BUDGET.perMinute * ms) / 60_000));
}

function rotating({ addresses }: Flood): () => string {
  let i = 0;
  return () => request({ address: addresses[i++ % addresses.length] ?? "" });
}

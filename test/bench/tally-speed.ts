/** One operation of the tally, ns, by the number of distinct clients, and its memory, both in Node's V8. */
import { Tally } from "../../src/counters/tally.ts";
import type { Budget } from "../../src/policy/policy.ts";
import { BUDGET } from "./rules.ts";

const NOW = 1_800_000_000_000;
const budget: Budget = {
  name: "one address",
  per: "address",
  lanes: null,
  routes: null,
  ...BUDGET,
  emissionMs: 60_000 / BUDGET.perMinute,
  toleranceMs: (BUDGET.burst * 60_000) / BUDGET.perMinute,
  counts: "requests",
  strict: false,
  then: "limit",
};

export interface TallySpeed {
  readonly clients: number;
  /** Ask and, where it fits, spend: what a request costs, its key's text included. */
  readonly nsPerRequest: number;
  readonly megabytes: number;
}

/** @param requests how many are timed, after every client has come once */
export function measureTally(clients: number, requests: number): TallySpeed {
  const before = process.memoryUsage().arrayBuffers;
  const tally = new Tally([1, 2, 3, 4]);
  const ask = (client: number, now: number): void => {
    const charge = { budget, key: `10.${client >>> 16}.${(client >>> 8) & 255}.${client & 255}`, cost: 1, scale: 1 };
    if (tally.waitSeconds(charge, now) === 0) tally.apply([charge], now);
  };
  for (let i = 0; i < clients; i++) ask(i, NOW);
  // Multiplicative stepping: every client in turn, in an order that no cache foresees.
  const from = performance.now();
  for (let i = 0; i < requests; i++) ask((i * 2_654_435_761) % clients, NOW + (i >> 10));
  const ms = performance.now() - from;
  return {
    clients,
    nsPerRequest: (ms * 1e6) / requests,
    megabytes: (process.memoryUsage().arrayBuffers - before) / 1e6,
  };
}

/** When shards fail: the isolate goes on alone, says so, asks less often, and recovers by itself. */
import { describe, expect, it } from "vitest";
import { Exchange, type ExchangeDeps, type ExchangeEvent } from "../../src/counters/exchange.ts";
import type { ExchangeReply, ExchangeReport } from "../../src/counters/protocol.ts";
import { Tally } from "../../src/counters/tally.ts";
import { budgetOf } from "./fleet.ts";

const budget = budgetOf({ incrementMs: 1000, toleranceMs: 10_000 });
const charge = { budget, key: "somebody", cost: 1, scale: 1 };

/** An isolate with a clock of its own: waiting takes no time, it only moves the clock. */
class Bench {
  now = 1_800_000_000_000;
  readonly tally = new Tally([1, 2, 3, 4], 64);
  readonly exchange = new Exchange("isolate", this.tally);
  readonly waits: number[] = [];
  readonly detours: number[] = [];
  readonly told: number[] = [];
  readonly said: ExchangeEvent[] = [];

  async round(answer: (report: ExchangeReport) => Promise<ExchangeReply>): Promise<void> {
    this.tally.apply([charge], this.now);
    const deps: ExchangeDeps = {
      partner: (detour) => {
        this.detours.push(detour);
        return {
          exchange: (report) => {
            this.told.push(report.spendings.spentMs.reduce((sum, ms) => sum + ms, 0));
            return answer(report);
          },
        };
      },
      summarize: () => [],
      obey: () => undefined,
      runErrands: () => Promise.reject(new Error("there are no errands here")),
      // The first wait of a round is its pause, the second the patience with the shard.
      wait: (ms) => {
        this.waits.push(ms);
        if (this.waits.length % 2 === 1) this.now += ms;
        return new Promise((resolve) => setTimeout(resolve, 5));
      },
      now: () => this.now,
      random: () => 0.5,
      say: (event) => this.said.push(event),
    };
    await this.exchange.schedule(deps);
  }

  get pauses(): readonly number[] {
    return this.waits.filter((_, i) => i % 2 === 0);
  }
}

const well = ({ spendings }: ExchangeReport): Promise<ExchangeReply> =>
  Promise.resolve({ nextInMs: 1000, tats: spendings.spentMs.map(() => 0), sites: [] });
const overloaded = (): Promise<never> =>
  Promise.reject(Object.assign(new Error("Durable Object is overloaded."), { overloaded: true }));
const throws = (): Promise<never> => Promise.reject(new Error("internal error"));
const hangs = (): Promise<never> => new Promise(() => undefined);

describe.each([
  ["overloaded", overloaded],
  ["failing", throws],
  ["slow", hangs],
] as const)("a shard that is %s", (alone, answer) => {
  it("is asked less and less often, never at once, and once it is well all is as before", async () => {
    const bench = new Bench();
    for (let i = 0; i < 6; i++) await bench.round(answer);
    expect(bench.exchange.alone).toBe(alone);
    expect(bench.exchange.takeAloneMs()).toBe(0);
    expect(bench.exchange.failures).toBe(6);
    expect(bench.pauses).toEqual([10, 2000, 4000, 8000, 15_000, 15_000]);
    await bench.round(well);
    expect(bench.exchange.alone).toBeNull();
    expect(bench.exchange.failures).toBe(0);
    await bench.round(well);
    expect(bench.pauses.at(-1)).toBe(1000);
  });

  it("does not stop the tally from denying", async () => {
    const bench = new Bench();
    await bench.round(answer);
    for (let i = 0; i < 20; i++)
      if (bench.tally.waitSeconds(charge, bench.now) === 0) bench.tally.apply([charge], bench.now);
    expect(bench.tally.waitSeconds(charge, bench.now)).toBeGreaterThan(0);
  });
});

it("tells again what an overloaded shard never counted, and never what one may have counted", async () => {
  for (const [answer, expected] of [
    [overloaded, 2000],
    [throws, 1000],
  ] as const) {
    const bench = new Bench();
    await bench.round(answer);
    await bench.round(well);
    expect(bench.told).toEqual([1000, expected]);
  }
});

it("goes to another shard when its own stays broken, but not when that is only overloaded", async () => {
  const broken = new Bench();
  for (let i = 0; i < 7; i++) await broken.round(throws);
  expect(broken.detours).toEqual([0, 0, 0, 1, 1, 1, 2]);
  const busy = new Bench();
  for (let i = 0; i < 7; i++) await busy.round(overloaded);
  expect(busy.detours).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

it("stands a shard that answers nonsense about its pace", async () => {
  for (const nextInMs of [0, -5, Number.NaN, 1e12]) {
    const bench = new Bench();
    await bench.round(async (report) => ({ ...(await well(report)), nextInMs }));
    await bench.round(well);
    expect(bench.pauses[1]).toBeGreaterThanOrEqual(250);
    expect(bench.pauses[1]).toBeLessThanOrEqual(15_000);
  }
});

it("says that it counts alone, about once a minute while that lasts, and for how long it did", async () => {
  const bench = new Bench();
  for (let i = 0; i < 12; i++) await bench.round(throws);
  const before = bench.now;
  await bench.round(well);
  await bench.round(well);
  expect(bench.said.map(({ event, failures }) => [event, failures])).toEqual([
    ["exchange-failed", 1],
    ["exchange-failed", 4],
    ["exchange-failed", 8],
    ["exchange-failed", 12],
    ["exchange-recovered", 12],
  ]);
  const said = bench.said.at(-1)?.aloneMs ?? 0;
  expect(said).toBeGreaterThanOrEqual(before - 1_800_000_000_000 - 1000);
  // The same for the watch, once.
  expect([bench.exchange.takeAloneMs(), bench.exchange.takeAloneMs()]).toEqual([said, 0]);
});

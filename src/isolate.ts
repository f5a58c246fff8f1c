/**
 * What one isolate keeps between requests: compiled rules, keys, counters, and for each site its lease and its figures.
 * Plain bounded data only; nothing here belongs to a request.
 */
import { SupportCodes } from "./answer/support.ts";
import { Exchange } from "./counters/exchange.ts";
import type { ExchangeReply, SiteOrders, SiteSummary } from "./counters/protocol.ts";
import { SHARD_COUNT } from "./counters/shards.ts";
import { sipKey } from "./counters/siphash.ts";
import { StrictPurses } from "./counters/strict.ts";
import { Tally } from "./counters/tally.ts";
import type { Env } from "./env.ts";
import { Admission } from "./origin/admission.ts";
import { compile } from "./policy/compile.ts";
import type { Policy, Site } from "./policy/policy.ts";
import type { ClassOfService } from "./policy/tables.ts";
import type { Posture } from "./policy/verdict.ts";
import rules from "./rules.ts";
import { createSealer, type Sealer } from "./seal.ts";

const ORDERS_HOLD_MS = 60_000;

const policy: Policy = compile(rules);

/** One site as this isolate sees it: what it may send to the origin, and what it has seen since the last exchange. */
export class Desk {
  readonly site: Site;
  readonly admission: Admission;
  #posture: Posture = "normal";
  #orderedAt = 0;
  inFlight = 0;
  #wanted: [number, number, number, number] = [0, 0, 0, 0];
  #turnedAway = 0;
  #forwarded = 0;
  #failed = 0;
  #since = 0;

  constructor(site: Site) {
    this.site = site;
    this.admission = new Admission(site.capacityPerSecond);
  }

  /** What the watch ordered last. Without news for a minute it no longer holds: nobody is asked because of an old flood. */
  posture(now: number): Posture {
    return now - this.#orderedAt > ORDERS_HOLD_MS ? "normal" : this.#posture;
  }

  obey(order: SiteOrders, now: number): void {
    this.#posture = order.posture;
    this.#orderedAt = now;
    this.admission.lease(order.unitsPerSecond, now);
  }

  noteWanted(serviceClass: ClassOfService, units: number): void {
    this.#wanted[serviceClass] += units;
  }

  noteTurnedAway(units: number): void {
    this.#turnedAway += units;
  }

  noteForwarded(failed: boolean): void {
    this.#forwarded++;
    if (failed) this.#failed++;
  }

  /** The figures since the last call; starts anew. */
  summarize(now: number): SiteSummary {
    const summary: SiteSummary = {
      site: this.site.name,
      capacityPerSecond: this.site.capacityPerSecond,
      overMs: this.#since === 0 ? 0 : now - this.#since,
      wanted: this.#wanted,
      turnedAway: this.#turnedAway,
      forwarded: this.#forwarded,
      failed: this.#failed,
    };
    this.#wanted = [0, 0, 0, 0];
    this.#turnedAway = 0;
    this.#forwarded = 0;
    this.#failed = 0;
    this.#since = now;
    return summary;
  }
}

export class Isolate {
  readonly policy = policy;
  readonly sealer: Sealer | null;
  /** Null without a secret: then answers carry no support code. */
  readonly supportCodes: SupportCodes | null;
  readonly tally: Tally;
  /** Tokens of strict budgets, fetched ahead. */
  readonly purses: StrictPurses;
  readonly exchange: Exchange;
  /** The shard that this isolate reports to. */
  readonly home: number;
  readonly #desks: ReadonlyMap<Site, Desk> = new Map(policy.sites.map((site) => [site, new Desk(site)]));

  constructor(sealer: Sealer | null, counterKey: Uint8Array) {
    this.sealer = sealer;
    this.supportCodes = sealer && new SupportCodes(sealer);
    this.tally = new Tally(sipKey(counterKey));
    this.purses = new StrictPurses(sipKey(counterKey));
    this.exchange = new Exchange(crypto.randomUUID(), this.tally);
    this.home = Math.floor(Math.random() * SHARD_COUNT);
  }

  desk(site: Site): Desk {
    const desk = this.#desks.get(site);
    if (!desk) throw new Error(`site ${site.name} has no desk`);
    return desk;
  }

  summarize(now: number): readonly SiteSummary[] {
    // The tally is one for all sites: what it had to forget is told with the first.
    const full = this.tally.takeForgotten();
    return [...this.#desks.values()].map((desk, i) => ({ ...desk.summarize(now), full: i === 0 ? full : 0 }));
  }

  obey(reply: ExchangeReply, now: number): void {
    for (const order of reply.sites)
      for (const desk of this.#desks.values()) if (desk.site.name === order.site) desk.obey(order, now);
  }
}

let isolate: Isolate | undefined;

/** The isolate's state, made with its first request: random values and keys are not to be had at global scope. */
export async function isolateFor(env: Env): Promise<Isolate> {
  if (isolate) return isolate;
  const sealer = await createSealer({ current: env.SHIELD_SECRET, previous: env.SHIELD_SECRET_PREVIOUS });
  if (!sealer)
    console.error({
      event: "no-secret",
      remedy: "SHIELD_SECRET is missing or short: set it with `wrangler secret put SHIELD_SECRET`",
    });
  // Without a secret each isolate counts for itself.
  const counterKey = sealer ? await sealer.deriveBits("client-key", 16) : crypto.getRandomValues(new Uint8Array(16));
  isolate ??= new Isolate(sealer, counterKey);
  return isolate;
}

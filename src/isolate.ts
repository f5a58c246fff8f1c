/**
 * What one isolate keeps between requests: compiled rules, keys, counters, and for each site its lease and its figures.
 * Plain bounded data only; nothing here belongs to a request.
 */
import type { StandingRefusal } from "./answer/respondent.ts";
import { together } from "./counters/errands.ts";
import { Exchange } from "./counters/exchange.ts";
import type { Registered } from "./counters/facility-use.ts";
import type { KnownLists } from "./counters/operators-lists.ts";
import type { ExchangeReply, SiteSummary } from "./counters/protocol.ts";
import { PuzzleSpends } from "./counters/puzzle-spends.ts";
import { SHARD_COUNT } from "./counters/shard.ts";
import { StandingRefusals } from "./counters/standing-refusals.ts";
import { StrictPurses } from "./counters/strict.ts";
import { Tally } from "./counters/tally.ts";
import { Desk } from "./desk.ts";
import type { Env } from "./env.ts";
import { CountedAttempts } from "./identity/attempts.ts";
import { fetchKeySet } from "./identity/fetch-keys.ts";
import { proofKinds } from "./identity/kinds.ts";
import { EndedPasses } from "./identity/pass-ends.ts";
import type { Attempts, ProofKind } from "./identity/proof.ts";
import { Revocations } from "./identity/revocations.ts";
import { Bans } from "./policy/bans.ts";
import { compile, facilityOf } from "./policy/compile.ts";
import { WITHOUT_NEWS_MS } from "./policy/failures.ts";
import type { Policy, Site } from "./policy/policy.ts";
import { Held } from "./resend/held.ts";
import rules from "./rules.ts";
import { createSealer, type Sealer } from "./seal.ts";
import { sipKey } from "./siphash.ts";

const policy: Policy = compile(rules);

/** What follows is accounted for like the request that was refused. */
interface RefusalAtDesk extends StandingRefusal {
  readonly desk: Desk;
  readonly cost: number;
  readonly from: Registered;
}

export class Isolate {
  readonly policy = policy;
  readonly sealer: Sealer | null;
  /** The kinds of proof that the rules allow, the strongest first. */
  readonly proofs: readonly ProofKind[];
  /** Where a client certificate may prove something. */
  readonly certificateHosts: readonly string[] = (policy.proofs.certificates ?? []).flatMap(({ hosts }) => [...hosts]);
  readonly attempts: Attempts;
  readonly revocations = new Revocations();
  readonly endedPasses = new EndedPasses();
  readonly bans = new Bans();
  readonly tally: Tally;
  readonly refusals = new StandingRefusals<RefusalAtDesk>();
  /** Tokens of strict budgets, fetched ahead. */
  readonly purses: StrictPurses;
  /** Puzzles and tickets on their way to be spent, and those that are known to be. */
  readonly puzzles = new PuzzleSpends();
  /** Forms that are about to be given back. */
  readonly held = new Held();
  readonly exchange: Exchange;
  /** The shard that this isolate reports to. */
  readonly home: number;
  readonly #desks: ReadonlyMap<Site, Desk> = new Map(policy.sites.map((site) => [site, new Desk(site)]));

  constructor(sealer: Sealer | null, counterKey: Uint8Array) {
    this.sealer = sealer;
    this.tally = new Tally(sipKey(counterKey));
    const outside = { fetch: fetchKeySet, wait: (ms: number) => scheduler.wait(ms), now: Date.now };
    this.proofs = proofKinds(policy.proofs, sealer && { sealer, outside, ended: this.endedPasses });
    this.attempts = new CountedAttempts(this.tally, (address, now) => facilityOf(policy, address, now)?.seats ?? null);
    this.purses = new StrictPurses(sipKey(counterKey));
    this.exchange = new Exchange(crypto.randomUUID(), this.tally, together(this.purses, this.puzzles));
    this.home = Math.floor(Math.random() * SHARD_COUNT);
  }

  desk(site: Site): Desk {
    const desk = this.#desks.get(site);
    if (!desk) throw new Error(`site ${site.name} has no desk`);
    return desk;
  }

  summarize(now: number): readonly SiteSummary[] {
    // Tally and exchange are one for all sites: what the one had to forget, and how long the other failed, is told with the first.
    const ofAll = { full: this.tally.takeForgotten(), aloneMs: this.exchange.takeAloneMs() };
    return [...this.#desks.values()].map((desk, i) => ({ ...desk.summarize(now), ...(i === 0 ? ofAll : {}) }));
  }

  /** Whether somebody who is asked could answer: what she brings must be sealed by us, and spent in a counter. */
  mayAsk(now: number): boolean {
    return this.sealer !== null && this.exchange.aloneForMs(now) < WITHOUT_NEWS_MS;
  }

  /** Whether somebody may be waiting for the first lease of a site. */
  awaitsFirstLease(now: number): boolean {
    for (const desk of this.#desks.values()) if (desk.waiting > 0 && desk.admission.isNew(now)) return true;
    return false;
  }

  /** What news it has had: only later ones are told. */
  get known(): KnownLists {
    return {
      revocationsVersion: this.revocations.version,
      bansVersion: this.bans.version,
      passEndsKnown: this.endedPasses.knownUntil,
    };
  }

  obey(reply: ExchangeReply, now: number): void {
    if (reply.revocations) this.revocations.learn(reply.revocations);
    if (reply.passEnds) this.endedPasses.learn(reply.passEnds);
    if (reply.bans) this.bans.learn(reply.bans);
    for (const order of reply.sites)
      for (const desk of this.#desks.values()) if (desk.site.name === order.site) desk.obey(order, now);
  }
}

let isolate: Isolate | undefined;

/** The isolate's state, where a request has made it already. */
export function awakeIsolate(): Isolate | undefined {
  return isolate;
}

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

/**
 * The sources of a crew, the same as in real time: which isolates each meets, how fast it sends, and what it is counted under.
 * Per source and per stream only numbers in typed arrays; verdicts and charges are made when first needed.
 */
import type { Policy } from "../../../src/policy/policy.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import { parseAddress } from "../../../src/request/address.ts";
import { otherSubnet } from "../addresses.ts";
import { CrewPlan, fillIn, type Source } from "../crew-plan.ts";
import { type Crew, sizeAt, strengthAt, type Tactic } from "../lab-scenario.ts";
import type { Client } from "../places.ts";
import { Random } from "../random.ts";
import { PORTAL } from "../real/browser.ts";
import type { KeyAudit } from "./key-audit.ts";
import { chargesOf, classify, factsOf, located, type RequestClass, type Sent, STRANGER } from "./outcomes.ts";
import { isolatesOf } from "./visitor.ts";
import type { World } from "./world.ts";

/** What a request spends from, and under which numbers the audit knows it: −1 when it does not. */
export interface Account {
  readonly charges: readonly Charge[];
  readonly keyIds: readonly number[];
}

export const NOT_AUDITED = -1;

export interface CrowdOptions {
  readonly crew: Crew;
  readonly scale: number;
  readonly seed: number;
  readonly attackS: number;
  readonly world: World;
  readonly policy: Policy;
  readonly audit: KeyAudit;
  readonly batch: number;
  readonly now: number;
}

export class Crowd {
  readonly crew: Crew;
  readonly sources: readonly Source[];
  /** Of each source, which of the crew's pools it belongs to. */
  readonly poolOf: Uint8Array;
  readonly pools: number;
  readonly sourceOf: Uint32Array;
  readonly isolateOf: Uint32Array;
  /** ms between two events of each stream at the highest rate of any tactic. */
  readonly meanGapMs: Float64Array;
  /** 1 once the source has earned a clearance. */
  readonly cleared: Uint8Array;
  /** 1 while the source works on a puzzle. */
  readonly solving: Uint8Array;
  /** Requests that wait for an answer of the origin. */
  readonly busy: Uint16Array;
  /** Requests a second of all its sources at the highest rate. */
  readonly perSecond: number;
  readonly #attackS: number;
  readonly #highestRate: number;
  readonly #policy: Policy;
  readonly #audit: KeyAudit;
  readonly #now: number;
  /** Sources that look alike to the rules have the same number. */
  readonly #variantOf: Uint32Array;
  readonly #variants: { readonly source: Source; readonly classes: (RequestClass | undefined)[] }[] = [];
  readonly #firstOf: readonly number[];
  readonly #cumulative: readonly Float64Array[];
  readonly #signatures: string[] = [];
  readonly #kindOf = new Map<RequestClass, number>();
  readonly #accounts: (Account | undefined)[][] = [];

  constructor({ crew, scale, seed, attackS, world, policy, audit, batch, now }: CrowdOptions) {
    const plan = new CrewPlan(crew, scale, seed, attackS);
    const random = new Random(seed);
    this.crew = crew;
    this.#attackS = attackS;
    this.#policy = policy;
    this.#audit = audit;
    this.#now = now;
    this.#highestRate = Math.max(...crew.tactics.map(({ rate = 1 }) => rate));
    this.pools = plan.pools.length;
    this.sources = plan.pools.flatMap(({ sources }) => sources);
    const count = this.sources.length;
    this.cleared = new Uint8Array(count);
    this.solving = new Uint8Array(count);
    this.busy = new Uint16Array(count);
    this.poolOf = new Uint8Array(count);
    this.#variantOf = new Uint32Array(count);

    this.perSecond = sizeAt(crew, scale).requestsPerSecond * this.#highestRate;
    const streams: { source: number; isolate: number; gapMs: number }[] = [];
    const variants = new Map<string, number>();
    let source = 0;
    for (const [poolNumber, pool] of plan.pools.entries())
      for (const [n, member] of pool.sources.entries()) {
        this.poolOf[source] = poolNumber;
        this.#variantOf[source] = this.#variantNumber(member, variants);
        for (const { share, isolates } of isolatesOf(member.client, world, random))
          for (const isolate of isolates) {
            const rate = (this.perSecond * (pool.shares[n] ?? 0) * share) / isolates.length;
            streams.push({ source, isolate, gapMs: (1000 * batch) / rate });
          }
        source++;
      }
    this.sourceOf = Uint32Array.from(streams, (stream) => stream.source);
    this.isolateOf = Uint32Array.from(streams, (stream) => stream.isolate);
    this.meanGapMs = Float64Array.from(streams, (stream) => stream.gapMs);

    let requests = 0;
    this.#firstOf = crew.tactics.map(({ mix }) => {
      requests += mix.length;
      return requests - mix.length;
    });
    this.#cumulative = crew.tactics.map(({ mix }) => {
      const whole = mix.reduce((sum, { share }) => sum + share, 0);
      let sum = 0;
      return Float64Array.from(mix, ({ share }) => {
        sum += share;
        return sum / whole;
      });
    });
  }

  /** Share of the highest rate at a moment of the attack. */
  strengthAt(second: number, tactic: number): number {
    return (strengthAt(this.crew.shape, second, this.#attackS) * (this.tacticOf(tactic).rate ?? 1)) / this.#highestRate;
  }

  tacticOf(tactic: number): Tactic {
    return this.crew.tactics[tactic % this.crew.tactics.length] ?? this.crew.tactics[0];
  }

  /** What a source sends now. */
  pickClass(source: number, tactic: number, random: Random): RequestClass {
    const at = tactic % this.crew.tactics.length;
    const cumulative = this.#cumulative[at];
    let request = 0;
    if (cumulative && cumulative.length > 1) {
      const chance = random.fraction();
      while (request < cumulative.length - 1 && chance >= (cumulative[request] ?? 1)) request++;
    }
    const cleared = this.cleared[source] ?? 0;
    const number = ((this.#firstOf[at] ?? 0) + request) * 2 + cleared;
    const variant = this.#variants[this.#variantOf[source] ?? 0];
    if (!variant) throw new RangeError(`source ${source} is of no kind`);
    const known = variant.classes[number];
    if (known) return known;
    const made = this.#classify(variant.source, this.tacticOf(at), request, cleared === 1);
    variant.classes[number] = made;
    return made;
  }

  accountOf(source: number, requestClass: RequestClass, random: Random): Account {
    const { client, rotates } = this.sources[source] ?? this.#nobody();
    if (rotates) {
      // Each request has an address of its own: nobody could keep an account of each.
      const address = otherSubnet(client.address, random.integer(0, 65_535));
      const charges = chargesOf(this.#policy, requestClass, client, null, address);
      return { charges, keyIds: charges.map(() => NOT_AUDITED) };
    }
    const accounts = this.#accounts[this.#kind(requestClass)];
    const known = accounts?.[source];
    if (known) return known;
    const clearance = requestClass.identity.clearance === null ? null : `clearance ${this.crew.name} ${source}`;
    const charges = chargesOf(this.#policy, requestClass, client, clearance);
    const account = { charges, keyIds: charges.map((charge) => this.#audit.idOf(charge)) };
    if (accounts) accounts[source] = account;
    return account;
  }

  clientOf(source: number): Client {
    return (this.sources[source] ?? this.#nobody()).client;
  }

  #nobody(): never {
    throw new RangeError(`crew ${this.crew.name} has no such source`);
  }

  /** Classes whose charges are alike share accounts. */
  #kind(requestClass: RequestClass): number {
    const known = this.#kindOf.get(requestClass);
    if (known !== undefined) return known;
    const { client } = this.sources[0] ?? this.#nobody();
    const charges = chargesOf(this.#policy, requestClass, client, requestClass.identity.clearance);
    const signature = charges.map(({ budget, cost, scale }) => `${budget.name} ${cost} ${scale}`).join("|");
    if (!this.#signatures.includes(signature)) {
      this.#signatures.push(signature);
      this.#accounts.push(new Array(this.sources.length));
    }
    const kind = this.#signatures.indexOf(signature);
    this.#kindOf.set(requestClass, kind);
    return kind;
  }

  #variantNumber(source: Source, known: Map<string, number>): number {
    const { client, site } = source;
    const facility = located(STRANGER, this.#policy, parseAddress(client.address), this.#now).facility?.name ?? "";
    const agents = this.crew.tactics.map(({ userAgents }) => site % userAgents.length);
    const family = client.address.includes(":") ? 6 : 4;
    const name = [client.kind, client.country, family, facility, ...agents].join("|");
    const number = known.get(name) ?? known.size;
    if (number === known.size) this.#variants.push({ source, classes: [] });
    known.set(name, number);
    return number;
  }

  #classify(source: Source, tactic: Tactic, request: number, cleared: boolean): RequestClass {
    const asked = tactic.mix[request];
    if (!asked) throw new RangeError(`tactic of ${this.crew.name} has no request ${request}`);
    // From chances of its own: what is filled in here must not change what comes after.
    const chances = { random: new Random(source.site), site: source.site, next: 0 };
    const sent: Sent = {
      method: asked.method,
      host: this.crew.host ?? PORTAL,
      path: fillIn(asked.path, chances),
      lines: [
        `User-Agent: ${tactic.userAgents[source.site % tactic.userAgents.length] ?? ""}`,
        ...tactic.headers,
        ...(asked.headers ?? []),
      ].map((line) => fillIn(line, chances)),
    };
    const facts = factsOf(sent, source.client);
    const { signsInAs } = this.crew;
    const shown =
      signsInAs !== undefined
        ? ({ ...STRANGER, lane: "clinician", principal: signsInAs, evidence: "pass" } as const)
        : cleared
          ? ({ ...STRANGER, lane: "cleared", clearance: "c", evidence: "clearance" } as const)
          : STRANGER;
    return classify(this.#policy, sent, facts, located(shown, this.#policy, facts.address, this.#now), this.#now);
  }
}

/**
 * The sources of a flood: where each lies, which isolates it meets, how fast it sends, and what it is counted under.
 * Per source and per stream only numbers in typed arrays; charges are made when first needed.
 */
import type { Policy } from "../../../src/policy/policy.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import { type ClientAddress, parseAddress } from "../../../src/request/address.ts";
import type { Random } from "../random.ts";
import type { KeyAudit } from "./key-audit.ts";
import { chargesOf, classify, factsOf, type RequestClass, STRANGER } from "./outcomes.ts";
import { highestFactor, type ModelScenario } from "./scenario.ts";

/** What a request spends from, and under which numbers the audit knows it. */
export interface Account {
  readonly charges: readonly Charge[];
  readonly keyIds: readonly number[];
}

/** 240.0.0.0/4 is reserved (RFC 1112): nobody lives there. */
const FIRST_ADDRESS = 240 * 2 ** 24;
const ADDRESSES_PER_PREFIX = 256;

export class Crowd {
  readonly sources: number;
  readonly sourceOf: Uint32Array;
  readonly isolateOf: Uint32Array;
  /** ms between two events of each stream at the highest factor of the shape. */
  readonly meanGapMs: Float64Array;
  /** 1 once the source has earned a clearance. */
  readonly cleared: Uint8Array;
  /** 1 while the source works on a puzzle. */
  readonly solving: Uint8Array;
  readonly #networkOf: Uint8Array;
  readonly #cumulative: Float64Array;
  /** By network, request of the mix, and whether cleared. */
  readonly #classes: readonly RequestClass[];
  /** Classes whose charges are alike share accounts. */
  readonly #accountKind: readonly number[];
  readonly #kinds: number;
  readonly #accounts: (Account | undefined)[];
  readonly #policy: Policy;
  readonly #audit: KeyAudit;
  readonly #scenario: ModelScenario;
  readonly #mixes: number;

  constructor(scenario: ModelScenario, policy: Policy, audit: KeyAudit, batch: number, random: Random, now: number) {
    this.#scenario = scenario;
    this.#policy = policy;
    this.#audit = audit;
    this.#mixes = scenario.mix.length;
    this.sources = scenario.sources;
    this.cleared = new Uint8Array(scenario.sources);
    this.solving = new Uint8Array(scenario.sources);
    this.#networkOf = new Uint8Array(scenario.sources);

    const each = Math.min(scenario.isolatesPerSource, scenario.isolates);
    const streams = scenario.sources * each;
    this.sourceOf = new Uint32Array(streams);
    this.isolateOf = new Uint32Array(streams);
    this.meanGapMs = new Float64Array(streams);
    const median = Math.exp(-(scenario.spread ** 2) / 2);
    const highest = highestFactor(scenario.shape);
    for (let source = 0, stream = 0; source < scenario.sources; source++) {
      this.#networkOf[source] = scenario.networks.indexOf(random.pickByShare(scenario.networks));
      const rate =
        scenario.ratePerSource * highest * (scenario.spread > 0 ? median * random.lognormal(scenario.spread) : 1);
      for (const isolate of isolatesMet(scenario, each, random)) {
        this.sourceOf[stream] = source;
        this.isolateOf[stream] = isolate;
        this.meanGapMs[stream++] = (1000 * each * batch) / rate;
      }
    }

    const whole = scenario.mix.reduce((sum, { weight }) => sum + weight, 0);
    let sum = 0;
    this.#cumulative = Float64Array.from(scenario.mix, ({ weight }) => {
      sum += weight;
      return sum / whole;
    });
    this.#classes = scenario.networks.flatMap((network) =>
      scenario.mix.flatMap((asked) => {
        const facts = factsOf(asked, network, addressText(FIRST_ADDRESS));
        return [
          classify(policy, facts, STRANGER, now),
          classify(policy, facts, { ...STRANGER, lane: "cleared", clearance: "c", evidence: "clearance" }, now),
        ];
      }),
    );
    const signatures: string[] = [];
    this.#accountKind = this.#classes.map((requestClass) => {
      const charges = chargesOf(policy, requestClass, addressText(FIRST_ADDRESS), clearanceOf(requestClass, 0));
      const signature = charges.map(({ budget, cost, scale }) => `${budget.name} ${cost} ${scale}`).join("|");
      if (!signatures.includes(signature)) signatures.push(signature);
      return signatures.indexOf(signature);
    });
    this.#kinds = signatures.length;
    this.#accounts = new Array(scenario.sources * this.#kinds);
  }

  /** Which of its requests a source sends now, as the number of its class. */
  pickClass(source: number, random: Random): number {
    let mix = 0;
    if (this.#mixes > 1) {
      const at = random.fraction();
      while (mix < this.#mixes - 1 && at >= (this.#cumulative[mix] ?? 1)) mix++;
    }
    return ((this.#networkOf[source] ?? 0) * this.#mixes + mix) * 2 + (this.cleared[source] ?? 0);
  }

  classAt(index: number): RequestClass {
    const requestClass = this.#classes[index];
    if (!requestClass) throw new RangeError(`there is no class ${index}`);
    return requestClass;
  }

  accountOf(source: number, classIndex: number): Account {
    const at = source * this.#kinds + (this.#accountKind[classIndex] ?? 0);
    const known = this.#accounts[at];
    if (known) return known;
    const requestClass = this.classAt(classIndex);
    const charges = chargesOf(this.#policy, requestClass, this.addressOf(source), clearanceOf(requestClass, source));
    const account = { charges, keyIds: charges.map((charge) => this.#audit.idOf(charge)) };
    this.#accounts[at] = account;
    return account;
  }

  clientOf(source: number): ClientAddress {
    return parseAddress(this.addressOf(source));
  }

  addressOf(source: number): string {
    const { sourcesPerPrefix } = this.#scenario;
    const prefix = Math.floor(source / sourcesPerPrefix);
    return addressText(FIRST_ADDRESS + prefix * ADDRESSES_PER_PREFIX + (source % sourcesPerPrefix) + 1);
  }

  get bytes(): number {
    const arrays = [this.sourceOf, this.isolateOf, this.meanGapMs, this.cleared, this.solving, this.#networkOf];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

export function clearanceOf({ identity }: RequestClass, source: number): string | null {
  return identity.clearance === null ? null : `clearance ${source}`;
}

/** Isolates of one location lie side by side; a source meets the nearest location and another one, in turn. */
function isolatesMet({ isolates, locations }: ModelScenario, each: number, random: Random): number[] {
  const first = random.integer(0, locations - 1);
  const second = locations > 1 ? (first + 1 + random.integer(0, locations - 2)) % locations : first;
  const met = new Set<number>();
  for (const [turn, location] of [first, second].entries()) {
    const from = firstIsolateOf(location, locations, isolates);
    const count = firstIsolateOf(location + 1, locations, isolates) - from;
    const wanted = turn === 0 ? Math.ceil(each / 2) : each - met.size;
    const at = random.integer(0, Math.max(0, count - 1));
    for (let n = 0; n < Math.min(wanted, count); n++) met.add(from + ((at + n) % count));
  }
  // A location has fewer isolates than the source has connections: the rest go where there is room.
  for (let isolate = 0; met.size < each; isolate++) met.add(isolate);
  return [...met];
}

export function firstIsolateOf(location: number, locations: number, isolates: number): number {
  return Math.floor((location * isolates) / locations);
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/**
 * What a crew sends, and when: the plan alone, without a clock and without answers, so that the same seed gives the same
 * flood byte for byte. A crew that adapts asks for the requests of another tactic; the plan of each stays what it is.
 */
import { networkOf, otherSubnet, spreadOver } from "./addresses.ts";
import { type Crew, type LabRequest, type Share, sizeAt, strengthAt, type Tactic } from "./lab-scenario.ts";
import type { Client } from "./places.ts";
import { Random } from "./random.ts";

/** Length of a tick, ms: requests are due at ticks. */
export const TICK_MS = 10;

export interface Source {
  readonly client: Client;
  readonly rotates: boolean;
  readonly random: Random;
  readonly site: number;
  next: number;
  /** Requests under way. */
  busy: number;
  readonly cookies: Map<string, string>;
  isSolving: boolean;
}

export interface PlannedRequest {
  readonly source: Source;
  readonly client: Client;
  /** 0 to 1: decides which isolate it meets. */
  readonly chance: number;
  readonly method: LabRequest["method"];
  readonly path: string;
  /** Header lines and body, `$replay` not yet filled in. */
  readonly lines: readonly string[];
  readonly body: string;
}

export class CrewPlan {
  readonly crew: Crew;
  readonly sources: readonly Source[];
  readonly #attackS: number;
  readonly #perSecond: number;
  readonly #random: Random;
  /** One for each tactic of a crew that adapts: he changes his sources with his tactic. */
  readonly pools: readonly Pool[];
  #owed = 0;

  constructor(crew: Crew, scale: number, seed: number, attackS: number) {
    this.crew = crew;
    this.#attackS = attackS;
    const { sources: count, requestsPerSecond } = sizeAt(crew, scale);
    this.#perSecond = requestsPerSecond;
    this.#random = new Random(seed);
    const of = crew.someOf && Math.max(count, sizeAt(crew.someOf, scale).sources);
    const recruits = recruit(crew, of ?? count, this.#random);
    this.sources = recruits.filter(
      (_, n) => Math.floor(((n + 1) * count) / recruits.length) > Math.floor((n * count) / recruits.length),
    );
    const pools = crew.adapts ? Math.min(crew.tactics.length, this.sources.length) : 1;
    this.pools = Array.from(
      { length: pools },
      (_, pool) =>
        new Pool(
          this.sources.filter((_, n) => n % pools === pool),
          crew.spread,
          this.#random,
        ),
    );
  }

  /** The requests due in a tick. Ticks are asked for in order, each once. */
  dueIn(tick: number, tacticNumber: number): PlannedRequest[] {
    const tactic = this.crew.tactics[tacticNumber % this.crew.tactics.length] ?? this.crew.tactics[0];
    const pool = this.pools[tacticNumber % this.pools.length];
    const strength = strengthAt(this.crew.shape, (tick * TICK_MS) / 1000, this.#attackS);
    this.#owed += (this.#perSecond * strength * (tactic.rate ?? 1) * TICK_MS) / 1000;
    const requests: PlannedRequest[] = [];
    for (; this.#owed >= 1 && pool; this.#owed--) requests.push(compose(pool.draw(this.#random), tactic));
    return requests;
  }
}

/** Sources drawn by their rates: log-normal, so a few are much busier than the rest. */
export class Pool {
  readonly sources: readonly Source[];
  /** Of each, its share of the pool's requests. */
  readonly shares: readonly number[];
  readonly #upTo: number[];
  readonly #sum: number;

  constructor(sources: readonly Source[], spread: number, random: Random) {
    let sum = 0;
    this.sources = sources;
    const rates = sources.map(() => random.lognormal(spread));
    this.#upTo = rates.map((rate) => {
      sum += rate;
      return sum;
    });
    this.#sum = sum;
    this.shares = rates.map((rate) => rate / sum);
  }

  draw(random: Random): Source {
    const at = random.fraction() * this.#sum;
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    const source = this.sources[low];
    if (source === undefined) throw new Error("a crew needs sources");
    return source;
  }
}

function recruit(crew: Crew, count: number, random: Random): Source[] {
  const all = crew.from.reduce((sum, { share }) => sum + share, 0);
  // Even shares of a small crew too: the n-th source belongs to the network in which its place falls.
  const cast = crew.from.map((origin) => ({ origin, members: 0, network: networkOf(origin.network) }));
  const placeOf = (n: number) => {
    let upTo = 0;
    for (const place of cast) {
      upTo += place.origin.share;
      if (((n + 0.5) / count) * all < upTo) return place;
    }
    return cast[cast.length - 1];
  };
  for (let n = 0; n < count; n++) {
    const place = placeOf(n);
    if (place) place.members++;
  }
  return cast.flatMap(({ origin, members, network }) =>
    Array.from({ length: members }, (_, n): Source => {
      const own = random.fork();
      return {
        client: {
          address: spreadOver(network, n, members),
          kind: origin.kind,
          country: own.pick(origin.countries),
          protocol: own.pickByShare<Share<Client["protocol"]>>(crew.protocols).value,
          ...(origin.asn === undefined ? {} : { asn: origin.asn }),
        },
        rotates: origin.rotates ?? false,
        random: own,
        site: own.integer(1, 99_999),
        next: 0,
        busy: 0,
        cookies: new Map(),
        isSolving: false,
      };
    }),
  );
}

function compose(source: Source, tactic: Tactic): PlannedRequest {
  const { random, client, rotates, site } = source;
  const asked = random.pickByShare(tactic.mix);
  // One source is one program: it calls itself the same all day.
  const userAgent = tactic.userAgents[site % tactic.userAgents.length] ?? "";
  const fill = (text: string) => fillIn(text, source);
  return {
    source,
    client: rotates ? { ...client, address: otherSubnet(client.address, random.integer(0, 65_535)) } : client,
    chance: random.fraction(),
    method: asked.method,
    path: fill(asked.path),
    lines: [`User-Agent: ${userAgent}`, ...tactic.headers, ...(asked.headers ?? [])].map(fill),
    body: fill(asked.body ?? ""),
  };
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Fills in what is random, from the source's own chances. */
export function fillIn(text: string, source: Pick<Source, "random" | "site" | "next">): string {
  if (!text.includes("$")) return text;
  const { random, site } = source;
  return text.replace(/\$(word|number|digits|code|next|site)/g, (_, name: string) => {
    switch (name) {
      case "word":
        return Array.from({ length: random.integer(6, 12) }, () => LETTERS[random.integer(0, 61)]).join("");
      case "number":
        return String(random.integer(0, 9999));
      case "digits":
        return String(random.integer(1_000_000, 9_999_999));
      // The 32nd of a month: the form of a personal code, and nobody's.
      case "code":
        return `32${String(random.integer(1, 12)).padStart(2, "0")}${random.integer(10, 99)}-${random.integer(10_000, 29_999)}`;
      case "next":
        return `010190-${String(source.next++).padStart(5, "0")}`;
      default:
        return String(site);
    }
  });
}

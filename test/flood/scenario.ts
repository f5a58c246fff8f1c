/** What a demonstration is that runs side by side, with the shield and without it: plain data. */

export interface Scenario {
  /** What is written after `npm run flood --`. */
  readonly name: string;
  /** One sentence: what it imitates. */
  readonly about: string;
  /** How long the flood lasts unless the command says otherwise, s. */
  readonly seconds: number;
  /** Calm before the flood, s: doctors who are on duty already sign in now. */
  readonly calmSeconds: number;
  readonly flood: Flood;
  readonly doctors: Doctors;
}

export interface Flood {
  readonly sources: Sources;
  /** All sources together, before `spread`. */
  readonly requestsPerSecond: number;
  /** Sigma of the log-normal spread of the sources' rates: 0 makes them equal. */
  readonly spread: number;
  /** From nothing to the full rate, s. */
  readonly rampSeconds: number;
  /** When an attacker stops waiting for an answer, ms. */
  readonly patienceMs: number;
  /** Requests that one source has under way at once. */
  readonly connectionsPerSource: number;
  /** Header lines that every request carries beside Host, User-Agent and the address. */
  readonly headers: readonly string[];
  readonly userAgents: readonly string[];
  readonly mix: readonly AttackRequest[];
}

/** Addresses that a flood comes from: part of a range that is set aside for benchmarks, so nobody is ever meant. */
export interface Sources {
  readonly count: number;
  /** The first address; the others are spread evenly over `span` addresses from here. */
  readonly first: string;
  readonly span: number;
}

export interface AttackRequest {
  /** Share of the flood; shares need not sum to 1. */
  readonly share: number;
  readonly method: "GET" | "POST" | "HEAD";
  /** `$word` becomes 6 to 12 random letters and digits, `$number` a random number below 10,000. */
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface Doctors {
  /** On duty already: they sign in while it is calm. */
  readonly onDuty: Cast;
  /** New here: they sign in by the form while the flood runs, and are unknown until then. */
  readonly arriving: Cast;
  /** How long they wait for one page before they give up, ms. */
  readonly patienceMs: number;
  /** Time for reading and typing, ms: uniform between the two. */
  readonly thinkMs: readonly [number, number];
}

export interface Cast {
  readonly count: number;
  /** IPv4 address of the first; the others follow. */
  readonly firstAddress: string;
}

const IPV4_BITS = 32;
/** RFC 2544: for benchmarks. Floods may come from here only. */
const BENCHMARK = { first: "198.18.0.0", bits: 15 };
/** RFC 5737, TEST-NET-3: for documentation. The doctors of the scenarios live here. */
const DOCUMENTATION = { first: "203.0.113.0", bits: 24 };

/** @throws {RangeError} when a scenario would use addresses that may belong to somebody. */
export function assertHarmless({ name, flood, doctors }: Scenario): void {
  const { first, span, count } = flood.sources;
  const from = parseIpv4(first);
  if (span < count || !within(from, BENCHMARK) || !within(from + span - 1, BENCHMARK))
    throw new RangeError(`scenario ${name}: a flood comes from ${BENCHMARK.first}/${BENCHMARK.bits} only`);
  for (const { firstAddress, count } of [doctors.onDuty, doctors.arriving]) {
    const begin = parseIpv4(firstAddress);
    if (!within(begin, DOCUMENTATION) || !within(begin + Math.max(0, count - 1), DOCUMENTATION))
      throw new RangeError(`scenario ${name}: doctors live in ${DOCUMENTATION.first}/${DOCUMENTATION.bits} only`);
  }
}

/** The addresses of a flood, spread evenly over its range. */
export function addressesOf({ count, first, span }: Sources): string[] {
  const from = parseIpv4(first);
  return Array.from({ length: count }, (_, i) => formatIpv4(from + Math.floor((i * span) / count)));
}

/** The address of the n-th of a cast, n from 0. */
export function addressOf({ firstAddress }: Cast, n: number): string {
  return formatIpv4(parseIpv4(firstAddress) + n);
}

function within(address: number, network: { readonly first: string; readonly bits: number }): boolean {
  const from = parseIpv4(network.first);
  return address >= from && address < from + 2 ** (IPV4_BITS - network.bits);
}

function parseIpv4(text: string): number {
  const octets = text.split(".").map(Number);
  if (octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255))
    throw new RangeError(`"${text}" is no IPv4 address`);
  return octets.reduce((address, octet) => address * 256 + octet, 0);
}

function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

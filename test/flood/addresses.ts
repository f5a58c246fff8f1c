/** The addresses of the lab: only those that are set aside for documentation and benchmarks, so nobody is ever meant. */

interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly bits: number;
}

const LENGTH = { 4: 32, 6: 128 } as const;

/** RFC 5737, RFC 2544 and RFC 3849. */
const RESERVED = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32"].map(parse);

/** @throws {RangeError} when the text is no network, or not within a reserved one */
export function networkOf(text: string): Network {
  const network = parse(text);
  if (!RESERVED.some((reserved) => within(network, reserved)))
    throw new RangeError(`${text} may be somebody's: take 198.18.0.0/15, a documentation network or 2001:db8::/32`);
  return network;
}

export function sizeOf({ family, bits }: Network): bigint {
  return 1n << BigInt(LENGTH[family] - bits);
}

/** The n-th of `count` addresses that are spread evenly over the network; of IPv6 each is in a /48 of its own if it can. */
export function spreadOver(network: Network, n: number, count: number): string {
  const size = sizeOf(network);
  // Not .0 of a prefix: it looks wrong, and a single address (/32) must stay what it is.
  const odd = size > BigInt(count) * 2n ? 1n : 0n;
  return format(network.family, network.first + (size * BigInt(n)) / BigInt(count) + odd);
}

/** Another /64 of the same /48. @param n 0 to 65,535 */
export function otherSubnet(address: string, n: number): string {
  const { first } = parse(address);
  return format(6, ((first >> 80n) << 80n) | (BigInt(n & 0xffff) << 64n) | 1n);
}

function within(inner: Network, outer: Network): boolean {
  if (inner.family !== outer.family || inner.bits < outer.bits) return false;
  const shift = BigInt(LENGTH[outer.family] - outer.bits);
  return inner.first >> shift === outer.first >> shift;
}

function parse(text: string): Network {
  const [address = "", length] = text.split("/");
  const family = address.includes(":") ? 6 : 4;
  const first = family === 4 ? parseV4(address) : parseV6(address);
  const bits = length === undefined ? LENGTH[family] : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > LENGTH[family]) throw new RangeError(`"${text}" is no network`);
  return { family, first, bits };
}

function parseV4(text: string): bigint {
  const octets = text.split(".").map(Number);
  if (octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255))
    throw new RangeError(`"${text}" is no IPv4 address`);
  return octets.reduce((address, octet) => address * 256n + BigInt(octet), 0n);
}

function parseV6(text: string): bigint {
  const [head = "", tail] = text.split("::", 2);
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const left = groups(head);
  const right = groups(tail ?? "");
  const missing = 8 - left.length - right.length;
  const all = [...left, ...(tail === undefined ? [] : Array.from({ length: missing }, () => "0")), ...right];
  if (all.length !== 8 || all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group)))
    throw new RangeError(`"${text}" is no IPv6 address`);
  return all.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n);
}

function format(family: 4 | 6, address: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join(".");
  return [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((address >> shift) & 0xffffn).toString(16)).join(":");
}

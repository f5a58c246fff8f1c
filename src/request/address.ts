/** Client addresses, in the forms under which they are counted. */
import ipaddr from "ipaddr.js";
import { Remembered } from "../remembered.ts";

export interface ClientAddress {
  /** Canonical text, sent to the origin as Shield-Client-IP; "" when the edge gave none or nonsense. */
  readonly text: string;
  /** What one client is counted by: IPv4 address or IPv6 /64. */
  readonly key: string;
  /** The coarser key above it: IPv4 /24 or IPv6 /48. */
  readonly prefix: string;
  /** Parsed form for matching against networks; null when unknown. */
  readonly bytes: readonly number[] | null;
}

/** All requests without a usable address share these keys and so one budget. */
export const NO_ADDRESS: ClientAddress = { text: "", key: "none", prefix: "none", bytes: null };

const NAT64 = ipaddr.parseCIDR("64:ff9b::/96") as [ipaddr.IPv6, number]; // RFC 6052
const NAT64_LOCAL = ipaddr.parseCIDR("64:ff9b:1::/48") as [ipaddr.IPv6, number]; // RFC 8215
const TEREDO = ipaddr.parseCIDR("2001::/32") as [ipaddr.IPv6, number]; // RFC 4380

const TEREDO_KEYS = { key: "teredo", prefix: "teredo/32" } as const;
const NAT64_LOCAL_KEYS = { key: "local nat64", prefix: "local nat64/48" } as const;

/** Parsed lately. About 400 bytes each; only the edge says who asks, so nobody fills it with anything but addresses. */
const parsedLately = new Remembered<ClientAddress>(1024);

/** `parseAddress`, once for whoever asks again. */
export function clientAddress(text: string): ClientAddress {
  const known = parsedLately.get(text);
  if (known) return known;
  const address = parseAddress(text);
  if (address !== NO_ADDRESS) parsedLately.set(text, address);
  return address;
}

/**
 * Parses CF-Connecting-IP. IPv4 hidden in IPv6 (mapped, NAT64, 6to4) is counted as the IPv4 address that it is:
 * otherwise all such clients share one bucket, or one client has 2^16 of them.
 *
 * In two forms it does not say who asks. A Teredo client names a server as well, any that it likes: by the /64 it would have as
 * many budgets. Its own address in there is vouched for by whichever relay gets the answers, and anybody may announce himself as
 * one: counted by that, he would spend a stranger's budget. Local NAT64 is routed nowhere on the Internet, and each operator lays
 * the IPv4 address out in his own way. So each of the two is one client. Accepted trade-off: all who come by Teredo share a
 * budget; systems take IPv4 before it (RFC 6724 section 2.1), and hardly any has it still.
 */
export function parseAddress(text: string): ClientAddress {
  if (text === "" || text.length > 45) return NO_ADDRESS;
  const v4 = parseIPv4(text);
  if (v4) return fromIPv4(v4);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return NO_ADDRESS;
  const parsed = ipaddr.IPv6.parse(text);
  const bytes = parsed.toByteArray();
  if (parsed.isIPv4MappedAddress() || parsed.match(NAT64[0], NAT64[1])) return fromIPv4(bytes.slice(12));
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return fromIPv4(bytes.slice(2, 6)); // 6to4, RFC 3056
  if (parsed.match(TEREDO[0], TEREDO[1])) return { text: parsed.toString(), ...TEREDO_KEYS, bytes };
  if (parsed.match(NAT64_LOCAL[0], NAT64_LOCAL[1])) return { text: parsed.toString(), ...NAT64_LOCAL_KEYS, bytes };
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
  return {
    text: parsed.toString(),
    key: `${hex.slice(0, 8).join("")}/64`,
    prefix: `${hex.slice(0, 6).join("")}/48`,
    bytes,
  };
}

/** Strict dotted quad: "010.1.1.1", "1.2.3" and "0x1.1.1.1" are refused, as they mean different things to different parsers. */
function parseIPv4(text: string): number[] | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text) ? ipaddr.IPv4.parse(text).octets : null;
}

function fromIPv4(octets: readonly number[]): ClientAddress {
  const text = octets.join(".");
  return { text, key: text, prefix: `${octets.slice(0, 3).join(".")}/24`, bytes: octets };
}

/** A network to match addresses against, e.g. "203.0.113.0/24" or "2001:db8::/32". */
export interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** @throws {Error} when the text is no network; the message says what was expected. */
export function parseNetwork(text: string): Network {
  const [address = "", length] = text.split("/");
  const parsed = parseAddressBytes(address);
  const bits = length === undefined ? (parsed?.length ?? 0) * 8 : Number(length);
  if (!parsed || !Number.isInteger(bits) || bits < 0 || bits > parsed.length * 8)
    throw new Error(`"${text}" is no network; write it like "203.0.113.0/24" or "2001:db8::/32"`);
  return { bytes: parsed, bits };
}

/** A network as text, what lies beyond its length left out: "203.0.113.77/24" is "203.0.113.0/24". */
export function networkText({ bytes, bits }: Network): string {
  const within = bytes.map((byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i))));
  return `${ipaddr.fromByteArray(within).toString()}/${bits}`;
}

function parseAddressBytes(text: string): readonly number[] | null {
  const v4 = parseIPv4(text);
  if (v4) return v4;
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toByteArray() : null;
}

export function inNetwork(address: ClientAddress, network: Network): boolean {
  if (!address.bytes || address.bytes.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== network.bytes[i]) return false;
  const rest = network.bits & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return ((address.bytes[whole] ?? 0) & mask) === ((network.bytes[whole] ?? 0) & mask);
}

/** Who asks, as the edge would know it, and which location an address meets: the same in both clocks. */

export type NetworkKind = "hosting" | "residential" | "enterprise" | "latvian";

export interface Client {
  readonly address: string;
  readonly kind: NetworkKind;
  readonly country: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2" | "HTTP/3";
  /** Number of its autonomous system where a scenario says so. */
  readonly asn?: number;
}

/** Cloudflare's data centres are named like airports; the real clock has these four, of which Riga is the first. */
export const LOCATIONS = ["RIX", "FRA", "ARN", "WAW"] as const;
/** Share of the addresses that meet a second location, and of their requests that do. */
const SECOND_LOCATION_SHARE = 0.2;
const SECOND_LOCATION_REQUESTS = 0.1;
/** Share of the clients in Latvia whose networks meet the world in Riga; the others do so in one of the nearest. */
const IN_RIGA_SHARE = 0.85;

/** Locations that an address meets, as anycast does it: mostly one, and some of its requests another. Shares sum to 1. */
export function locationsOf(
  { address, kind }: Pick<Client, "address" | "kind">,
  locations: number,
): readonly { readonly location: number; readonly share: number }[] {
  const near = Math.min(locations, LOCATIONS.length);
  const isInRiga = kind === "latvian" && hashOf(address) < IN_RIGA_SHARE;
  const home = isInRiga ? 0 : Math.floor(hashOf(`${address} `) * (kind === "latvian" ? near : locations));
  if (locations === 1 || hashOf(`${address}?`) >= SECOND_LOCATION_SHARE) return [{ location: home, share: 1 }];
  return [
    { location: home, share: 1 - SECOND_LOCATION_REQUESTS },
    { location: (home + 1) % locations, share: SECOND_LOCATION_REQUESTS },
  ];
}

/** Private-use numbers of RFC 6996: no network has them. */
const AS_NUMBERS: Readonly<Record<NetworkKind, { readonly first: number; readonly count: number }>> = {
  hosting: { first: 64_512, count: 40 },
  residential: { first: 64_600, count: 40 },
  enterprise: { first: 64_700, count: 40 },
  // Nearly everybody in the country is with one of a few providers.
  latvian: { first: 64_800, count: 5 },
};

/** The number of the autonomous system that an address belongs to: the same address is always in the same. */
export function asNumberOf({ address, kind, asn }: Pick<Client, "address" | "kind" | "asn">): number {
  if (asn !== undefined) return asn;
  const { first, count } = AS_NUMBERS[kind];
  return first + Math.floor(hashOf(address) * count);
}

/** FNV-1a with a final mix, as a fraction: the same address is always the same. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * Bans: whom operators shut out for a time, by address, network or AS number, as one isolate knows them. For the middle of
 * an attack, when a rule and its deploy would take minutes; what is to stay is written into src/rules.ts.
 *
 * A ban is for strangers. Proven people and systems, devices that we know, and registered facilities pass as if there were
 * none (`decide`): a doctor must not be shut out with the botnet inside her provider's network. The list comes down with the
 * exchange's orders, whole and only when it has changed. Bounded, as the watch keeps no more rows.
 *
 * Networks stand here as the operator wrote them, like those in the rules: an order is configuration, not what we saw.
 */
import { inNetwork, type Network, networkText, parseAddress, parseNetwork } from "../request/address.ts";
import type { Facts } from "../request/facts.ts";

/** Each is looked at for every stranger. Lists of thousands belong into the rules, which look them up. */
export const BANS_MAX = 256;

/** The largest blocks that one operator has: a slip of the hand must not shut out half the world. Bits. */
const WIDEST_V4 = 8;
const WIDEST_V6 = 19;
const AS_NUMBER = /^AS([1-9]\d{0,9})$/i;
const AS_NUMBER_MAX = 2 ** 32 - 1;

/** On the wire between the watch, shards and isolates. */
export interface BanList {
  /** Grows with each change; 0 is the empty list that everybody begins with. */
  readonly version: number;
  readonly entries: readonly { readonly who: string /** ms since 1970 */; readonly until: number }[];
}

/** What `decide` may ask. */
export interface BanView {
  /** Whether this address or its operator's whole network is banned now. */
  includes(facts: Pick<Facts, "address" | "network">, now: number): boolean;
}

export const NO_BANS: BanView = { includes: () => false };

export class Bans implements BanView {
  #networks: readonly { readonly network: Network; readonly until: number }[] = [];
  #asNumbers: ReadonlyMap<number, number> = new Map();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  /** Whoever is banned stays so until then, also when no more news comes. */
  includes({ address, network: { asn } }: Pick<Facts, "address" | "network">, now: number): boolean {
    if (this.#asNumbers.size > 0 && now < (this.#asNumbers.get(asn) ?? 0)) return true;
    for (const { network, until } of this.#networks) if (now < until && inNetwork(address, network)) return true;
    return false;
  }

  /** Older news, still on its way, is not taken for new. */
  learn({ version, entries }: BanList): void {
    if (version <= this.#version) return;
    const networks: { network: Network; until: number }[] = [];
    const asNumbers = new Map<number, number>();
    for (const { who, until } of entries.slice(0, BANS_MAX)) {
      const asn = asNumberIn(who);
      const network = asn === null ? networkIn(who) : null;
      if (asn !== null) asNumbers.set(asn, until);
      else if (network !== null) networks.push({ network, until });
    }
    this.#networks = networks;
    this.#asNumbers = asNumbers;
    this.#version = version;
  }
}

/**
 * Whom an operator means, in the one form under which a ban is kept: "203.0.113.0/24", "2001:db8::/48" or "AS64512". An
 * address is a network of one, an IPv6 address its /64, as for budgets.
 *
 * @throws {Error} with a sentence for the operator
 */
export function whoIsMeant(text: string): string {
  const asn = asNumberIn(text);
  if (asn !== null) return `AS${asn}`;
  const { bytes } = text.includes("/") ? { bytes: null } : parseAddress(text);
  if (bytes !== null) return networkText({ bytes, bits: bytes.length === 4 ? 32 : 64 });
  const network = parseNetwork(text);
  const widest = network.bytes.length === 4 ? WIDEST_V4 : WIDEST_V6;
  if (network.bits < widest) throw new Error(`"${text}" is wider than /${widest}: no operator has so much`);
  return networkText(network);
}

/** Null for what a newer watch may know and we do not. */
function networkIn(text: string): Network | null {
  try {
    return parseNetwork(text);
  } catch {
    return null;
  }
}

function asNumberIn(text: string): number | null {
  const number = Number(AS_NUMBER.exec(text)?.[1] ?? 0);
  return number > 0 && number <= AS_NUMBER_MAX ? number : null;
}

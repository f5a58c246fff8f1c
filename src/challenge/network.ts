/** The network that a clearance is bound to, softly: a keyed hash of the address's prefix, as it travels in a cookie. */

import { toHex } from "../bytes.ts";
import { encodeFields } from "../fields.ts";
import type { ClientAddress } from "../request/address.ts";
import type { Sealer } from "../seal.ts";

const HASH_BYTES = 8;

/** Under every accepted secret, the current one first: a rotation must not look like a change of network. */
export async function networksOf(sealer: Sealer, { prefix }: ClientAddress): Promise<readonly string[]> {
  const macs = await sealer.macs("network", encodeFields([prefix]));
  return macs.map((mac) => toHex(mac.subarray(0, HASH_BYTES)));
}

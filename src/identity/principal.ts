/**
 * The principal: under what name a proven person or system is counted, told to the origin, and revoked. A keyed hash, so
 * that no session id, serial number or subject leaves the isolate.
 */

import { toHex } from "../bytes.ts";
import { encodeFields, type Fields } from "../fields.ts";
import type { Sealer } from "../seal.ts";

const PRINCIPAL_BYTES = 16;
const PRINCIPAL = /^[0-9a-f]{32}$/;

/** @param fields what names the bearer, beginning with the kind of proof: two kinds never share a principal */
export async function principalOf(sealer: Sealer, fields: Fields): Promise<string> {
  const mac = await sealer.mac("principal", encodeFields(fields));
  return toHex(mac.subarray(0, PRINCIPAL_BYTES));
}

export function isPrincipal(text: string): boolean {
  return PRINCIPAL.test(text);
}

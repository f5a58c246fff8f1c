/** Operators are told apart in log lines, and not named. */

import { toHex } from "../bytes.ts";
import { encodeFields } from "../fields.ts";
import type { Sealer } from "../seal.ts";

/** An operator as log lines name her: Access knows people by e-mail addresses, which belong into no log. */
export async function nameInLog(sealer: Sealer | null, operator: string | null): Promise<string> {
  if (!sealer) return "an operator";
  return toHex((await operatorMac(sealer, operator)).subarray(0, 8));
}

export function operatorMac(sealer: Sealer, operator: string | null) {
  return sealer.mac("principal", encodeFields(["operator", operator ?? ""]));
}

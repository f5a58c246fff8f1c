/**
 * The support code: what a person reads out on the phone. It is 40 bits of a keyed hash over why and when she was turned
 * away, so it says nothing to her, can be looked up by trying all reasons, and needs no line in a log.
 */

import { encodeFields } from "../fields.ts";
import type { Lane } from "../identity/identity.ts";
import type { Posture, VerdictKind } from "../policy/verdict.ts";
import type { Sealer } from "../seal.ts";
import { spellCode } from "../support-code.ts";

/** Codes of one reason stay the same for so long: a flood of denials costs one hash in ten seconds. */
export const CODE_EVERY_MS = 10_000;
const REMEMBERED_MAX = 512;

export interface Turned {
  readonly verdict: VerdictKind | "fault";
  readonly reason: string;
  readonly lane: Lane;
  readonly posture: Posture;
}

export class SupportCodes {
  readonly #sealer: Sealer;
  readonly #codes = new Map<string, { readonly slot: number; readonly code: string }>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  async codeFor(turned: Turned, now: number): Promise<string> {
    const fields = [turned.verdict, turned.reason, turned.lane, turned.posture];
    const what = fields.join("|");
    const slot = Math.floor(now / CODE_EVERY_MS);
    const known = this.#codes.get(what);
    if (known?.slot === slot) return known.code;
    const mac = await this.#sealer.mac("support", encodeFields([...fields, slot]));
    const code = spellCode(mac);
    if (this.#codes.size >= REMEMBERED_MAX) this.#codes.clear();
    this.#codes.set(what, { slot, code });
    return code;
  }
}

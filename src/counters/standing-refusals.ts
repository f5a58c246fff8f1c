/**
 * Refusals that stand: what `decide` found about an address, kept while it holds. A flood asks thousands of times what was
 * decided a moment ago; found here by the address as the edge spells it, that costs one look-up.
 *
 * Only addresses that are over a budget get in, so nobody makes state by asking. Full, it forgets whom it met first, who
 * then is decided about anew: nothing is lost but time.
 */
import { Remembered } from "../remembered.ts";

/** About 300 bytes each. */
const ADDRESSES_MAX = 8192;
/** After so long it is decided anew: news arrive within that time, and whoever earned more room should have it. */
const STANDS_MS = 5000;

export class StandingRefusals<Refusal extends { readonly untilMs: number }> {
  readonly #refusals = new Remembered<{ readonly refusal: Refusal; readonly standsUntil: number }>(ADDRESSES_MAX);

  note(address: string, refusal: Refusal, now: number): void {
    this.#refusals.set(address, { refusal, standsUntil: Math.min(refusal.untilMs, now + STANDS_MS) });
  }

  /** Null when nothing stands against this address. */
  find(address: string, now: number): Refusal | null {
    const known = this.#refusals.get(address);
    return known !== undefined && now < known.standsUntil ? known.refusal : null;
  }
}

/** When the posture of each site left normal: proofs from before that outrank those that were earned in the attack. */
import type { Posture } from "../policy/verdict.ts";

export class Onsets {
  readonly #since = new Map<string, number>();

  /** Milliseconds since 1970; null while it is normal. To be called with every order, for sites that the watch knows. */
  note(site: string, posture: Posture, now: number): number | null {
    if (posture === "normal") this.#since.delete(site);
    else if (!this.#since.has(site)) this.#since.set(site, now);
    return this.#since.get(site) ?? null;
  }
}

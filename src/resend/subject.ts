/**
 * To whom a page that carries a form was given: to the browser, known by the random id in its visit ticket; where it has
 * none, or keeps no cookies, to its network. Who is signed in counts as well: after a colleague has signed in on the same
 * computer the form is no longer hers to send.
 *
 * Accepted trade-off: without a ticket whoever shares the network could send the form if she got hold of the page. It would
 * still be the original form, with its own cookies, to its own URL, once.
 */
import { networksOf } from "../challenge/network.ts";
import type { Identity } from "../identity/identity.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";

export interface Subject {
  /** For a form that is sealed now. */
  readonly name: string;
  readonly is: (name: string) => boolean;
}

const NOBODY = "-";

export async function subjectOf(
  sealer: Sealer,
  { address }: Pick<Facts, "address">,
  { visit, principal }: Pick<Identity, "visit" | "principal">,
): Promise<Subject> {
  const networks = await networksOf(sealer, address);
  const holder = visit ? `browser ${visit.id}` : `network ${networks[0] ?? ""}`;
  return {
    name: `${principal ?? NOBODY} ${holder}`,
    is: (name) => {
      const at = name.indexOf(" ");
      const [who, whose] = [name.slice(0, at), name.slice(at + 1)];
      // Her sign-in may have ended meanwhile, or begun: only another one's stands in the way.
      if (who !== NOBODY && principal !== null && who !== principal) return false;
      return whose === holder || networks.some((network) => whose === `network ${network}`);
    },
  };
}

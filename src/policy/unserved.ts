/**
 * What a request spends that was not served, told by what became of it.
 *
 * - Over a budget, blocked, or for something that is switched off: nothing. The debt would never end, and who is denied stays
 *   denied without it.
 * - Challenged, closed by the posture, told to wait, or refused by a strict budget: as `shareUnserved` says.
 * - Served, from the edge's copy too, or gone before the answer came: everything. Whoever leaves early must not ask for free.
 *
 * It is spent while it is on its way and given back afterwards, so that nobody has more under way than her budget holds.
 */
import type { Budget } from "./policy.ts";
import type { Charge } from "./verdict.ts";

/**
 * Of her own budget she who waits spends a tenth: a page that reloads itself three times a minute is nothing of what a person
 * has, and no thief of a pass or a clearance makes us tell him to wait without end.
 */
const OWN_SHARE = 0.1;

/** What part of a charge stays spent. */
export function shareUnserved({ per, strict }: Budget): number {
  // It guards what lies behind us, of which nothing was had; its token was not spent or was given back. Else one prefix that is
  // refused starves its network.
  if (strict) return 0;
  switch (per) {
    case "principal":
    case "clearance":
    case "transaction":
      return OWN_SHARE;
    // Of strangers only the place is known. A page of ours costs us as much as what they asked for, and whoever solves nothing
    // must come to the limit.
    case "address":
    case "prefix":
    case "network":
    case "facility":
      return 1;
  }
}

/** What stays spent of charges. */
export function spentUnserved(charges: readonly Charge[]): readonly Charge[] {
  return parts(charges, shareUnserved);
}

/** What is given back of those that were spent whole. */
export function givenBackUnserved(charges: readonly Charge[]): readonly Charge[] {
  return parts(charges, (budget) => 1 - shareUnserved(budget));
}

function parts(charges: readonly Charge[], shareOf: (budget: Budget) => number): readonly Charge[] {
  return charges.flatMap((charge) => {
    const share = shareOf(charge.budget);
    return share === 0 ? [] : [{ ...charge, cost: charge.cost * share }];
  });
}

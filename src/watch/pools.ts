/** How what an origin bears is divided among the classes of service before it is leased out. */
import { combined, NO_RATES, plus, type Rates, scaledBy, totalOf } from "../counters/rates.ts";
import { CLASS_SHARES, CLASSES } from "../policy/tables.ts";

/** Never leased: for what isolates may take before their first lease, and what is overdrawn. */
export const RESERVE_SHARE = 0.05;
/** A class is given more than it needs, so that its next second finds room. */
const HEADROOM = 1.5;
/** Of the reserved shares of P0 and P1 so much is never lent out, however little they need: a doctor may come at any moment. */
const KEPT: Rates = [0.5, 0.25, 0, 0];

/**
 * Each class has what it needs up to its reserved share; what is left goes to those who need more, the more important first,
 * and what nobody needs is spread as the shares are. The sum is what is allowed less the reserve.
 */
export function poolsFor(allowedPerSecond: number, need: Rates): Rates {
  const all = allowedPerSecond * (1 - RESERVE_SHARE);
  const reserved = scaledBy(CLASS_SHARES, all);
  const wanted = combined(
    scaledBy(need, HEADROOM),
    combined(reserved, KEPT, (rate, share) => rate * share),
    Math.max,
  );
  const pools: [number, number, number, number] = [...combined(wanted, reserved, Math.min)];
  let rest = all - totalOf(pools);
  for (const c of CLASSES) {
    const more = Math.min(rest, Math.max(0, wanted[c] - pools[c]));
    pools[c] += more;
    rest -= more;
  }
  return plus(pools, rest > 0 ? scaledBy(CLASS_SHARES, rest) : NO_RATES);
}

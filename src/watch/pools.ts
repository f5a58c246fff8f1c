/** How what an origin bears is divided among the classes of service before it is leased out. */
import { combined, plus, type Rates, scaledBy, totalOf } from "../counters/rates.ts";
import { CLASS_SHARES, CLASSES } from "../policy/tables.ts";
import type { Posture } from "../policy/verdict.ts";

/** Never leased: for what isolates may take before their first lease, and what is overdrawn. */
export const RESERVE_SHARE = 0.05;
/** A class is given more than it needs, so that its next second finds room. */
const HEADROOM = 1.5;
/** Of the reserved shares of P0 and P1 so much is never lent out, however little they need: a doctor may come at any moment. */
const KEPT: Rates = [0.5, 0.25, 0, 0];
/**
 * In an attack P2 and P3 may have what their share is, and more only up to this load: the rest would cost the doctors time. In
 * a queue (M/M/1) one waits twice as long as one's own work takes at two thirds of the load, nineteen times at 95 %.
 */
export const LOAD_IN_ATTACK = 0.65;

/**
 * Each class has what it needs up to its reserved share; what is left goes to those who need more, the more important first,
 * and what nobody needs is spread as the shares are. The sum is what is allowed less the reserve.
 */
export function poolsFor(allowedPerSecond: number, need: Rates, posture: Posture): Rates {
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
  const spread = plus(pools, scaledBy(CLASS_SHARES, Math.max(0, rest)));
  return posture === "normal"
    ? spread
    : takenBack(spread, reserved, allowedPerSecond * LOAD_IN_ATTACK - need[0] - need[1]);
}

/** @param most what P2 and P3 may have together, unless their reserved shares are more; P0 and P1 hold the rest, used or not */
function takenBack([p0, p1, p2, p3]: Rates, reserved: Rates, most: number): Rates {
  const excess = Math.max(0, p2 + p3 - Math.max(most, reserved[2] + reserved[3]));
  const fromP3 = Math.min(excess, Math.max(0, p3 - reserved[3]));
  const toP0 = excess * (CLASS_SHARES[0] / (CLASS_SHARES[0] + CLASS_SHARES[1]));
  return [p0 + toP0, p1 + excess - toP0, p2 - (excess - fromP3), p3 - fromP3];
}

/** One site whose origin shrinks and returns, steered second by second while so much is wanted of it. */
import type { SiteSummary } from "../../src/counters/protocol.ts";
import { initialState, steer } from "../../src/watch/controller.ts";
import { Random } from "../flood/random.ts";
import { ORIGINS, Traffic } from "./simulated-origin.ts";

const NOW = 1_800_000_000_000;
export const CONFIGURED = 600;
/** Seconds. */
export const SHRINKS_AT = 30;
export const RETURNS_AT = 110;
const END = 170;

export interface Plan {
  readonly origin: string;
  readonly demand: number;
  /** What is left of the capacity between the two moments. */
  readonly share: number;
  /** What is ordered is felt so many seconds later. */
  readonly delayS?: number;
  /** How much of what is given is sent when all of it is wanted. */
  readonly sentShare?: number;
  readonly seed?: number;
}

export interface Row {
  readonly allowed: number;
  readonly sent: number;
  readonly failed: number;
}

/** One entry a second. */
export function run({ origin: kind, demand, share, delayS = 2, sentShare = 0.8, seed = 1 }: Plan): readonly Row[] {
  const origin = ORIGINS[kind]?.(CONFIGURED);
  if (!origin) throw new Error(`no origin ${kind}`);
  const random = new Random(seed);
  const traffic = new Traffic(NOW, () => random.fraction());
  let state = initialState(CONFIGURED);
  const rows: Row[] = [];
  for (let second = 0; second < END; second++) {
    if (second === SHRINKS_AT) origin.bear(CONFIGURED * share);
    if (second === RETURNS_AT) origin.bear(CONFIGURED);
    const allowed = rows[second - delayS]?.allowed ?? CONFIGURED;
    const { asked, forwarded, failed, residenceMs, left } = traffic.send(origin, Math.min(demand, sentShare * allowed));
    const summary: SiteSummary = {
      site: "portal",
      capacityPerSecond: CONFIGURED,
      overMs: 1000,
      wanted: [0, 0, 0, demand],
      sent: [0, 0, 0, asked],
      turnedAway: 0,
      asked,
      forwarded,
      failed,
      residenceMs: [0, 0, 0, residenceMs],
      left: [0, 0, 0, left],
    };
    state = steer(state, summary, NOW + second * 1000);
    rows.push({ allowed: state.allowedPerSecond, sent: asked, failed });
  }
  return rows;
}

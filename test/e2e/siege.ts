/** A flood that runs for as long as a test needs it. */
import { setTimeout as pause } from "node:timers/promises";
import { attack } from "../flood/attackers.ts";
import { Random } from "../flood/random.ts";
import type { Flood } from "../flood/scenario.ts";
import { demo } from "../flood/scenarios/demo.ts";
import { AttackTally } from "../flood/tally.ts";

/** More than twice what the demo portal bears, and little enough to leave a browser room on two cores. */
const FLOOD: Flood = { ...demo.flood, requestsPerSecond: 800, rampSeconds: 0.5 };
/** By then the shield is on guard, and a portal without one is overwhelmed, ms. */
export const UNDER_WAY_MS = 5000;
const SEED = 2018;

export interface Siege<T> {
  readonly result: T;
  /** Share of the flood that the shield stopped while `act` ran. */
  readonly stoppedShare: number;
}

/**
 * Runs `act` in the midst of a flood of `target`.
 *
 * @param fromMs how long after the flood began; 0 is at once, before the shield is on guard
 */
export async function underFlood<T>(target: URL, act: () => Promise<T>, fromMs = UNDER_WAY_MS): Promise<Siege<T>> {
  const end = new AbortController();
  const flood = new AttackTally();
  const attacking = attack(target, FLOOD, new Random(SEED), flood, end.signal);
  try {
    await pause(fromMs);
    const before = { stopped: flood.stoppedInAll, settled: flood.settled };
    const result = await act();
    const settled = flood.settled - before.settled;
    return { result, stoppedShare: (flood.stoppedInAll - before.stopped) / Math.max(1, settled) };
  } finally {
    end.abort();
    await attacking;
  }
}

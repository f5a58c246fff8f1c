/** A flood that runs for as long as a test needs it. */
import { setTimeout as pause } from "node:timers/promises";
import { attack } from "../flood/attackers.ts";
import { Random } from "../flood/random.ts";
import type { Flood } from "../flood/scenario.ts";
import { demo } from "../flood/scenarios/demo.ts";
import { AttackTally } from "../flood/tally.ts";

/**
 * More than twice what the portal of these tests bears (small-portal-rules.ts), as programs that wait in vain soon come again;
 * and little enough to leave a browser room on a machine that is slow or has other work.
 */
const FLOOD: Flood = {
  ...demo.flood,
  sources: { ...demo.flood.sources, count: 125 },
  requestsPerSecond: 200,
  patienceMs: 3000,
  rampSeconds: 0.5,
};
/** The first moments of a flood are a story of their own, ms. */
const ONSET_MS = 5000;
/** A stranger who looks how it is leaves after so long, ms. */
const LOOK_MS = 2000;
const SEED = 2018;

export interface Siege<T> {
  readonly result: T;
  /** Share of the flood that the shield stopped while `act` ran. */
  readonly stoppedShare: number;
}

/**
 * Runs `act` in the midst of a flood of `target`.
 *
 * @param from at once, before the shield is on guard; or when it is on guard, and a portal without one is overwhelmed
 */
export async function underFlood<T>(
  target: URL,
  act: () => Promise<T>,
  from: "at once" | "when it is under way" = "when it is under way",
): Promise<Siege<T>> {
  const end = new AbortController();
  const flood = new AttackTally();
  const attacking = attack(target, FLOOD, new Random(SEED), flood, end.signal);
  try {
    if (from === "when it is under way") {
      await pause(ONSET_MS);
      await underWay(target);
    }
    const before = { stopped: flood.stoppedInAll, settled: flood.settled };
    const result = await act();
    const settled = flood.settled - before.settled;
    return { result, stoppedShare: (flood.stoppedInAll - before.stopped) / Math.max(1, settled) };
  } finally {
    end.abort();
    await attacking;
  }
}

/** Strangers are asked to work first, or find nobody at home. */
async function underWay(target: URL): Promise<void> {
  for (;;) {
    const headers = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "CF-Connecting-IP": "192.0.2.3" };
    const got = await fetch(new URL("/news", target), { headers, signal: AbortSignal.timeout(LOOK_MS) }).catch(
      () => null,
    );
    const isShield = got?.headers.has("shield-mitigated") === true;
    if (isShield ? got.headers.get("shield-mitigated") === "challenge" : got?.ok !== true) return;
    await pause(100);
  }
}

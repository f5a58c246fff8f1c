/** One run: calm, flood, end. The same for the shield and for the bare portal, so that the two can be compared. */
import { setTimeout as pause } from "node:timers/promises";
import { attack } from "./attackers.ts";
import { castDoctors, type Doctor } from "./doctors.ts";
import {
  type OriginLoad,
  type PortalState,
  readState,
  recovered,
  resetPortal,
  summarizeLoad,
  timesHeld,
} from "./portal.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { AttackTally, DoctorTally } from "./tally.ts";

/** New doctors come within this part of the flood. */
const ARRIVE_BETWEEN = [0.1, 0.4] as const;
const TRY_AGAIN_AFTER_MS = 1000;
const RECOVERY_MAX_MS = 30_000;

export interface RunOptions {
  readonly scenario: Scenario;
  /** What is flooded and used: the shield, or the bare portal. */
  readonly target: URL;
  /** The bare portal, to ask it what it holds. */
  readonly portal: URL;
  readonly seconds: number;
  readonly seed: number;
  /** Ends the run early, with what there is so far. */
  readonly stop: AbortSignal;
  readonly onSecond?: (progress: Progress) => void;
}

export interface Progress {
  readonly second: number;
  /** Of this second alone. */
  readonly sent: number;
  readonly stopped: number;
  readonly reachedOrigin: number;
  /** Since the beginning. */
  readonly doctorSteps: number;
  readonly doctorStepsOk: number;
}

export interface RunResult {
  readonly attack: AttackTally;
  readonly doctors: DoctorTally;
  readonly seconds: number;
  /** The run was ended before its time. */
  readonly partial: boolean;
  readonly prescriptions: {
    readonly sent: number;
    readonly confirmed: number;
    readonly lost: number;
    readonly doubled: number;
    readonly held: number;
  };
  readonly load: OriginLoad;
}

/** @throws when the portal cannot be asked */
export async function run(options: RunOptions): Promise<RunResult> {
  const { scenario, target, portal, seconds, stop } = options;
  const random = new Random(options.seed);
  const doctors = new DoctorTally();
  const attackers = new AttackTally();
  await resetPortal(portal);

  const onDuty = castDoctors(target, scenario.doctors.onDuty, scenario.doctors, "d", random.fork(), doctors);
  const arriving = castDoctors(target, scenario.doctors.arriving, scenario.doctors, "n", random.fork(), doctors);
  try {
    const calm = pause(scenario.calmSeconds * 1000, undefined, { signal: stop }).catch(() => undefined);
    const ready = await Promise.all(onDuty.map((doctor) => doctor.signIn(stop)));
    if (!stop.aborted && ready.includes(false)) throw new Error(notReady(doctors));
    await calm;
    doctors.startAnew();

    const end = AbortSignal.any([stop, AbortSignal.timeout(seconds * 1000)]);
    const from = Math.floor(Date.now() / 1000);
    const reporting = reportEachSecond(attackers, doctors, end, options.onSecond);
    await Promise.all([
      attack(target, scenario.flood, random.fork(), attackers, end),
      ...onDuty.map((doctor) => doctor.work(end)),
      ...arriving.map((doctor) => arrive(doctor, random.between(...ARRIVE_BETWEEN) * seconds * 1000, end)),
    ]);
    await reporting;
    const to = Math.floor(Date.now() / 1000);
    await recovered(portal, RECOVERY_MAX_MS);
    const state = await readState(portal);
    return {
      attack: attackers,
      doctors,
      seconds: to - from,
      partial: stop.aborted,
      prescriptions: comparePrescriptions(doctors, state),
      load: summarizeLoad(state, from, to),
    };
  } finally {
    for (const doctor of [...onDuty, ...arriving]) doctor.leave();
  }
}

async function arrive(doctor: Doctor, afterMs: number, end: AbortSignal): Promise<void> {
  await pause(afterMs, undefined, { signal: end }).catch(() => undefined);
  // Whoever could not sign in tries again, as people do.
  while (!end.aborted) {
    if (await doctor.signIn(end)) return doctor.work(end);
    await pause(TRY_AGAIN_AFTER_MS, undefined, { signal: end }).catch(() => undefined);
  }
}

function notReady({ steps }: DoctorTally): string {
  const reasons = new Set(steps.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why}`));
  return `not every doctor could sign in while it was calm (${[...reasons].join("; ")})`;
}

function comparePrescriptions({ prescriptions }: DoctorTally, state: PortalState): RunResult["prescriptions"] {
  const held = prescriptions.map(({ mark }) => timesHeld(state, `[${mark}]`));
  return {
    sent: prescriptions.length,
    confirmed: prescriptions.filter(({ confirmed }) => confirmed).length,
    lost: prescriptions.filter(({ confirmed }, i) => confirmed && held[i] === 0).length,
    doubled: held.filter((times) => times > 1).length,
    held: held.filter((times) => times > 0).length,
  };
}

async function reportEachSecond(
  attackers: AttackTally,
  doctors: DoctorTally,
  end: AbortSignal,
  onSecond: RunOptions["onSecond"],
): Promise<void> {
  let before = { sent: 0, stopped: 0, reachedOrigin: 0 };
  for (let second = 1; !end.aborted; second++) {
    await pause(1000, undefined, { signal: end }).catch(() => undefined);
    const now = { sent: attackers.sent, stopped: attackers.stoppedInAll, reachedOrigin: attackers.reachedOrigin };
    onSecond?.({
      second,
      sent: now.sent - before.sent,
      stopped: now.stopped - before.stopped,
      reachedOrigin: now.reachedOrigin - before.reachedOrigin,
      doctorSteps: doctors.steps.length,
      doctorStepsOk: doctors.stepsOk,
    });
    before = now;
  }
}

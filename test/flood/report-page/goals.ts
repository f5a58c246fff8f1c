/** What is demanded of the shield in each scenario. A miss is shown, never explained away: no goal is lowered here. */

export interface Goals {
  /** Share of the flood to be stopped after its first 30 s; null where the load comes from people, or from one of them. */
  readonly stopped: number | null;
  readonly detectedMs: number | null;
  readonly mitigatedMs: number | null;
  /** A crowd, not an attack: nobody may be blocked and no attack be called. */
  readonly isControl: boolean;
}

const SIMPLE: Goals = { stopped: 0.99, detectedMs: 10_000, mitigatedMs: 15_000, isControl: false };
const SPREAD: Goals = { ...SIMPLE, stopped: 0.95 };
const ADAPTIVE: Goals = { ...SIMPLE, stopped: 0.9 };
const LOW_AND_WIDE: Goals = { stopped: 0.9, detectedMs: 60_000, mitigatedMs: 60_000, isControl: false };
/** One who belongs here: held to a budget, and no reason to call an attack. */
const ONE_OF_OURS: Goals = { stopped: null, detectedMs: null, mitigatedMs: 20_000, isControl: false };
const CONTROL: Goals = { stopped: null, detectedMs: null, mitigatedMs: null, isControl: true };

const GOALS = new Map<string, Goals>([
  ["contract-2018", SIMPLE],
  ["wordpress-pingback", SIMPLE],
  ["cache-buster", SIMPLE],
  ["challenge-flood", SIMPLE],
  ["twin-next-day", SPREAD],
  ["ddosia-day", SPREAD],
  ["abort-bursts", SPREAD],
  ["slash64", SPREAD],
  ["adaptive", ADAPTIVE],
  ["solver-farm", ADAPTIVE],
  ["login-flood", LOW_AND_WIDE],
  ["residential", LOW_AND_WIDE],
  ["insider", ONE_OF_OURS],
  ["shared-address", ONE_OF_OURS],
  ["flash-crowd", CONTROL],
  ["morning-after", CONTROL],
  ["night-batch", CONTROL],
  ["origin-ails", CONTROL],
]);

/** A scenario that is not listed, a new one for instance, is held to the strictest. */
export function goalsOf(scenario: string): Goals {
  // "residential-solving" is a variant of "residential".
  const listed = [...GOALS.keys()].find((name) => scenario === name || scenario.startsWith(`${name}-`));
  return (listed !== undefined && GOALS.get(listed)) || SIMPLE;
}

/** Shares of clinicians' requests served. */
export const CLINICIANS_SERVED = { afterFirst30s: 0.999, first30s: 0.95, worst5min: 0.99 };
export const SIGN_INS_SERVED = 0.95;
export const RESIDENTS_SERVED = 0.9;
/** Shares of clinicians' requests. */
export const CLINICIANS_AT_MOST = { blocked: 0.001, challenged: 0.005 };
export const ADDED_LATENCY_P95_MS = 30;
/** Of capacity, mean over 10 s. */
export const ORIGIN_LOAD_AT_MOST = 1.1;
export const RECOVERED_MS = 600_000;
export const DURABLE_OBJECT_CALLS = { perIsolateSecond: 1, per1000AttackRequests: 3 };

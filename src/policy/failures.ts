/**
 * What becomes of a request when something that the shield needs fails on it. One table, so that the choice is made here and
 * not by whichever line threw: doctors and practice software get through, nothing is minted, and the site never goes down
 * because the shield does. The code that acts looks here; `npm run check -- --failures` shows it; a test breaks each thing.
 */
import type { Lane } from "../identity/identity.ts";
import type { Importance } from "./tables.ts";
import type { Posture } from "./verdict.ts";

/**
 * `forward`: goes to the origin as if nothing had failed, within its budgets and the room there is. `unproven`: what a proof
 * says counts for nothing, so its bearer is whoever she is without. `fault`: the answer says that the origin does not answer.
 * `closed`: not now, with the page that says what works.
 */
export type FailureOutcome = "forward" | "unproven" | "fault" | "closed";
type Cells<T extends FailureOutcome> = Record<Lane, Record<Importance, T>>;

const always = <T extends FailureOutcome>(outcome: T): Record<Importance, T> => ({
  critical: outcome,
  high: outcome,
  normal: outcome,
  sheddable: outcome,
});
const forEach = <T extends FailureOutcome>(outcome: T): Cells<T> => ({
  machine: always(outcome),
  clinician: always(outcome),
  resident: always(outcome),
  cleared: always(outcome),
  unknown: always(outcome),
});

/**
 * The counters do not answer, in time or at all. Each isolate goes on by its own tally, also where a budget is strict: that
 * protects the identity provider, and a doctor who cannot sign in because a counter is away would be the worse harm.
 */
const SHARDS: Cells<"forward" | "closed"> = forEach("forward");

/**
 * The watch does not answer. Orders lapse after a minute, and then this posture holds: nobody is asked because of an old
 * flood. Manual modes hold until their own end. Each isolate has its floor of the origin, proven clients first.
 */
export const POSTURE_WITHOUT_WATCH: Posture = "normal";
const WATCH: Cells<"forward"> = forEach("forward");

/** The origin does not answer, or not in time. What is kept at the edge is served all the same. */
const ORIGIN: Cells<"fault" | "closed"> = forEach("fault");

/**
 * An issuer's keys are not to be had and none is kept (they are for a day): a token proves nothing then, and its bearer is a
 * stranger until she shows something else. Who needs no keys is not concerned.
 */
export const LANE_WITHOUT_PROOF: Lane = "unknown";
const KEYS: Cells<"forward" | "unproven"> = {
  machine: always("unproven"),
  clinician: always("unproven"),
  resident: always("unproven"),
  cleared: always("forward"),
  unknown: always("forward"),
};

/** The shield itself throws. Who was proven by then gets through, strangers wait, as nothing can be said of them. */
const SHIELD: Cells<"forward" | "closed"> = {
  machine: always("forward"),
  clinician: always("forward"),
  resident: { critical: "forward", high: "forward", normal: "closed", sheddable: "closed" },
  cleared: always("closed"),
  unknown: always("closed"),
};

export const FAILURES = { shards: SHARDS, watch: WATCH, origin: ORIGIN, keys: KEYS, shield: SHIELD } as const;
export type Dependency = keyof typeof FAILURES;

/** What fails, and what that means, for whoever reads the table. */
export const FAILURES_IN_WORDS: Record<Dependency, string> = {
  shards: "The counters do not answer: each isolate counts for itself, strict budgets too.",
  watch: `The watch does not answer: after a minute the posture is ${POSTURE_WITHOUT_WATCH}, manual modes hold until their end.`,
  origin: "The origin does not answer: everybody is told so; what is kept at the edge is served.",
  keys: "An issuer's keys are not to be had, nor a copy of the last day: its tokens prove nothing.",
  shield: "The shield itself throws: whoever was proven by then gets through.",
};

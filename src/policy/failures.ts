/**
 * What becomes of a request when something that the shield needs fails on it. One table, so that the choice is made here and
 * not by whichever line threw: doctors and practice software get through, nothing is minted, and the site never goes down
 * because the shield does. The code that acts looks here, or at what a row is made of; `npm run check -- --failures` shows
 * it; a test breaks each thing and compares cell by cell.
 */
import { LANES, type Lane } from "../identity/identity.ts";
import type { ProvenLane } from "../identity/proof.ts";
import { IMPORTANCES, type Importance, POSTURE_ACTIONS } from "./tables.ts";
import type { Posture } from "./verdict.ts";

/**
 * `forward`: goes to the origin as if nothing had failed, within its budgets and the room there is. `unproven`: what a proof
 * says counts for nothing, so its bearer is whoever she is without. `fault`: the answer says that the origin does not answer.
 * `closed`: not now, with the page that says what works. `asked`: to work first, or to come back later.
 */
export type FailureOutcome = "forward" | "unproven" | "fault" | "closed" | "asked";
type Cells<T extends FailureOutcome> = Record<Lane, Record<Importance, T>>;

const always = <T extends FailureOutcome>(outcome: T): Record<Importance, T> => ({
  critical: outcome,
  high: outcome,
  normal: outcome,
  sheddable: outcome,
});
const cells = <T extends FailureOutcome>(outcomeFor: (lane: Lane, importance: Importance) => T): Cells<T> => {
  const row = (lane: Lane) =>
    Object.fromEntries(IMPORTANCES.map((importance) => [importance, outcomeFor(lane, importance)]));
  return Object.fromEntries(LANES.map((lane) => [lane, row(lane)])) as Cells<T>;
};

/**
 * The counters do not answer, in time or at all. Each isolate goes on by its own tally, also where a budget is strict: that
 * protects the identity provider, and a doctor who cannot sign in because a counter is away would be the worse harm.
 */
const SHARDS: Cells<"forward" | "closed"> = cells(() => "forward");

/**
 * Without counters nobody can say whether a solved puzzle was handed in before, so it buys nothing: it is kept, handed in
 * again, and after a while another is solved, which another shard owns. An isolate that reaches none for so long asks nobody
 * any more, whatever operators set, as nobody could answer: whoever comes to sign in is not locked out, and is held by what
 * her address may and by the room there is.
 */
export const WITHOUT_NEWS_MS = 60_000;

/**
 * The watch does not answer. After as long its orders lapse, and then this posture holds: nobody is asked because of an old
 * flood. Manual modes hold until their own end. Each isolate has its floor of the origin, proven clients first. So the row
 * is what this posture does.
 */
export const POSTURE_WITHOUT_WATCH: Posture = "normal";
const WATCH = cells((lane, importance) => underPosture(POSTURE_WITHOUT_WATCH, lane, importance));

/** The origin does not answer, or not in time. What is kept at the edge is served all the same. */
const ORIGIN: Cells<"fault" | "closed"> = cells(() => "fault");

/**
 * An issuer's keys are not to be had and none is kept (they are for a day): a token proves nothing then, and its bearer is a
 * stranger until she shows something else. Who needs no keys is not concerned. There is no choice in it but this lane: what
 * nobody verified must never make more of anybody.
 */
export const LANE_WITHOUT_PROOF: Exclude<Lane, ProvenLane> = "unknown";
const BY_TOKEN: Record<Lane, boolean> = {
  machine: true,
  clinician: true,
  resident: true,
  cleared: false,
  unknown: false,
};
const KEYS = cells((lane) => (BY_TOKEN[lane] ? "unproven" : "forward"));

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
  shards:
    "The counters do not answer: each isolate counts for itself, strict budgets too. A solved puzzle buys nothing and stays good; after a minute nobody is asked.",
  watch: `The watch does not answer: after a minute the posture is ${POSTURE_WITHOUT_WATCH}, manual modes hold until their end.`,
  origin: "The origin does not answer: everybody is told so; what is kept at the edge is served.",
  keys: "An issuer's keys are not to be had, nor a copy of the last day: its tokens prove nothing.",
  shield: "The shield itself throws: whoever was proven by then gets through.",
};

/** What a posture does, in the words of this table. */
function underPosture(posture: Posture, lane: Lane, importance: Importance): "forward" | "asked" | "closed" {
  const action = POSTURE_ACTIONS[posture][lane];
  switch (action) {
    case "allow":
    case "if-room":
      return "forward";
    case "ask":
      return "asked";
    case "ask-and-shed":
      return importance === "sheddable" ? "closed" : "asked";
    case "critical-only":
      return importance === "critical" ? "forward" : "closed";
    case "static":
      return "closed";
  }
  return action satisfies never;
}

/**
 * What becomes of a request when the shield itself fails on it. One table, so that the choice is made here and not by
 * whichever line threw: doctors and practice software get through, strangers wait, and nothing is minted.
 */
import type { Lane } from "../identity/identity.ts";
import type { Importance } from "./tables.ts";

export type FailureOutcome = "forward" | "closed";

const PROVEN: Record<Importance, FailureOutcome> = {
  critical: "forward",
  high: "forward",
  normal: "forward",
  sheddable: "forward",
};
const STRANGER: Record<Importance, FailureOutcome> = {
  critical: "closed",
  high: "closed",
  normal: "closed",
  sheddable: "closed",
};

export const OWN_FAILURE: Record<Lane, Record<Importance, FailureOutcome>> = {
  machine: PROVEN,
  clinician: PROVEN,
  resident: { critical: "forward", high: "forward", normal: "closed", sheddable: "closed" },
  cleared: STRANGER,
  unknown: STRANGER,
};

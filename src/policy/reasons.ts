/** Why somebody was turned away, where neither a rule nor a budget of the rule file says so. */
import type { Turned } from "../support-code.ts";

export const REASONS = {
  /** The shield itself failed: then the origin may have been asked already. */
  ownFailure: "the shield failed",
  /** Whom it is about is for operators only. */
  banned: "banned by an operator",
  noRoom: "no room at the origin",
  inLine: "in line for room at the origin",
  formsAtOnce: "too many forms at once",
  sentOrNot: "nobody knows whether it was sent",
  visitTicket: "visit ticket",
  checkInTab: "a check in a tab of its own",
  entry: "entry without a check",
  rehearsal: "rehearsal",
  ownPaths: "the shield's own paths",
  operatorsPaths: "operators' paths",
  byWaiting: "clearances by waiting for one prefix",
} as const;

export const reasonForOff = (route: string) => `${route} is switched off`;

/** With which verdicts each of them can come. */
export const VERDICTS_OF: Readonly<Record<keyof typeof REASONS, readonly Turned["verdict"][]>> = {
  ownFailure: ["closed"],
  banned: ["block"],
  noRoom: ["wait"],
  inLine: ["wait"],
  formsAtOnce: ["wait"],
  sentOrNot: ["wait"],
  visitTicket: ["closed"],
  checkInTab: ["challenge"],
  entry: ["closed", "limit"],
  rehearsal: ["limit", "wait"],
  ownPaths: ["limit"],
  operatorsPaths: ["limit"],
  byWaiting: ["limit"],
};

/** The two tables of the shield, as data: who shares the origin with whom, and what each posture does to whom. */
import type { Lane } from "../identity/identity.ts";
import type { Posture } from "./verdict.ts";

export const IMPORTANCES = ["critical", "high", "normal", "sheddable"] as const;
export type Importance = (typeof IMPORTANCES)[number];

/** Class of service, P0 the most important. */
export type ClassOfService = 0 | 1 | 2 | 3;
export const CLASSES: readonly ClassOfService[] = [0, 1, 2, 3];

/** Share of the origin reserved for each class, P0 to P3. Unused shares flow to whoever needs them. */
export const CLASS_SHARES: readonly [number, number, number, number] = [0.4, 0.35, 0.15, 0.1];

const PROVEN: Record<Importance, ClassOfService> = { critical: 0, high: 1, normal: 1, sheddable: 2 };
export const CLASS_OF_SERVICE: Record<Lane, Record<Importance, ClassOfService>> = {
  machine: PROVEN,
  clinician: PROVEN,
  resident: { critical: 1, high: 2, normal: 2, sheddable: 3 },
  cleared: { critical: 2, high: 2, normal: 3, sheddable: 3 },
  unknown: { critical: 2, high: 3, normal: 3, sheddable: 3 },
};

/**
 * What a posture does to a request that is within its budget.
 * `ask`: challenge on dynamic routes, those that may not be kept at the edge. `ask-and-shed`: the same, sheddable routes are closed.
 * `if-room`: only while its class has room at the origin, no queue. `critical-only`: other routes get the static page.
 */
export type PostureAction = "allow" | "if-room" | "ask" | "ask-and-shed" | "critical-only" | "static";

export const POSTURE_ACTIONS: Record<Posture, Record<Lane, PostureAction>> = {
  normal: { machine: "allow", clinician: "allow", resident: "allow", cleared: "allow", unknown: "allow" },
  elevated: { machine: "allow", clinician: "allow", resident: "allow", cleared: "allow", unknown: "ask" },
  "clinicians-first": {
    machine: "allow",
    clinician: "allow",
    resident: "if-room",
    cleared: "if-room",
    unknown: "ask-and-shed",
  },
  "static-only": {
    machine: "critical-only",
    clinician: "critical-only",
    resident: "static",
    cleared: "static",
    unknown: "static",
  },
};

/** Who has to wait for her turn, and the page that she then gets. */
import type { Desk } from "../desk.ts";
import type { Identity } from "../identity/identity.ts";
import type { Decision } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { CLASSES_IN_LINE, type Line, type Turn, turnOf } from "./line.ts";
import { placeCookie, readPlace } from "./place.ts";

/** Someone who stands in line, or would if there were one. */
export interface Stander {
  /** Null until she was given a place. */
  readonly cameAt: number | null;
  readonly turn: Turn;
}

/**
 * Only people who ask for a page stand in line. What a script or a program asks, or what somebody hands in, tries for room at
 * once: it cannot come back by itself. Doctors and systems that proved who they are never stand in line.
 *
 * @returns null, not a promise, for whoever never does
 */
export function standerOf(
  facts: Facts,
  identity: Identity,
  { serviceClass }: Decision,
  desk: Desk,
  sealer: Sealer | null,
  now: number,
): Promise<Stander> | null {
  const proven = identity.lane === "clinician" || identity.lane === "machine";
  if (proven || sealer === null || facts.asker !== "navigation" || facts.method !== "GET") return null;
  if (!CLASSES_IN_LINE.some((known) => known === serviceClass)) return null;
  return standing(facts, identity, desk.lines.lineFor(serviceClass, now), sealer, now);
}

async function standing(
  facts: Facts,
  identity: Identity,
  line: Line | null,
  sealer: Sealer,
  now: number,
): Promise<Stander> {
  const cameAt = await readPlace(sealer, facts, identity, now);
  // A newcomer stands behind everybody who has a place.
  return { cameAt, turn: line === null ? { kind: "now" } : turnOf(line, cameAt ?? now) };
}

/** What the page tells her. Whoever found no room without any line has no turn yet. */
export function turnTold({ cameAt, turn }: Stander): Turn {
  return cameAt === null && turn.kind === "now" ? { kind: "unknown" } : turn;
}

/** Her place for the way out: the one that she has, else the end of the line. Counts her. */
export async function keepPlace(
  stander: Stander,
  facts: Facts,
  identity: Identity,
  { serviceClass }: Decision,
  desk: Desk,
  sealer: Sealer,
  now: number,
): Promise<string> {
  if (stander.cameAt === null) desk.lines.noteNewcomer(serviceClass);
  else desk.lines.noteReturn(serviceClass, stander.cameAt, stander.turn, now);
  return placeCookie(sealer, facts, identity, stander.cameAt ?? now, now);
}

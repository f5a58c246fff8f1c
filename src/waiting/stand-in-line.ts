/** Who has to wait for her turn, and the page that she then gets. */
import type { Desk } from "../desk.ts";
import type { Identity, Lane } from "../identity/identity.ts";
import type { ClassOfService } from "../policy/tables.ts";
import type { Decision } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { CLASSES_IN_LINE, type Line, type Turn, turnOf } from "./line.ts";
import type { LineAtEdge } from "./lines.ts";
import { type Place, placeCookie, readPlace } from "./place.ts";

/** Someone who stands in line, or would if there were one. */
export interface Stander {
  /** Null until she was given one. */
  readonly place: Place | null;
  readonly turn: Turn;
}

/**
 * Only people who ask for a page stand in line. What a script or a program asks, or what somebody hands in, tries for room at
 * once: it cannot come back by itself. Doctors and systems that proved who they are never stand in line, nor does a stranger
 * who had much: what she finds is left over, and nobody waits because of her.
 */
export function standsInLine(
  { asker, method }: Pick<Facts, "asker" | "method">,
  lane: Lane,
  serviceClass: ClassOfService,
  hasHadMuch: boolean,
): boolean {
  if (lane === "clinician" || lane === "machine" || hasHadMuch || asker !== "navigation" || method !== "GET")
    return false;
  return CLASSES_IN_LINE.some((known) => known === serviceClass);
}

/** @returns null, not a promise, for whoever never stands in line */
export function standerOf(
  facts: Facts,
  identity: Identity,
  { serviceClass }: Decision,
  hasHadMuch: boolean,
  desk: Desk,
  sealer: Sealer | null,
  now: number,
): Promise<Stander> | null {
  if (sealer === null || !standsInLine(facts, identity.lane, serviceClass, hasHadMuch)) return null;
  const line = desk.lines.lineFor(serviceClass, now);
  return readPlace(sealer, facts, identity, now).then((place) => standerAt(place, line, now));
}

/** A newcomer stands behind everybody who has a place. */
export function standerAt(place: Place | null, line: Line | null, now: number): Stander {
  return { place, turn: line === null ? { kind: "now" } : turnOf(line, place?.cameAt ?? now) };
}

/** What the page tells her. Whoever found no room without any line has no turn yet. */
export function turnTold({ place, turn }: Stander): Turn {
  return place === null && turn.kind === "now" ? { kind: "unknown" } : turn;
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
  countStander(stander, serviceClass, desk.lines, now);
  return placeCookie(sealer, facts, identity, { cameAt: stander.place?.cameAt ?? now, shownAt: now });
}

/** Whoever has to wait is given a place, or comes back with hers. */
export function countStander({ place, turn }: Stander, serviceClass: ClassOfService, lines: LineAtEdge, now: number) {
  if (place === null) lines.noteNewcomer(serviceClass);
  else lines.noteReturn(serviceClass, place, turn, now);
}

/**
 * The line of the waiting room, for one class of service at one site: who came first is served first. Its whole state is how
 * far the line has been served, as a time of arrival, and how fast that moves; a visitor's place is her own time of arrival,
 * in her cookie. So nobody is stored, however many wait. Pure; time is passed in.
 *
 * How fast it may move: as many people a second as the class has room for, divided by how densely people stand at the head of
 * the line. What one of them wants of the origin is learned on the way. How many stand there is counted by their reloads (Little's law: arrivals a second × time between them);
 * who does not come back is not counted, so a bot that takes places and throws them away holds up nobody for long. Only for
 * the last moments, out of which nobody can have come back yet, the places given count.
 *
 * Accepted trade-off: reloads tell of what was half a minute ago, so the line moves too far or not far enough for a while.
 * Whoever is served too early finds no room at the origin and tries again before others: admission, not this, protects it.
 */
import type { ClassOfService } from "../policy/tables.ts";

/** The classes whose people stand in line; P0 and P1 never do. */
export const CLASSES_IN_LINE = [2, 3] as const satisfies readonly ClassOfService[];

/** What isolates saw of one class's people since they last reported. */
export interface LineCount {
  /** Pages that were asked for and tried to get room, and those of them that found none. */
  readonly tried: number;
  readonly refused: number;
  /** Places given. */
  readonly came: number;
  /** Seconds since each was last seen, summed over those who came back: of the next in line, and of those whose turn has come. */
  readonly nextS: number;
  readonly overdueS: number;
  /** Up to where they think the line is served, ms since 1970; 0 when they know of no line. */
  readonly servedUpTo: number;
}

export const NOBODY: LineCount = { tried: 0, refused: 0, came: 0, nextS: 0, overdueS: 0, servedUpTo: 0 };

export function addCounts(a: LineCount, b: LineCount): LineCount {
  return {
    tried: a.tried + b.tried,
    refused: a.refused + b.refused,
    came: a.came + b.came,
    nextS: a.nextS + b.nextS,
    overdueS: a.overdueS + b.overdueS,
    servedUpTo: Math.max(a.servedUpTo, b.servedUpTo),
  };
}

/** A line as the edge knows it. No line: whoever comes tries for room at once. */
export interface Line {
  /** Whoever came no later than this has her turn, ms since 1970. */
  readonly servedUpTo: number;
  /** How far that moves, seconds of arrival a second. */
  readonly speed: number;
}

/** A line as the watch keeps it. People are means over the last seconds. */
export interface LineState extends Line {
  /** What one visitor wants of the origin when her turn comes: pages, their parts, the next clicks. Cost units, learned. */
  readonly unitsPerPerson: number;
  readonly came: number;
  readonly next: number;
  readonly overdue: number;
}

/** The head of the line: those who came within this after whoever is served now. */
export const HEAD_MS = 10_000;
/** Out of these last moments nobody can have come back yet. */
const FRESH_MS = 40_000;
/** Where learning begins, how far it may go, and how fast, per second: slowly, as its effects show after a reload. */
const UNITS_PER_PERSON_FIRST = 5;
const UNITS_PER_PERSON_MIN = 1;
const UNITS_PER_PERSON_MAX = 100;
const LEARN = 0.01;
/** Until whoever's turn has come looks again, seconds: the mean. */
const SHOWS_UP_S = 28;
/** Below this share of its room a class has room left. */
const FULL_SHARE = 0.8;
/** A line begins when so many found no room, and so much of those who tried. */
const REFUSED_MIN = 3;
const REFUSED_SHARE = 0.1;
/** How fast means follow, per second. */
const FOLLOW = 0.1;
const CAUGHT_UP_MS = 2000;

/** What a class may have of the origin, and what it wanted of it lately, cost units a second. */
export interface Room {
  readonly units: number;
  readonly wanted: number;
}

/**
 * @param seconds since the last call
 * @returns null when there is no line
 */
export function moveLine(
  before: LineState | null,
  count: LineCount,
  room: Room,
  seconds: number,
  now: number,
): LineState | null {
  if (before === null) {
    if (count.refused < REFUSED_MIN || count.refused < REFUSED_SHARE * count.tried) return null;
    const came = count.came / seconds;
    return beginLine(now - CAUGHT_UP_MS - seconds * 1000, came, room);
  }
  const follow = 1 - (1 - FOLLOW) ** seconds;
  const mean = (old: number, fresh: number): number => old + (fresh / seconds - old) * follow;
  const came = mean(before.came, count.came);
  const next = mean(before.next, count.nextS);
  const overdue = mean(before.overdue, count.overdueS);

  // Those whose turn has come and who found no room come again before anybody else's turn comes.
  const bears = room.units / before.unitsPerPerson;
  const again = overdue / SHOWS_UP_S;
  const people = Math.max(0, bears - again) * seconds;
  const perSecond = now - before.servedUpTo < FRESH_MS ? came : (next * 1000) / HEAD_MS;
  const stepMs = Math.min(HEAD_MS * seconds, (people / Math.max(perSecond, 1e-3)) * 1000);
  const servedUpTo = before.servedUpTo + stepMs;
  if (servedUpTo >= now - CAUGHT_UP_MS) return null;
  const speed = before.speed + (stepMs / 1000 / seconds - before.speed) * follow;
  const unitsPerPerson = learn(before.unitsPerPerson, again > bears / 4, room, seconds);
  return { servedUpTo, speed, unitsPerPerson, came, next, overdue };
}

/** @param came people a second who stand in it already */
export function beginLine(servedUpTo: number, came: number, room: Room): LineState {
  const speed = Math.min(1, room.units / UNITS_PER_PERSON_FIRST / Math.max(came, 1));
  return { servedUpTo, speed, unitsPerPerson: UNITS_PER_PERSON_FIRST, came, next: 0, overdue: 0 };
}

/** Too many in vain: each wants more than was thought. Room left over: each wants less. */
function learn(unitsPerPerson: number, tooMany: boolean, { units, wanted }: Room, seconds: number): number {
  const change = tooMany ? 1 + LEARN : wanted < FULL_SHARE * units ? 1 - LEARN : 1;
  return Math.min(UNITS_PER_PERSON_MAX, Math.max(UNITS_PER_PERSON_MIN, unitsPerPerson * change ** seconds));
}

/** When a visitor's turn comes, as far as anybody can say. */
export type Turn =
  | { readonly kind: "now" }
  | { readonly kind: "in"; readonly minutes: number }
  | { readonly kind: "unknown" };

/** Beyond this an estimate would be a guess. */
const ESTIMATE_MAX_MINUTES = 120;
const STEPS_MINUTES = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, ESTIMATE_MAX_MINUTES];

/** @param cameAt her place in the line, ms since 1970 */
export function turnOf({ servedUpTo, speed }: Line, cameAt: number): Turn {
  if (cameAt <= servedUpTo) return { kind: "now" };
  const minutes = (cameAt - servedUpTo) / 60_000 / Math.max(speed, 1e-9);
  // Rounded up: who is told too little is let down, who is told too much is pleased.
  const step = STEPS_MINUTES.find((most) => minutes <= most);
  return step === undefined ? { kind: "unknown" } : { kind: "in", minutes: step };
}

/** When to look again, seconds; the answer adds jitter. Nobody's page reloads sooner than in 20 s (WCAG 2.2.1). */
export function reloadSeconds(turn: Turn): number {
  switch (turn.kind) {
    case "now":
      return 28;
    case "in":
      return turn.minutes <= 5 ? 28 : 60;
    case "unknown":
      return 60;
  }
}

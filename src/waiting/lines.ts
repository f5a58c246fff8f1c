/** All lines of one site, on both sides of the exchange: as the watch moves them, and as an isolate keeps to them. */
import { CLASS_SHARES, type ClassOfService } from "../policy/tables.ts";
import {
  addCounts,
  beginLine,
  CLASSES_IN_LINE,
  HEAD_MS,
  type Line,
  type LineCount,
  type LineState,
  moveLine,
  NOBODY,
  type Room,
  reloadSeconds,
  type Turn,
} from "./line.ts";
import type { Place } from "./place.ts";

/** By class of service, P0 to P3. */
export type LineCounts = readonly LineCount[];
export type Lines = readonly (Line | null)[];

export function addLineCounts(a: LineCounts | undefined, b: LineCounts | undefined): LineCounts {
  return CLASS_SHARES.map((_, i) => addCounts(a?.[i] ?? NOBODY, b?.[i] ?? NOBODY));
}

/** What the watch needs to know of a site to move its lines. */
export interface SiteLoad {
  /** Wanted from the origin by class of service, cost units since the last report. */
  readonly wanted: readonly number[];
  readonly lines?: LineCounts;
}

/** Reloads are told with jitter: times the mean, at the most. */
const RELOAD_AT_THE_LATEST = 1.3;
/** Without news for so long a line holds up nobody any more. */
const NEWS_HOLD_MS = 60_000;
/** A watch that started less than this ago takes over the lines that the edge still keeps to. */
const LEARNING_MS = 5000;

/** The watch's side. In memory only: after a restart it learns from the isolates how far each line was served. */
export class LineKeeper {
  readonly #startedAt: number;
  #lines: readonly (LineState | null)[] = [null, null, null, null];

  constructor(now: number) {
    this.#startedAt = now;
  }

  /** @param allowedPerSecond what the origin is given now, cost units a second */
  move({ wanted, lines }: SiteLoad, allowedPerSecond: number, seconds: number, now: number): void {
    this.#lines = this.#lines.map((line, i) => {
      const serviceClass = CLASSES_IN_LINE.find((known) => known === i);
      if (serviceClass === undefined) return null;
      const count = lines?.[serviceClass] ?? NOBODY;
      const room = roomFor(serviceClass, wanted, allowedPerSecond, seconds);
      return moveLine(line ?? this.#takenOver(count, room, now), count, room, seconds, now);
    });
  }

  /**
   * Everybody's turn has come. To be called when the posture rises: whoever proved nothing is asked before she stands in line,
   * and thousands of places that a flood took until then must not lie before those who answer.
   */
  disband(): void {
    this.#lines = [null, null, null, null];
  }

  /** Null while it cannot know: the edge keeps to what it knew. */
  orders(now: number): Lines | null {
    const lines = this.#lines.map((line) => line && { servedUpTo: line.servedUpTo, speed: line.speed });
    return now - this.#startedAt < LEARNING_MS && lines.every((line) => line === null) ? null : lines;
  }

  #takenOver({ servedUpTo, came }: LineCount, room: Room, now: number): LineState | null {
    return servedUpTo === 0 || now - this.#startedAt >= LEARNING_MS ? null : beginLine(servedUpTo, came, room);
  }
}

/** What is left to a class when those before it have what they take; at the least what is reserved for it. */
function roomFor(
  serviceClass: ClassOfService,
  wanted: readonly number[],
  allowedPerSecond: number,
  seconds: number,
): Room {
  let taken = 0;
  for (let i = 0; i < serviceClass; i++) taken += (wanted[i] ?? 0) / seconds;
  const units = Math.max(CLASS_SHARES[serviceClass] * allowedPerSecond, allowedPerSecond - taken);
  return { units, wanted: (wanted[serviceClass] ?? 0) / seconds };
}

/** An isolate's side: what it was told, and whom it saw since it last reported. */
export class LineAtEdge {
  #lines: Lines = [];
  #toldAt = 0;
  #counts: LineCount[] = CLASS_SHARES.map(() => NOBODY);

  /**
   * @param lines undefined: no news
   * @param toldAt when the watch said so, ms since 1970
   */
  obey(lines: Lines | null | undefined, toldAt: number): void {
    if (!lines) return;
    this.#lines = lines;
    this.#toldAt = toldAt;
  }

  /** Null when nobody stands in line for this class, or for all that is known lately. */
  lineFor(serviceClass: ClassOfService, now: number): Line | null {
    return now - this.#toldAt < NEWS_HOLD_MS ? (this.#lines[serviceClass] ?? null) : null;
  }

  noteTry(serviceClass: ClassOfService, found: boolean): void {
    this.#add(serviceClass, { ...NOBODY, tried: 1, refused: found ? 0 : 1 });
  }

  noteNewcomer(serviceClass: ClassOfService): void {
    this.#add(serviceClass, { ...NOBODY, came: 1 });
  }

  /**
   * Somebody came back with her place. She stands for the time since she was last seen: who reloads every second is one
   * person all the same, and who shows an old place again counts as no more than one that waits as she is told.
   */
  noteReturn(serviceClass: ClassOfService, { cameAt, shownAt }: Place, turn: Turn, now: number): void {
    const servedUpTo = this.lineFor(serviceClass, now)?.servedUpTo ?? 0;
    const seconds = Math.min(RELOAD_AT_THE_LATEST * reloadSeconds(turn), Math.max(0, now - shownAt) / 1000);
    if (turn.kind === "now") this.#add(serviceClass, { ...NOBODY, overdueS: seconds });
    else if (cameAt - servedUpTo <= HEAD_MS) this.#add(serviceClass, { ...NOBODY, nextS: seconds });
  }

  /** The figures since the last call; starts anew. */
  collect(now: number): LineCounts {
    const counts = CLASS_SHARES.map((_, i) => ({
      ...(this.#counts[i] ?? NOBODY),
      servedUpTo: this.lineFor(i as ClassOfService, now)?.servedUpTo ?? 0,
    }));
    this.#counts = CLASS_SHARES.map(() => NOBODY);
    return counts;
  }

  #add(serviceClass: ClassOfService, count: LineCount): void {
    this.#counts[serviceClass] = addCounts(this.#counts[serviceClass] ?? NOBODY, count);
  }
}

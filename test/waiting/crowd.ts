/** A crowd in front of a site, second by second, with the real line on both sides of a slow exchange. */
import { reloadSeconds, turnOf } from "../../src/waiting/line.ts";
import { LineAtEdge, LineKeeper } from "../../src/waiting/lines.ts";
import type { Place } from "../../src/waiting/place.ts";
import { Random } from "../flood/random.ts";

const CLASS = 3;
const START = Date.UTC(2026, 10, 26, 9);

export interface CrowdPlan {
  readonly seconds: number;
  /** People who come in this second. */
  readonly arrivals: (second: number) => number;
  /** Bots that take a place in this second and never come back. */
  readonly bots?: (second: number) => number;
  /** What the origin has for this class, units a second. */
  readonly units: number;
  /** What a visitor takes of it, spread over her first ten seconds; the line expects 5. */
  readonly unitsPerPerson?: number;
  /** Second in which the watch restarts and forgets. */
  readonly restartAt?: number;
}

export interface Served {
  /** Seconds since the beginning. */
  readonly cameAt: number;
  readonly servedAt: number;
  /** What her first page promised, seconds; null when it could not say. */
  readonly told: number | null;
}

export interface CrowdResult {
  readonly served: readonly Served[];
  readonly stillWaiting: number;
  /** Of what the origin had while people waited, what was used. */
  readonly used: number;
  /** Reloads of people whose turn had come and who found no room, for each who was served. */
  readonly inVain: number;
  readonly lineOpenAtEnd: boolean;
}

interface Person {
  readonly cameAt: number;
  place: Place | null;
  told: number | null;
  looksAt: number;
}

export function crowd(plan: CrowdPlan): CrowdResult {
  const random = new Random(7);
  const edge = new LineAtEdge();
  let keeper = new LineKeeper(START - 60_000);
  let people: Person[] = [];
  const served: Served[] = [];
  const load = new Array<number>(plan.seconds + 20).fill(0);
  let [used, had, inVain] = [0, 0, 0];
  for (let second = 0; second < plan.seconds; second++) {
    const now = START + second * 1000;
    if (second === plan.restartAt) keeper = new LineKeeper(now);
    for (let i = 0; i < plan.arrivals(second); i++)
      people.push({ cameAt: second, place: null, told: null, looksAt: second });
    for (let i = 0; i < (plan.bots?.(second) ?? 0); i++) edge.noteNewcomer(CLASS);
    let room = plan.units - (load[second] ?? 0);
    let wanted = load[second] ?? 0;
    const waitedFor = people.length > 0;
    const staying: Person[] = [];
    for (const person of people) {
      if (person.looksAt > second) {
        staying.push(person);
        continue;
      }
      const line = edge.lineFor(CLASS, now);
      const turn = line === null ? { kind: "now" as const } : turnOf(line, person.place?.cameAt ?? now);
      if (turn.kind === "now") {
        wanted++;
        const found = room >= 1;
        edge.noteTry(CLASS, found);
        if (found) {
          room--;
          const rest = ((plan.unitsPerPerson ?? 5) - 1) / 10;
          for (let later = 1; later <= 10; later++) load[second + later] = (load[second + later] ?? 0) + rest;
          load[second] = (load[second] ?? 0) + 1;
          served.push({ cameAt: person.cameAt, servedAt: second, told: person.told });
          continue;
        }
        if (person.place !== null) inVain++;
      }
      if (person.place === null) edge.noteNewcomer(CLASS);
      else edge.noteReturn(CLASS, person.place, turn, now);
      person.place = { cameAt: person.place?.cameAt ?? now, shownAt: now };
      person.told ??= turn.kind === "in" ? turn.minutes * 60 : null;
      person.looksAt = second + Math.round(Math.max(20, reloadSeconds(turn) * (0.7 + 0.6 * random.fraction())));
      staying.push(person);
    }
    people = staying;
    if (waitedFor) {
      had += plan.units;
      used += Math.min(plan.units, load[second] ?? 0);
    }
    keeper.move({ wanted: [0, 0, 0, wanted], lines: edge.collect(now) }, plan.units, 1, now);
    edge.obey(keeper.orders(now), now);
  }
  const lineOpenAtEnd = edge.lineFor(CLASS, START + plan.seconds * 1000) !== null;
  return { served, stillWaiting: people.length, used: used / had, inVain: inVain / served.length, lineOpenAtEnd };
}

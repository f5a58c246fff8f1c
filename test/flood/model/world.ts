/** How large the world is that a flood plays in: where isolates stand, how far it is to the objects, who works how fast. */
import { COUNTERS, DIFFICULTIES, meanHashes } from "../../../src/challenge/difficulty.ts";

export interface World {
  readonly locations: number;
  /** In all of these locations together. */
  readonly isolates: number;
  /** Isolates of a location that one address's connections reach. */
  readonly isolatesPerClient: number;
  /** The clinic as it is written is a quarter of the country. */
  readonly clinics: number;
  /** Whether messages travel the world or stay on one computer. */
  readonly distances: "world" | "one computer";
  readonly solving: Solving;
}

/** What it takes to solve a puzzle. */
export interface Solving {
  /** Mean time of one puzzle, ms, for those who solve as a browser does and for a program written for it. */
  readonly browserMs: number;
  readonly programMs: number;
  /** True when all browsers of a crew have one computer together, as in the real clock; a program always has one. */
  readonly isShared: boolean;
  /** Puzzles that may wait in line for a shared one. */
  readonly waitingMax: number;
}

/** Measured, see difficulty.ts: the page's own loop on a desktop core, and a native one. */
export const BROWSER_MS_PER_HASH = 0.00014;
export const NATIVE_MS_PER_HASH = 0.0000165;
/** Both kinds are given half a core. */
const DUTY = 0.5;
const HASHES = meanHashes(DIFFICULTIES.normal);

/** 300 locations and 5,000 isolates: the size of the network that will meet the flood. */
export const WHOLE_WORLD: World = {
  locations: 300,
  isolates: 5000,
  isolatesPerClient: 2,
  clinics: 4,
  distances: "world",
  solving: {
    browserMs: HASHES * BROWSER_MS_PER_HASH,
    programMs: (HASHES * NATIVE_MS_PER_HASH) / DUTY,
    isShared: false,
    waitingMax: 1000,
  },
};

/** What the real clock runs on: the same four locations, one computer, solvers with half a core each. */
export function oneComputer(edges: number): World {
  const ms = (HASHES * BROWSER_MS_PER_HASH) / DUTY;
  return {
    locations: Math.min(4, edges),
    isolates: edges,
    isolatesPerClient: edges,
    clinics: 1,
    distances: "one computer",
    // Between two searches of a puzzle the real solver's messages take their time too.
    solving: { ...WHOLE_WORLD.solving, browserMs: ms + COUNTERS, isShared: true, waitingMax: 20 },
  };
}

/** Isolates of one location stand side by side. */
export function firstIsolateOf(location: number, { locations, isolates }: Pick<World, "locations" | "isolates">) {
  return Math.floor((location * isolates) / locations);
}

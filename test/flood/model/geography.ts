/**
 * Where things are and how long news travels between them: one-way delays in ms, seeded.
 *
 * Neither Cloudflare nor its documentation states delays between locations; these are light in fibre (200 km/ms) over
 * about 1.5 times the distance to central Europe, where jurisdiction "eu" keeps the Durable Objects, plus 2 ms in switches.
 */
import type { Random } from "../random.ts";
import type { World } from "./world.ts";

/** Regions of the world: share of the locations, and one-way ms to the objects from where it is nearest and farthest. */
const REGIONS = [
  { share: 0.25, nearMs: 3, farMs: 22 }, // Europe
  { share: 0.25, nearMs: 45, farMs: 80 }, // North America
  { share: 0.3, nearMs: 60, farMs: 120 }, // Asia, Middle East
  { share: 0.1, nearMs: 90, farMs: 120 }, // South America
  { share: 0.1, nearMs: 50, farMs: 150 }, // Africa, Oceania
] as const;

/** Riga, Tallinn, Vilnius, Helsinki to Frankfurt: 8 to 12 ms one way. */
const HOME_MS = 10;
/** Shards and watch lie in different cities of one jurisdiction. */
const BETWEEN_OBJECTS_MS = [1, 15] as const;
/** Every so many messages meet a lost packet or a busy link, and take this many times as long, at least so many ms more. */
const SLOW_SHARE = 0.01;
const SLOW_TIMES = 4;
const SLOW_MORE_MS = 200;
const JITTER_SHARE = 0.1;

/**
 * "First use of a named object does a round-the-world uniqueness check, up to a few hundred milliseconds; afterwards the
 * location is cached" (Cloudflare, Durable Objects, namespace). Cached is taken to mean: by location.
 */
const FIRST_LOOKUP_MS = [100, 300] as const;

/** Between two Workers of one miniflare: a message takes about as long, one way. */
const ON_ONE_COMPUTER_MS = 1;

export class Geography {
  readonly #toObjects: Float64Array;
  readonly #random: Random;
  readonly #betweenObjects: Float64Array;
  readonly #objects: number;
  readonly #isWorld: boolean;
  /** What the first call from a location to an object takes longer. */
  readonly firstLookupMs: readonly [number, number];

  /**
   * @param locations how many cities; the first `home` of them are near the hospitals
   * @param objects shards and the watch, the last of them
   */
  constructor(locations: number, home: number, objects: number, distances: World["distances"], random: Random) {
    this.#random = random;
    this.#objects = objects;
    this.#isWorld = distances === "world";
    this.firstLookupMs = this.#isWorld ? FIRST_LOOKUP_MS : [0, 0];
    this.#toObjects = Float64Array.from({ length: locations }, (_, location) => {
      if (!this.#isWorld) return ON_ONE_COMPUTER_MS;
      if (location < home) return HOME_MS;
      const region = random.pickByShare(REGIONS);
      return random.between(region.nearMs, region.farMs);
    });
    this.#betweenObjects = Float64Array.from({ length: objects * objects }, () =>
      this.#isWorld ? random.between(BETWEEN_OBJECTS_MS[0], BETWEEN_OBJECTS_MS[1]) : ON_ONE_COMPUTER_MS,
    );
  }

  /** One way between a location and an object. */
  toObjectMs(location: number): number {
    return this.#travelled(this.#toObjects[location] ?? 0);
  }

  betweenObjectsMs(a: number, b: number): number {
    // Both ways take as long.
    const from = Math.min(a, b);
    const to = Math.max(a, b);
    return this.#travelled(this.#betweenObjects[from * this.#objects + to] ?? 0);
  }

  #travelled(ms: number): number {
    if (!this.#isWorld) return ms;
    const jittered = ms * (1 + JITTER_SHARE * this.#random.fraction());
    return this.#random.fraction() < SLOW_SHARE ? jittered * SLOW_TIMES + SLOW_MORE_MS : jittered;
  }
}

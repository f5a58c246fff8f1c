/** What the model is given: a flood at its full size, as plain data. */

/** One kind of request. What matters of it is decided by the real `identify` from these lines. */
export interface MixedRequest {
  readonly method: string;
  /** Path and query; what is random in a real flood is one value here, as rules see patterns only. */
  readonly path: string;
  /** Share of the flood; shares need not sum to 1. */
  readonly weight: number;
  /** How it presents itself: decides what may be asked of it. */
  readonly kind: "program" | "browser-like" | "browser";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Networks that sources lie in; shares need not sum to 1. */
export interface SourceNetwork {
  readonly share: number;
  readonly asn: number;
  readonly country: string;
}

/** A corner of the rate over time; straight between corners, the last one holds. Factor 1 is the full rate. */
export interface ShapePoint {
  readonly atS: number;
  readonly factor: number;
}

export interface ModelScenario {
  readonly name: string;
  /** One sentence: what it imitates. */
  readonly about: string;
  readonly sources: number;
  /** Requests per second of one source at a factor of 1, the mean over all. */
  readonly ratePerSource: number;
  /** Sigma of the log-normal spread of the sources' rates; 0 makes them equal. */
  readonly spread: number;
  /** Locations that the flood reaches. An address mostly meets one or two of them. */
  readonly locations: number;
  /** Isolates in all of these locations together. */
  readonly isolates: number;
  /** Isolates that one source's connections reach, spread over two locations as anycast does. */
  readonly isolatesPerSource: number;
  /** How many sources share a /24, side by side. */
  readonly sourcesPerPrefix: number;
  readonly networks: readonly SourceNetwork[];
  /** Seconds of calm before, seconds of flood, seconds of calm after. */
  readonly calmS: number;
  readonly floodS: number;
  readonly afterS: number;
  /** Over the seconds of the flood. */
  readonly shape: readonly ShapePoint[];
  readonly mix: readonly MixedRequest[];
  /** Whether its sources solve puzzles, and keep and use what they earn. */
  readonly solves: boolean;
  /** A control: people, not attackers; they reach the service or the scenario fails. */
  readonly people: boolean;
}

/** Share of the full rate at a time of the flood, s. */
export function factorAt(shape: readonly ShapePoint[], seconds: number): number {
  let before = shape[0];
  if (before === undefined) return 1;
  if (seconds <= before.atS) return before.factor;
  for (const point of shape) {
    if (seconds < point.atS) {
      const part = (seconds - before.atS) / (point.atS - before.atS);
      return before.factor + part * (point.factor - before.factor);
    }
    before = point;
  }
  return before.factor;
}

/** The highest factor that a shape reaches. */
export function highestFactor(shape: readonly ShapePoint[]): number {
  return shape.reduce((highest, { factor }) => Math.max(highest, factor), shape.length === 0 ? 1 : 0);
}

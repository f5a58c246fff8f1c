/**
 * The result of one run, judged from outside: what was sent is known by who sent it, what became of it by the answers.
 * The names are relied upon by others; more may be added. Shares are 0 to 1, all else counts, ms or requests per second.
 * What is not known is null, never a guess.
 */
export interface FloodResult {
  readonly scenario: string;
  readonly seed: number;
  /** By how much sources and rates were divided. */
  readonly scale: number;
  /** `real`: real workerd and real bytes. `model`: the same decisions under a virtual clock at full scale. */
  readonly clock: "real" | "model";
  readonly shield: boolean;
  readonly isolates: number;
  readonly durationS: number;
  /** When the attack began and ended, s from the start. */
  readonly attackS: readonly [number, number];
  /** False when the generator, not the shield, was the bottleneck: then the figures prove nothing. */
  readonly sound: boolean;
  /** Why it is not sound, or why it ended early; "" otherwise. */
  readonly remark: string;
  readonly clinicians: GroupResult;
  readonly residents: GroupResult;
  readonly machines: GroupResult & { readonly htmlOrRedirects: number | null };
  readonly attackers: {
    readonly requests: number;
    readonly reachedOrigin: number;
    /** 1 − reachedOrigin ÷ requests, after the first 30 s of attack. */
    readonly stopped: number | null;
    readonly stoppedFirst30s: number | null;
    readonly solved: number;
    /** How they were stopped, by Shield-Mitigated. */
    readonly byAnswer: Readonly<Record<string, number>>;
  };
  /** Null when no source that has a budget of its own was well over it. */
  readonly overAdmission: OverAdmission | null;
  readonly origin: {
    readonly capacityRps: number;
    readonly peak1sRps: number;
    readonly peak10sRps: number;
    readonly meanRps: number;
    /** Mean in the calm before the attack. */
    readonly baselineRps: number | null;
  };
  readonly times: {
    readonly detectedAfterMs: number | null;
    readonly mitigatedAfterMs: number | null;
    readonly recoveredAfterMs: number | null;
  };
  readonly durableObjects: {
    readonly calls: number | null;
    readonly callsPerIsolateSecond: number | null;
    /** Null below 5,000 requests per second. */
    readonly callsPer1000AttackRequests: number | null;
    readonly peakCallsPerShardPerSecond: number | null;
  };
  readonly postsLost: number | null;
  /** Forms and messages that somebody believes sent; null where the model keeps none. */
  readonly postsSent: number | null;
  readonly verdict: string | null;
  readonly rules: readonly {
    readonly name: string;
    readonly matched: number;
    readonly ofWhichClinicians: number | null;
  }[];
  readonly series: readonly SecondOfRun[];
}

/** Of the flood's sources that asked for well more than their budgets held, in requests. */
export interface OverAdmission {
  readonly keys: number;
  readonly asked: number;
  /** What one counter that knows everything at once would have let through. */
  readonly budget: number;
  readonly admitted: number;
  /** Admitted beyond the budget: of each key at its worst moment, summed; and of the worst key. */
  readonly beyondBudget: number;
  readonly worstKey: number;
}

export interface GroupResult {
  readonly requests: number;
  readonly succeeded: number;
  /** Requests after the first 30 s of attack; null when there were none. */
  readonly success: number | null;
  readonly first30s: number | null;
  /** Worst share in any 5 minutes; null in runs under 300 s. */
  readonly worst5min: number | null;
  /** How many requests the shares `first30s` and `success` were taken from. */
  readonly counted: { readonly first30s: number; readonly afterFirst30s: number };
  readonly challenged: number;
  readonly blocked: number;
  readonly tasks: { readonly started: number; readonly completed: number };
  readonly addedLatencyMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  readonly byLane?: Readonly<Record<string, GroupResult>>;
}

/** One second of a run, for the report's pictures. */
export interface SecondOfRun {
  readonly second: number;
  readonly attackers: {
    readonly sent: number;
    readonly reachedOrigin: number;
    readonly stopped: Readonly<Record<string, number>>;
  };
  readonly clinicians: {
    readonly ok: number;
    readonly failed: number;
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
  };
  /** Of the clinicians, those who were signing in. Left out by older results. */
  readonly signingIn?: { readonly ok: number; readonly failed: number };
  readonly residents: { readonly ok: number; readonly failed: number };
  readonly machines: { readonly ok: number; readonly failed: number };
  /** Cost units that reached the origin in this second. */
  readonly originUnits: number;
  /** What the origin bore in this second, where that changed. */
  readonly originCapacity?: number;
  /** What the watch allowed all isolates together to send, cost units a second. */
  readonly originAllowed?: number;
  readonly posture: string | null;
}

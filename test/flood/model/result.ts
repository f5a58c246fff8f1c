/** What a run in model time found. Names as in the result of the other clock; what the model cannot know is null. */
import type { FloodResult, GroupResult, SecondOfRun } from "../result.ts";
import type { KeyReport } from "./key-audit.ts";

export type ModelGroup = Omit<GroupResult, "tasks" | "byLane"> & {
  /** The model knows requests, not tasks. */
  readonly tasks: null;
  readonly byLane?: Readonly<Record<string, ModelGroup>>;
};

type Shared = Omit<
  FloodResult,
  "clock" | "clinicians" | "residents" | "machines" | "postsLost" | "verdict" | "rules" | "series"
>;

export interface ModelResult extends Shared {
  readonly clock: "model";
  readonly clinicians: ModelGroup;
  readonly residents: ModelGroup;
  readonly machines: ModelGroup & { readonly htmlOrRedirects: null };
  readonly postsLost: null;
  readonly verdict: null;
  readonly rules: readonly { readonly name: string; readonly matched: number; readonly ofWhichClinicians: null }[];
  readonly series: readonly SecondOfRun[];
  readonly model: ModelFigures;
}

export interface ModelFigures {
  readonly locations: number;
  readonly sources: number;
  /** Isolates that had any request. */
  readonly isolatesAwake: number;
  /** Identical requests that one event stood for. */
  readonly batch: number;
  readonly overAdmission: {
    /** Keys of which a fifth more was asked than their budget held. */
    readonly keys: number;
    /** By units beyond the budget. */
    readonly worst: KeyReport | null;
    /** Largest share of its own bound that any key used; above 1 the bound is broken. */
    readonly worstShareOfBound: number | null;
    readonly keysBeyondBound: number;
    readonly keysBeyondProvenBound: number;
    readonly admittedUnits: number;
    readonly budgetUnits: number;
  };
  /** Seconds from a key's first request over its budget until every isolate that it goes on to ask has heard of it. */
  readonly newsS: {
    /** Keys of which the run was long enough to tell. */
    readonly keys: number;
    readonly p50: number | null;
    readonly p99: number | null;
    readonly max: number | null;
    /** Keys of which some isolate had not heard after 5 s. */
    readonly notEverywhere: number;
  };
  readonly exchange: {
    readonly calls: number;
    readonly perIsolateSecond: number;
    readonly keysPerCall: number;
    readonly merges: number;
    readonly reports: number;
    readonly puzzlesSpent: number;
    readonly refused: number;
    readonly failedHandovers: number;
    readonly perShardSecond: { readonly mean: number; readonly peak: number };
    readonly watchPeakPerSecond: number;
    readonly busiestShardShare: number;
    readonly longestQueueMs: number;
  };
  /** From the start of the flood, ms. */
  readonly elevated: {
    readonly watchMs: number | null;
    readonly halfOfIsolatesMs: number | null;
    readonly nearlyAllIsolatesMs: number | null;
  };
  /** Cost units per second, as capacity is counted; over the flood. */
  readonly originUnits: {
    readonly mean: number;
    readonly peak1s: number;
    readonly peak10s: number;
    readonly first10s: number;
  };
  /** Answered from the edge's own copies. */
  readonly kept: number;
  readonly memory: {
    /** Tallies as the model holds them: sized for what each isolate sees. */
    readonly ledgerBytes: number;
    /** A tally as production holds it, whatever it sees. */
    readonly tallyBytesInProduction: number;
    readonly modelRssBytes: number;
  };
  /** Real `decide` against memoised verdicts, when asked for. */
  readonly memoised: { readonly compared: number; readonly different: number } | null;
  readonly wallS: number;
}

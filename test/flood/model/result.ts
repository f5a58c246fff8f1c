/** What a run in model time found: the result that every clock gives, and what only a model can look into. */
import type { FloodResult } from "../result.ts";
import type { KeyReport } from "./key-audit.ts";

export interface ModelResult extends FloodResult {
  readonly clock: "model";
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
    readonly strictGrants: number;
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

/** One second of a run as it goes on, whatever the clock. */
export interface LiveSecond {
  readonly second: number;
  readonly phase: "calm" | "attack" | "after";
  readonly sent: number;
  readonly stopped: number;
  readonly originUnits: number;
  readonly posture: string | null;
  /** Since the run began. */
  readonly clinicians: { readonly ok: number; readonly all: number };
}

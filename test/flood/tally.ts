/** What happened in one run: counted as it happens, read each second for the progress line and once for the report. */

/** Values of `Shield-Mitigated`: answers that are not the origin's. */
export const STOPPED_BY = ["challenge", "limit", "block", "wait", "closed", "fault"] as const;
export type StoppedBy = (typeof STOPPED_BY)[number];

/** What became of one flood request. */
export type AttackOutcome =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "stopped"; readonly by: StoppedBy }
  /** Reset, or no answer within the attacker's patience. Counted as having reached the origin. */
  | { readonly kind: "unanswered" };

export class AttackTally {
  sent = 0;
  /** Answers of the origin with a status of 2xx or 3xx: the flood got what it asked for. */
  served = 0;
  /** Other answers of the origin: it was asked, and failed or refused. */
  failed = 0;
  unanswered = 0;
  /** Not sent, as every connection of its source was still waiting: the generator offers less than it should. */
  heldBack = 0;
  readonly stopped: Record<StoppedBy, number> = { challenge: 0, limit: 0, block: 0, wait: 0, closed: 0, fault: 0 };

  note(outcome: AttackOutcome): void {
    switch (outcome.kind) {
      case "answered":
        if (outcome.status < 400) this.served++;
        else this.failed++;
        return;
      case "stopped":
        this.stopped[outcome.by]++;
        return;
      case "unanswered":
        this.unanswered++;
        return;
    }
  }

  /** Stopped by the shield, in all its ways. */
  get stoppedInAll(): number {
    return STOPPED_BY.reduce((sum, by) => sum + this.stopped[by], 0);
  }

  get reachedOrigin(): number {
    return this.served + this.failed + this.unanswered;
  }

  /** Requests that have an outcome. */
  get settled(): number {
    return this.stoppedInAll + this.reachedOrigin;
  }
}

/** One page that a doctor asked for: redirects, a challenge and reloads included. */
export interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly tookMs: number;
  /** Why not, for the log: a status, a kind of answer or a failure. "" when it went well. */
  readonly why: string;
  readonly challenged: boolean;
}

/** A prescription that a doctor sent off. */
export interface Prescription {
  /** Written into it, unlike any other of the run. */
  readonly mark: string;
  /** She saw it in the portal's list. */
  confirmed: boolean;
}

export class DoctorTally {
  tasksStarted = 0;
  tasksCompleted = 0;
  /** The flood ended before the task did: neither completed nor failed. */
  tasksCutShort = 0;
  signInsWanted = 0;
  signedIn = 0;
  readonly steps: Step[] = [];
  readonly prescriptions: Prescription[] = [];

  /** What went before was rehearsal. */
  startAnew(): void {
    this.signInsWanted = 0;
    this.signedIn = 0;
    this.steps.length = 0;
  }

  get stepsOk(): number {
    return this.steps.filter(({ ok }) => ok).length;
  }

  get challenges(): number {
    return this.steps.filter(({ challenged }) => challenged).length;
  }

  /** Milliseconds within which the given share of the pages that came as asked had come; null when none did. */
  latencyMs(share: number): number | null {
    const well = this.steps.filter(({ ok }) => ok);
    const sorted = well.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}

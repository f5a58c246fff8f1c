/** What happened in a run, noted as it happens, by who sent it. Times in ms since the run began. */

/** Who asked for something legitimate. */
export type Group = "clinicians" | "residents" | "machines" | "robots";

/** One thing that somebody wanted: a page with its redirects and reloads, or a call with its retries. */
export interface Wish {
  readonly group: Group;
  readonly lane: string;
  readonly atMs: number;
  readonly tookMs: number;
  readonly ok: boolean;
  /** Why not: a status, a kind of answer, or what failed. "" when it went well. */
  readonly why: string;
  readonly challenged: boolean;
  /** The shield blocked a request of it. */
  readonly blocked: boolean;
  /** The shield answered any request of it itself. */
  readonly mitigated: boolean;
  /** HTTP requests of it that the origin answered. */
  readonly answeredByOrigin: number;
}

export interface FloodSecond {
  sent: number;
  /** Answered, and not by the shield. */
  answered: number;
  /** Reset by the attacker, or no answer within his patience. */
  unanswered: number;
  readonly stopped: Record<string, number>;
}

export class Journal {
  readonly wishes: Wish[] = [];
  readonly floodSeconds: FloodSecond[] = [];
  readonly tasks = new Map<string, { started: number; completed: number }>();
  /** Prescriptions that somebody believes sent, by a text that only they have. */
  readonly believedSent: string[] = [];
  /** HTML or redirects that machines were given. */
  htmlOrRedirects = 0;
  clearancesBought = 0;
  /** Not sent, as every connection of the source was still waiting. */
  heldBack = 0;
  firstMitigatedAtMs: number | null = null;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  nowMs(): number {
    return this.#now();
  }

  /** @param times so many alike at once */
  noteSent(times = 1): FloodSecond {
    const second = Math.floor(this.#now() / 1000);
    for (let n = this.floodSeconds.length; n <= second; n++)
      this.floodSeconds.push({ sent: 0, answered: 0, unanswered: 0, stopped: {} });
    const now = this.floodSeconds[second];
    if (now === undefined) throw new RangeError("a run has no time before its beginning");
    now.sent += times;
    return now;
  }

  /** @param sentIn the second in which it was sent: outcomes belong to it. @param mitigated "" when the origin answered; null without an answer */
  noteOutcome(sentIn: FloodSecond, mitigated: string | null, times = 1): void {
    if (mitigated === null) sentIn.unanswered += times;
    else if (mitigated === "") sentIn.answered += times;
    else {
      sentIn.stopped[mitigated] = (sentIn.stopped[mitigated] ?? 0) + times;
      this.firstMitigatedAtMs ??= this.#now();
    }
  }

  noteTask(group: Group, what: "started" | "completed"): void {
    const tasks = this.tasks.get(group) ?? { started: 0, completed: 0 };
    tasks[what]++;
    this.tasks.set(group, tasks);
  }
}

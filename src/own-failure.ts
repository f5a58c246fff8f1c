/** What is left to do when the shield itself fails: to write it down, and to go by the little that is known. */
import type { Identity } from "./identity/identity.ts";
import type { CompiledRoute } from "./policy/policy.ts";
import { REASONS } from "./policy/reasons.ts";
import { CLASS_OF_SERVICE } from "./policy/tables.ts";
import type { Decision } from "./policy/verdict.ts";

/** Where every request fails a line for each would make a bill of a flood: an isolate says so at once, then this seldom. */
const TELL_EVERY_MS = 10_000;

/** A line for the log. */
export interface OwnFailureLine {
  readonly event: "own-failure";
  /** Its name only: a message may hold what people typed. */
  readonly error: string;
  /** How many there were since the last line, this one included. */
  readonly times: number;
}

/** What is told of the failures of one isolate. */
export class OwnFailures {
  #times = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @returns what is to be told now; null: not yet */
  note(error: unknown, now: number): OwnFailureLine | null {
    this.#times++;
    if (now - this.#toldAt < TELL_EVERY_MS) return null;
    const line = { event: "own-failure", error: nameOf(error), times: this.#times } as const;
    this.#times = 0;
    this.#toldAt = now;
    return line;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

const failures = new OwnFailures();

export function noteOwnFailure(error: unknown): void {
  const line = failures.note(error, Date.now());
  if (line) console.error(line);
}

/** Not even who asks for what was found out: there is no table to ask, and nobody to forward for. */
export function worstCase(error: unknown): Response {
  noteOwnFailure(error);
  const headers = {
    "Shield-Mitigated": "closed",
    "Retry-After": "10",
    "Cache-Control": "no-store",
    "Content-Type": "text/plain",
  };
  return new Response("Service unavailable\n", { status: 503, headers });
}

/** Where deciding itself failed: the route is all that the table of failures needs to know. */
export function undecided(route: CompiledRoute, { lane }: Identity): Decision {
  const serviceClass = CLASS_OF_SERVICE[lane][route.importance];
  const verdict = { kind: "allow" } as const;
  return { verdict, reason: REASONS.ownFailure, route, serviceClass, charges: [], standsUntil: null, observed: [] };
}

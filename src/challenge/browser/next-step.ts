/** What our script does with an answer to a request of the portal's own scripts. Pure. */

export interface Answered {
  readonly status: number;
  /** Shield-Mitigated and Retry-After; null where absent. */
  readonly mitigated: string | null;
  readonly retryAfter: string | null;
}

/** What was done for this request already. */
export interface Spent {
  readonly proofs: number;
  readonly waits: number;
}

export type Step =
  | { readonly kind: "deliver" } // it is the page's
  | { readonly kind: "prove" }
  | { readonly kind: "wait"; readonly ms: number };

const MOST_PROOFS = 1;
const MOST_WAITS = 2;
/** Beyond it a page had better tell its visitor. */
const LONGEST_WAIT_S = 30;

/** RFC 9110 section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Bounded for every request: one proof and two waits. Only answers of the shield are acted on, never the portal's. */
export function nextStep({ status, mitigated, retryAfter }: Answered, method: string, spent: Spent): Step {
  if (isChallenge(status, mitigated)) return spent.proofs < MOST_PROOFS ? { kind: "prove" } : { kind: "deliver" };
  const seconds = Number(retryAfter);
  const passing = mitigated !== null && (status === 429 || status === 503) && seconds > 0 && seconds <= LONGEST_WAIT_S;
  return passing && IDEMPOTENT.has(method) && spent.waits < MOST_WAITS
    ? { kind: "wait", ms: seconds * 1_000 }
    : { kind: "deliver" };
}

export function isChallenge(status: number, mitigated: string | null): boolean {
  return status === 403 && mitigated === "challenge";
}

/** Methods of which a redirect has changed nothing that a second request could do twice. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

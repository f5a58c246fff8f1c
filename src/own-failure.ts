/** What is left to do when the shield itself fails: to write it down, and to go by the little that is known. */
import type { Identity } from "./identity/identity.ts";
import type { CompiledRoute } from "./policy/policy.ts";
import { REASONS } from "./policy/reasons.ts";
import { CLASS_OF_SERVICE } from "./policy/tables.ts";
import type { Decision } from "./policy/verdict.ts";

/** Names only: a message may hold what people typed. */
export function noteOwnFailure(error: unknown): void {
  console.error({ event: "own-failure", error: error instanceof Error ? error.name : typeof error });
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

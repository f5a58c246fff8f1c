/** What the shield knows of a client, in words for whoever connects it. Pure. */
import type { Identity } from "../identity/identity.ts";
import type { Facts } from "../request/facts.ts";

/** A name, the same in every format, and what there is under it; null: nothing. */
export type Finding = readonly [name: string, value: string | number | null];

const DAY_MS = 86_400_000;

/** @param clientTime what the client says that its clock shows, ms since 1970; a signed time counts more */
export function findings(
  { certificate, host }: Facts,
  { lane, principal, evidence, proof, refusal, facility }: Identity,
  clientTime: number | null,
  now: number,
): readonly Finding[] {
  const skewMs = proof?.clockSkewMs ?? refusal?.clockSkewMs ?? (clientTime === null ? null : clientTime - now);
  const certificateEnds = certificate?.expiresAt ?? null;
  return [
    ["host", host],
    ["lane", lane],
    ["principal", principal],
    ["proven_by", principal === null ? null : evidence],
    ["proof_expires", timeOf(proof?.expiresAt ?? null)],
    ["refused", refusal?.proof ?? null],
    ["refused_because", refusal?.why ?? null],
    ["certificate_expires", timeOf(certificateEnds)],
    ["certificate_days_left", certificateEnds === null ? null : Math.floor((certificateEnds - now) / DAY_MS)],
    ["facility", facility?.name ?? null],
    ["server_time", timeOf(now)],
    ["clock_skew_seconds", skewMs === null ? null : Math.round(skewMs / 1000)],
  ];
}

function timeOf(ms: number | null): string | null {
  return ms === null || Number.isNaN(new Date(ms).getTime()) ? null : new Date(ms).toISOString();
}

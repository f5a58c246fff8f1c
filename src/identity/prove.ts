/**
 * `prove`: from what a request presents to who is asking. Cryptography only; the one remote wait is for an issuer's first
 * keys (jwks.ts). The strongest proof wins; one that fails counts as nothing, so a forged cookie leaves its bearer where
 * she was.
 */
import { readClearance, renewed, shareOf } from "../challenge/clearance.ts";
import { networksOf } from "../challenge/network.ts";
import { registrationOf } from "../policy/compile.ts";
import { LANE_WITHOUT_PROOF } from "../policy/failures.ts";
import type { Policy } from "../policy/policy.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import type { Evidence, Identity, Lane, ProofFacts, Refusal } from "./identity.ts";
import type { ProofAid, ProofKind } from "./proof.ts";
import { presentsTransaction, readTransaction } from "./transaction.ts";
import { presentsTicket, readVisit } from "./visit.ts";

/** What an isolate proves with. */
export interface Prover {
  /** Null when there is no usable secret: then nothing is accepted and everybody is unknown. */
  readonly sealer: Sealer | null;
  readonly policy: Policy;
  /** The strongest first; none without a secret. */
  readonly proofs: readonly ProofKind[];
  /** Whom an operator called back. */
  readonly revocations: { has(principal: string, now: number): boolean };
}

/** @returns at once, not a promise, where nothing is presented: so it is with nearly all of a flood */
export function prove(facts: Facts, prover: Prover, now: number, aid: ProofAid): Identity | Promise<Identity> {
  const presented = prover.proofs.filter((kind) => kind.presents(facts));
  const { sealer } = prover;
  const nothing = presented.length === 0 && facts.cookies.clearance === "";
  if (sealer === null || (nothing && !presentsTicket(facts) && !presentsTransaction(facts)))
    return identityOf(facts, prover.policy, now, "unknown", "none");
  return proveBy(presented, facts, prover, sealer, now, aid);
}

async function proveBy(
  presented: readonly ProofKind[],
  facts: Facts,
  { policy, revocations }: Prover,
  sealer: Sealer,
  now: number,
  aid: ProofAid,
): Promise<Identity> {
  let device: { readonly principal: string; readonly facts: ProofFacts } | null = null;
  let refusal: Refusal | null = null;
  const visit = presentsTicket(facts) ? await readVisit(sealer, facts, now) : null;
  const transaction = presentsTransaction(facts) ? await readTransaction(sealer, facts, now) : null;
  for (const kind of presented) {
    const checking = kind.check(facts, now, aid);
    const outcome = checking instanceof Promise ? await checking : checking;
    if (outcome.kind === "refused") {
      refusal = toTell(refusal, { proof: kind.name, why: outcome.why, clockSkewMs: outcome.clockSkewMs ?? null });
    } else if (revocations.has(outcome.principal, now)) {
      refusal = toTell(refusal, { proof: kind.name, why: "revoked", clockSkewMs: null });
    } else if (outcome.kind === "proven") {
      const { lane, principal, facts: proof } = outcome;
      return identityOf(facts, policy, now, lane, kind.name, { principal, proof, refusal, visit, transaction });
    } else device = outcome;
  }
  const { clearance: cookie } = facts.cookies;
  const clearance = cookie === "" ? null : await readClearance(sealer, cookie, facts.host, now);
  const known = {
    knownDevice: device !== null,
    device: device?.principal ?? null,
    proof: device?.facts ?? null,
    refusal,
    visit,
    transaction,
  };
  if (clearance !== null) {
    const networks = await networksOf(sealer, facts.address);
    return identityOf(facts, policy, now, "cleared", "clearance", {
      ...known,
      clearance: clearance.id,
      clearanceShare: shareOf(clearance, networks, now),
      renewal: renewed(clearance, networks, now),
    });
  }
  const presentedNothing = presented.length === 0 && cookie === "";
  const evidence = device ? "known-device" : presentedNothing ? "none" : "refused";
  return identityOf(facts, policy, now, LANE_WITHOUT_PROOF, evidence, known);
}

/** A wrong clock can be put right, so it is what the client hears of, whatever else was refused. */
function toTell(before: Refusal | null, next: Refusal): Refusal {
  return before?.why === "clock" ? before : next;
}

function identityOf(
  facts: Facts,
  policy: Policy,
  now: number,
  lane: Lane,
  evidence: Evidence,
  known: Partial<Identity> = {},
): Identity {
  const registered = registrationOf(policy, facts.address, now);
  const holds = registered !== null && now < registered.expiresAt;
  const facility = registered && { name: registered.name, seats: registered.seats };
  return {
    lane,
    principal: null,
    clearance: null,
    clearanceShare: 1,
    renewal: null,
    visit: null,
    transaction: null,
    knownDevice: false,
    device: null,
    facility: holds ? facility : null,
    lapsed: holds ? null : facility,
    evidence,
    proof: null,
    refusal: null,
    ...known,
  };
}

/**
 * `prove`: from what a request presents to who is asking. Cryptography only, no remote wait. The strongest proof wins;
 * one that fails counts as nothing, so a forged cookie leaves its bearer where she was.
 */
import { readClearance, renewed, shareOf } from "../challenge/clearance.ts";
import { networksOf } from "../challenge/network.ts";
import { facilityOf } from "../policy/compile.ts";
import type { Policy } from "../policy/policy.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import type { Evidence, Identity, Lane } from "./identity.ts";
import { readPass } from "./pass.ts";

/** @param sealer null when there is no usable secret: then nothing is accepted and everybody is unknown */
export async function prove(facts: Facts, sealer: Sealer | null, policy: Policy, now: number): Promise<Identity> {
  const facility = facilityOf(policy, facts.address, now);
  const identity = (lane: Lane, evidence: Evidence, known: Partial<Identity> = {}): Identity => ({
    lane,
    principal: null,
    clearance: null,
    clearanceShare: 1,
    renewal: null,
    knownDevice: false,
    facility: facility && { name: facility.name, seats: facility.seats },
    evidence,
    ...known,
  });
  const { pass: passCookie, clearance: clearanceCookie } = facts.cookies;
  if (sealer === null || (passCookie === "" && clearanceCookie === "")) return identity("unknown", "none");

  const pass = passCookie === "" ? null : await readPass(sealer, passCookie, facts.host, now);
  if (pass !== null && now < pass.fullUntil) return identity(pass.lane, "pass", { principal: pass.principal });
  const clearance = clearanceCookie === "" ? null : await readClearance(sealer, clearanceCookie, facts.host, now);
  const knownDevice = pass !== null;
  if (clearance !== null) {
    const networks = await networksOf(sealer, facts.address);
    return identity("cleared", "clearance", {
      clearance: clearance.id,
      clearanceShare: shareOf(clearance, networks, now),
      renewal: renewed(clearance, networks, now),
      knownDevice,
    });
  }
  return identity("unknown", knownDevice ? "known-device" : "refused", { knownDevice });
}

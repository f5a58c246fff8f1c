/** A run in sentences, for whoever reads nothing else. */
import type { FloodResult } from "../result.ts";
import type { Judgement } from "./acceptance.ts";
import { goalsOf } from "./goals.ts";
import { NOT_KNOWN, writeCount, writeDuration, writeLoad, writeShare } from "./wording.ts";

/** The one sentence over a scenario. */
export function headline(result: FloodResult): string {
  const { clinicians, attackers, origin, shield, scenario } = result;
  const load =
    origin.capacityRps > 0
      ? `the load of the portal peaked at ${writeLoad(origin.peak10sRps, origin.capacityRps)} of its capacity`
      : "the load of the portal is not known";
  const isCrowd = goalsOf(scenario).isControl;
  return [
    clinicians.success === null
      ? "How doctors were served after the first 30 s is not known"
      : `Doctors were served ${writeShare(clinicians.success)} of the time${shield ? "" : " without the shield"}`,
    ...(shield && !isCrowd
      ? [
          attackers.stopped === null
            ? "how much of the flood was stopped is not known"
            : `${writeShare(attackers.stopped)} of the flood was stopped before the portal`,
        ]
      : []),
    `${load}.`,
  ].join("; ");
}

/** Both sides in one sentence; "" when either is missing or proves nothing. */
export function comparison(results: readonly FloodResult[]): string {
  const guarded = results.find(({ shield }) => shield);
  const bare = results.find(({ shield }) => !shield);
  if (!guarded?.sound || !bare?.sound) return "";
  const served = ({ clinicians }: FloodResult) => writeShare(clinicians.success);
  const load = ({ origin }: FloodResult) => writeLoad(origin.peak10sRps, origin.capacityRps);
  return `With the shield doctors were served ${served(guarded)}, without it ${served(bare)}. The load of the portal peaked at ${load(guarded)} of its capacity with the shield, at ${load(bare)} without it.`;
}

/** Why the figures may not be trusted; null when they may. */
export function doubt({ sound, remark }: FloodResult): { readonly word: string; readonly reason: string } | null {
  if (!sound)
    return {
      word: "Not sound",
      reason: `These figures prove nothing, neither good nor bad, and no goal is judged by them. ${remark}`.trim(),
    };
  if (remark !== "") return { word: "Partial", reason: `This run is not complete: ${remark}` };
  return null;
}

/** "9 met, 1 missed, 2 not known". */
export function tally(judgements: readonly Judgement[]): string {
  const count = (met: boolean | null) => judgements.filter((judgement) => judgement.met === met).length;
  return `${count(true)} met, ${count(false)} missed, ${count(null)} ${NOT_KNOWN}`;
}

/** How the run was made, for whoever wants to repeat it. */
export function circumstances(result: FloodResult): string {
  const { clock, scale, isolates, durationS, attackS, seed } = result;
  return [
    clock === "real" ? "real time, real runtime" : "model time: the same decisions under a virtual clock",
    scale === 1 ? "full scale" : `sources and rates divided by ${writeCount(scale)}`,
    `${writeCount(isolates)} ${isolates === 1 ? "isolate" : "isolates"}`,
    `${writeDuration(durationS * 1000)}, attack from ${writeDuration(attackS[0] * 1000)} to ${writeDuration(attackS[1] * 1000)}`,
    `seed ${seed}`,
  ].join(" · ");
}

/** What a support code says under these rules: the reasons are tried that there are. Pure. */
import { FAULT_CODES } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { type CodeContents, openCode, type Turned } from "../support-code.ts";
import type { Policy } from "./policy.ts";
import { REASONS, reasonForOff, VERDICTS_OF } from "./reasons.ts";
import { POSTURES } from "./verdict.ts";

type Cause = readonly [verdict: Turned["verdict"], reason: string];

/** One way of reading a code. There may be two where reasons collide, and one in 2,000 for a code that nobody was given. */
export interface Reading extends Pick<CodeContents, "lane" | "posture" | "alone" | "opens" | "from"> {
  readonly verdict: Turned["verdict"];
  readonly reason: string;
}

/** All that a code can mean under these rules. */
export function readCode(sealer: Sealer, policy: Policy, code: string, now: number): readonly Reading[] {
  return openCode(sealer, code, now).flatMap(({ means, opens, lane, posture, alone, from }) => {
    const causes = causesIn(policy).filter(
      ([verdict, reason]) => (verdict === "challenge" || !opens) && means(verdict, reason),
    );
    return causes.map(([verdict, reason]) => ({ verdict, reason, lane, posture, alone, opens, from }));
  });
}

/** A rule that lets pass is named where the posture closes all the same. */
const VERDICTS_BY_RULE: Readonly<Record<Policy["rules"][number]["then"], readonly Turned["verdict"][]>> = {
  allow: ["closed"],
  challenge: ["challenge", "closed"],
  limit: ["limit"],
  block: ["block"],
  observe: [],
};

/** Everything for which a page of ours can turn somebody away. */
function causesIn({ rules, budgets, sites }: Policy): readonly Cause[] {
  const own = Object.entries(REASONS).flatMap(([name, reason]) =>
    VERDICTS_OF[name as keyof typeof REASONS].map((verdict): Cause => [verdict, reason]),
  );
  return [
    ...own,
    ...FAULT_CODES.map((code): Cause => ["fault", code]),
    ...POSTURES.flatMap((posture): Cause[] => [
      ["challenge", posture],
      ["closed", posture],
    ]),
    ...rules.flatMap(({ name, then }) => VERDICTS_BY_RULE[then].map((verdict): Cause => [verdict, name])),
    ...budgets.flatMap(({ name, then }): Cause[] => [
      ["limit", name],
      ...(then === "challenge" ? [["challenge", name] as const] : []),
    ]),
    ...sites.flatMap(({ routes }) => routes.map(({ name }): Cause => ["closed", reasonForOff(name)])),
  ];
}

/** What is not wrong yet: told by `npm run check` and with every deploy, which goes on all the same. */
import { endOfDay } from "./compile.ts";
import type { Rules } from "./language.ts";

const DAY_MS = 86_400_000;
const EXPIRES_SOON_DAYS = 30;
const IN_DAYS: readonly string[] = ["today", "in 1 day"];
/** More people behind one address than any hospital of the country has at work at one time. */
const SEATS_UNUSUAL = 5_000;

/** @param now milliseconds since 1970 */
export function warnings({ facilities }: Rules, now: number): readonly string[] {
  return facilities.flatMap(({ name, expires, seats }) => {
    const leftMs = endOfDay(expires) - now;
    const days = Math.floor(leftMs / DAY_MS);
    const found: string[] = [];
    if (leftMs <= 0) found.push(`it expired on ${expires} and counts for nothing. Renew it, or take it out.`);
    else if (days <= EXPIRES_SOON_DAYS)
      found.push(`it expires ${IN_DAYS[days] ?? `in ${days} days`}. Ask the facility, and renew it.`);
    if (seats > SEATS_UNUSUAL)
      found.push(`${seats} seats let ${30 * seats} unproven requests a minute in. Count those at work at one time.`);
    return found.map((sentence) => `src/rules.ts, facility "${name}": ${sentence}`);
  });
}

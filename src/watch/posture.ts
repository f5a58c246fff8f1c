/**
 * How guarded a site is, by what all of it wanted in the last second. Pure; time is passed in.
 *
 * Posture rises at once when more is wanted than the origin bears and falls only after calm. A crowd of people is no reason:
 * it stands in line, and nobody is asked to work for it. People in a crowd ask for pages within their budgets, and their
 * browsers for what pages are made of; hardly anybody is refused. All of it can be imitated, and whoever does so gains that he
 * is not asked to work while little more is wanted than the origin bears: no room that was another's.
 */
import { demandOf, type SiteSummary } from "../counters/protocol.ts";
import { ratesFrom } from "../counters/rates.ts";
import type { Posture } from "../policy/verdict.ts";

const CALM_BELOW_SHARE = 0.5;
const CALM_FOR_MS = 60_000;
/** Of what a crowd asks so much is asked by browsers, or wanted by whoever proved who they are; so much at most is refused. */
const CROWD_SHARE = 0.8;
const CROWD_REFUSED_SHARE = 0.1;
/** Below this many requests a share says nothing. */
const SAMPLES_MIN = 20;
/** Up to so many times what the origin bears waiting is enough, also where browsers have the parts of pages already. */
const CROWD_MILD = 2;
const CROWD_PARTS_PER_PAGE = 0.5;
/** A page that is new to a browser makes it ask for so many parts at least, where pages have parts and these are ours to give. */
const PARTS_PER_NEWCOMER = 0.5;
/** What is left each second of what was seen of newcomers: lately, and in calm. */
const LATELY_LEAVES = 0.5;
const USUALLY_LEAVES = 0.999;

export interface Guard {
  readonly posture: Posture;
  readonly because: string;
  /** When demand was last above what calm means, ms since 1970. */
  readonly busyAt: number;
  readonly lately: Newcomers;
  readonly usually: Newcomers;
}

/** Pages given to newcomers, and parts of pages that strangers asked for, in sums that fade. */
interface Newcomers {
  readonly pages: number;
  readonly parts: number;
}

const NOBODY_NEW: Newcomers = { pages: 0, parts: 0 };

export const UNGUARDED: Guard = {
  posture: "normal",
  because: "calm",
  busyAt: 0,
  lately: NOBODY_NEW,
  usually: NOBODY_NEW,
};

/**
 * How guarded the site is from now on.
 *
 * @param demandPerSecond what was wanted lately, cost units a second
 * @param failing whether the origin fails
 */
export function guard(
  before: Guard,
  summary: SiteSummary,
  demandPerSecond: number,
  failing: boolean,
  now: number,
): Guard {
  const { capacityPerSecond: capacity } = summary;
  // A table that must forget who is denied is itself a sign of a flood: more clients than there can be.
  const full = (summary.full ?? 0) > 0;
  const tooMuch = demandPerSecond > capacity;
  const busy = demandPerSecond > CALM_BELOW_SHARE * capacity || failing || full;
  const elevated = before.posture === "elevated";
  const lately = after(before.lately, summary, LATELY_LEAVES);
  const usually = busy || elevated ? before.usually : after(before.usually, summary, USUALLY_LEAVES);
  const seen = { busyAt: busy ? now : before.busyAt, lately, usually };

  const isMild = demandPerSecond <= CROWD_MILD * capacity;
  if ((tooMuch || failing) && !elevated && !full && isCrowd(summary, isMild, lately, usually))
    return { ...seen, posture: before.posture, because: tooMuch ? SURGE : AILING };
  if (tooMuch || failing || full) return { ...seen, posture: "elevated", because: reasonFor(failing, full) };
  if (elevated && now - seen.busyAt < CALM_FOR_MS) return { ...seen, posture: "elevated", because: before.because };
  return { ...seen, posture: "normal", because: "calm" };
}

/** Much is wanted, but by people: browsers that behave like it, or mostly such as proved who they are. */
function isCrowd(summary: SiteSummary, isMild: boolean, lately: Newcomers, usually: Newcomers): boolean {
  const { strangers = 0, pages = 0, parts = 0, turnedAway } = summary;
  const [p0, p1] = ratesFrom(summary.wanted);
  const all = demandOf(summary);
  if (p0 + p1 >= CROWD_SHARE * all) return true;
  if (turnedAway > CROWD_REFUSED_SHARE * all) return false;
  if (strangers < SAMPLES_MIN || pages + parts < CROWD_SHARE * strangers) return false;
  return parts >= CROWD_PARTS_PER_PAGE * pages || (isMild && showPages(lately, usually));
}

/** Whether newcomers' browsers ask for the parts of pages, as they do in calm. Where that is not known, yes. */
function showPages(lately: Newcomers, usually: Newcomers): boolean {
  if (lately.pages < SAMPLES_MIN || usually.pages < SAMPLES_MIN) return true;
  return lately.parts >= PARTS_PER_NEWCOMER * lately.pages * Math.min(1, usually.parts / usually.pages);
}

function after({ pages, parts }: Newcomers, summary: SiteSummary, leaves: number): Newcomers {
  return { pages: pages * leaves + (summary.newcomers ?? 0), parts: parts * leaves + (summary.parts ?? 0) };
}

const SURGE = "surge: many people come at once, nobody attacks";
const AILING = "the origin fails, nobody attacks";

function reasonFor(failing: boolean, full: boolean): string {
  if (failing) return "the origin fails";
  return full ? "there are more clients than can be counted" : "more is wanted than the origin bears";
}

/**
 * Which words there are; latvian.ts and english.ts hold them. In a sentence `{wait}` becomes "20 seconds" and `{after}`
 * "in 20 seconds", `{time}` "13:20".
 */
import type { FaultCode } from "../request/facts.ts";
import type { Turn } from "../waiting/line.ts";
import { english } from "./english.ts";
import { latvian } from "./latvian.ts";
import { asPeopleSay, type Duration } from "./retry.ts";

export const LANGUAGES = ["lv", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** In the agency's time zone: 26.11.2026, 13:20. */
export interface LocalTime {
  readonly date: string;
  readonly time: string;
}

export interface PageTexts {
  /** Says the state first: it is read out before anything else. */
  readonly title: string;
  readonly body: readonly string[];
  readonly sections?: readonly { readonly heading: string; readonly items: readonly string[] }[];
}

/** What became of something that the visitor sent. */
export type Fate =
  | "held" // not passed on; sent again by reloading
  | "refused" // not passed on, and not welcome when sent again unchanged
  | "uncertain"; // may have reached the origin

/** `unsent`: the challenge where it meets something that was sent. `framed`: where it meets a frame of another site. `queue`: `wait` for whoever stands in line. `static`: what `closed` shows while only critical routes work, `off`: where staff switched off just this. */
export type PageName =
  | "challenge"
  | "unsent"
  | "framed"
  | "limit"
  | "block"
  | "wait"
  | "queue"
  | "closed"
  | "static"
  | "off";

export interface Texts {
  readonly pages: Readonly<Record<PageName, PageTexts>>;
  readonly faults: Readonly<Record<FaultCode, PageTexts>>;
  /** Said to whoever sent something, never to whoever only asked for a page. */
  readonly fates: Readonly<Record<Fate, string>>;
  /** To whoever came back from signing in: that is not kept, so she starts again. */
  readonly signIn: { readonly unfinished: string; readonly link: string };
  /** On the waiting page of whoever stands in line: when her turn comes, and what becomes of her place. */
  readonly queue: Readonly<Record<Turn["kind"] | "kept", string>>;
  /** On the waiting page, which opens again by itself only where nothing was sent. */
  readonly waiting: {
    readonly byItself: string;
    readonly now: string;
    /** A button that keeps the page, and what it says then. */
    readonly stay: string;
    readonly stays: string;
  };
  /** What the challenge page's script shows while it works. */
  readonly challenge: {
    readonly working: string;
    readonly done: string;
    /** When the page is still there some seconds later. */
    readonly stay: string;
    readonly failed: string;
    /** Twice completed, and asked for again. */
    readonly again: string;
    readonly framed: string;
    readonly noCookies: string;
    readonly failedTitle: string;
    readonly failedAdvice: string;
    readonly retry: string;
    readonly openCheck: string;
    readonly openWindow: string;
    readonly noScript: string;
    readonly progress: string;
  };
  /** On a page that carries back what was sent. */
  readonly resend: {
    readonly byItself: string;
    readonly byHand: string;
    /** Where the check cannot be made on the page itself. */
    readonly inAnotherTab: string;
    readonly send: string;
    readonly sending: string;
    readonly expired: string;
    /** The page that Back meets on its way to the form. */
    readonly back: PageTexts;
  };
  /** Where the challenge page opens without the check: `byItself` only where no script runs. */
  readonly entry: { readonly byItself: string; readonly advice: string; readonly link: string };
  readonly help: { readonly title: string; readonly code: string; readonly phone: string };
  /** For software and whoever reads its logs. */
  readonly machine: {
    readonly titles: Readonly<Record<"challenge" | "limit" | "block" | "wait" | "closed", string>>;
    readonly retry: string;
    readonly uncertain: string;
  };
  /** Of what staff tell. */
  readonly updated: (at: LocalTime) => string;
  /** Hours and minutes, in the country's time. */
  readonly timeOfDay: Intl.DateTimeFormat;
  readonly wait: (duration: Duration) => string;
  readonly after: (duration: Duration) => string;
}

export const TEXTS: Readonly<Record<Language, Texts>> = { lv: latvian, en: english };

/** Puts the seconds, or the time of day, into a sentence. */
export function say(texts: Texts, sentence: string, seconds: number, atMs = 0): string {
  if (!sentence.includes("{")) return sentence;
  const duration = asPeopleSay(seconds);
  return sentence
    .replaceAll("{wait}", texts.wait(duration))
    .replaceAll("{after}", texts.after(duration))
    .replaceAll("{time}", () => texts.timeOfDay.format(atMs));
}

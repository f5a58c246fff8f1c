/** The pages that people see: which words stand on which, in which order. */
import { type Answer, fateOf, type Recipient, type Service, sends } from "./answer-kinds.ts";
import {
  asideWidget,
  CHALLENGE_SCRIPT,
  challengeWidget,
  noScriptWidget,
  otherWidget,
  unsentWidget,
} from "./challenge-page.ts";
import { entryByItself, entryRefresh, entryWidget } from "./entry-page.ts";
import { escapeMarkup } from "./escape.ts";
import { layout, type Part } from "./layout.ts";
import { carriedWidget } from "./resend-form.ts";
import { type Language, type LocalTime, type PageTexts, say, TEXTS, type Texts } from "./texts.ts";

const WAIT_SCRIPT = `<script src="/.shield/wait.js" defer></script>`;
/** Reading slowly must cost nothing: the waiting page does not come back sooner, whatever Retry-After says (seconds). */
const SOONEST_REFRESH_S = 20;

export function pageFor(what: Answer, to: Recipient, service: Service): string {
  if (what.kind === "challenge" && to.frame === "foreign") return framedPage(what, to, service);
  const otherLanguages = service.languages.filter((language) => language !== to.language);
  const first = partOf(what, to, to.language, otherLanguages);
  const others = otherLanguages.map((language) => partOf(what, to, language, null));
  const help = helpOf(what.supportCode, service.supportPhone, TEXTS[to.language]);
  return layout({
    first,
    others,
    help,
    head: headOf(what, to),
    name: isUnsent(what, to) ? "unsent" : what.kind,
  });
}

/** Its cookies are missing in a frame of another site, so there it would be challenged for ever: it needs a window of its own. */
function framedPage(what: Answer, { method, language }: Recipient, service: Service): string {
  const partIn = (language: Language): Part => {
    const { pages, fates, challenge } = TEXTS[language];
    const sentences = sends(method) ? [...pages.framed.body, fates.refused] : pages.framed.body;
    const link = `<p><a class="button" href="${sends(method) ? "/" : ""}" target="_blank" rel="noopener">${escapeMarkup(challenge.openWindow)}</a></p>`;
    const html = sentences.map((sentence) => `<p>${escapeMarkup(sentence)}</p>`).join("\n");
    return { language, title: pages.framed.title, html: `${html}\n${link}` };
  };
  return layout({
    first: partIn(language),
    others: service.languages.filter((other) => other !== language).map(partIn),
    help: helpOf(what.supportCode, service.supportPhone, TEXTS[language]),
    name: "framed",
  });
}

/** @param others the languages that follow; null when this is one of them */
function partOf(what: Answer, to: Sender, language: Language, others: readonly Language[] | null): Part {
  const texts = TEXTS[language];
  const page = textsOf(what, to, texts);
  const seconds = secondsOf(what);
  const sentences = [...page.body, fateText(what, to, texts)].filter((sentence) => sentence !== "");
  const sentAtMs = what.kind === "fault" ? what.fault.sentAtMs : undefined;
  const html = [
    ...noticeOf(what, texts, language),
    ...sentences.map((sentence) => `<p>${escapeMarkup(say(texts, sentence, seconds, sentAtMs))}</p>`),
    startsAgain(what, to) ? signInWidget(texts, to.signInAt) : "",
    ...queueOf(what, texts),
    what.kind === "challenge" ? widgetOf(texts, to, others) : "",
    // What was typed comes before what else there is to read, but not before the check that sends it by itself.
    to.carries && others ? carriedWidget(texts) : "",
    sectionsOf(page, others ? "h2" : "h3"),
    what.kind === "challenge" && what.entry ? entryByItself(texts, what.entry) : "",
    what.kind === "challenge" && what.entry && others ? entryWidget(texts, what.entry) : "",
    opensByItself(what, to.method) ? waitingOf(texts, seconds, others !== null) : "",
  ];
  return { language, title: page.title, html: html.filter((piece) => piece !== "").join("\n") };
}

type Sender = Pick<Recipient, "method" | "carries" | "signInAt">;

/** Whoever came back from signing in and was not let through. While only critical routes work nobody can sign in. */
function startsAgain(what: Answer, to: Sender): to is Sender & { readonly signInAt: string } {
  const isStatic = what.kind === "closed" && what.page === "static";
  return to.signInAt !== null && !to.carries && !isStatic && fateOf(what) === "held";
}

function signInWidget({ signIn }: Texts, at: string): string {
  return `<p><a class="button" href="${escapeMarkup(at)}">${escapeMarkup(signIn.link)}</a></p>`;
}

/** What became of what she sent; the challenge has a page of its own where it cannot be kept. */
function fateText(what: Answer, to: Sender, { fates, resend, signIn }: Texts): string {
  if (!sends(to.method) || isUnsent(what, to)) return "";
  if (startsAgain(what, to)) return signIn.unfinished;
  if (to.carries) return what.kind === "challenge" ? resend.byItself : resend.byHand;
  const fate = fateOf(what);
  return fate === null ? "" : fates[fate];
}

function textsOf(what: Answer, to: Sender, { pages, faults }: Texts): PageTexts {
  switch (what.kind) {
    case "challenge":
      return isUnsent(what, to) ? pages.unsent : pages.challenge;
    case "limit":
    case "block":
      return pages[what.kind];
    case "wait":
      return what.turn ? pages.queue : pages.wait;
    case "closed":
      return pages[what.page];
    case "fault":
      return faults[what.fault.code];
  }
}

/** When her turn comes, and what becomes of her place. */
function queueOf(what: Answer, texts: Texts): readonly string[] {
  if (what.kind !== "wait" || what.turn === null) return [];
  const { turn } = what;
  const seconds = turn.kind === "in" ? turn.minutes * 60 : 0;
  return [say(texts, texts.queue[turn.kind], seconds), texts.queue.kept].map(
    (words) => `<p>${escapeMarkup(words)}</p>`,
  );
}

/** What staff tell comes first. Line ends in it are paragraphs. */
function noticeOf(what: Answer, texts: Texts, language: Language): readonly string[] {
  if (what.kind !== "closed") return [];
  const lines = what.notice?.[language].split("\n").filter((line) => line.trim() !== "") ?? [];
  const updated =
    what.updatedAt === null ? [] : [`<small>${escapeMarkup(texts.updated(localTime(what.updatedAt)))}</small>`];
  return [...lines.map(escapeMarkup), ...updated].map((html) => `<p>${html}</p>`);
}

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Riga",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

function localTime(ms: number): LocalTime {
  const part = Object.fromEntries(CLOCK.formatToParts(ms).map(({ type, value }) => [type, value]));
  return { date: `${part.day}.${part.month}.${part.year}`, time: `${part.hour}:${part.minute}` };
}

/** It met the challenge and cannot be carried through it. */
function isUnsent(what: Answer, { method, carries }: Pick<Sender, "method" | "carries">): boolean {
  return what.kind === "challenge" && sends(method) && !carries;
}

function widgetOf(texts: Texts, to: Sender, others: readonly Language[] | null): string {
  if (sends(to.method) && !to.carries) return others ? unsentWidget(texts) : "";
  if (!others) return otherWidget(texts, to.carries);
  return `${challengeWidget(texts)}\n${to.carries ? asideWidget(texts) : noScriptWidget(texts)}`;
}

/** Under another heading of the other language they stand one level deeper. */
function sectionsOf({ sections = [] }: PageTexts, level: "h2" | "h3"): string {
  return sections
    .map(
      ({ heading, items }) =>
        `<${level}>${escapeMarkup(heading)}</${level}>\n<ul>${items.map((item) => `<li>${escapeMarkup(item)}</li>`).join("")}</ul>`,
    )
    .join("\n");
}

function secondsOf(what: Answer): number {
  if (what.kind === "wait") return Math.max(SOONEST_REFRESH_S, what.retryAfterS);
  return "retryAfterS" in what ? what.retryAfterS : 0;
}

/** A refresh is a GET: after a POST it would throw away what was sent, which a reload by hand sends again. */
function opensByItself(what: Answer, method: string): boolean {
  return what.kind === "wait" && !sends(method);
}

/** The script opens the page again, and lets its reader stop that; without script the head does. */
function waitingOf(texts: Texts, seconds: number, first: boolean): string {
  const byItself = escapeMarkup(say(texts, texts.waiting.byItself, seconds));
  if (!first) return `<p>${byItself}</p>`;
  const { now, stay, stays } = texts.waiting;
  return `<p id="shield-wait" role="status" data-seconds="${seconds}" data-stays="${escapeMarkup(stays)}">${byItself}</p>
<p><a id="shield-now" class="button" href="">${escapeMarkup(now)}</a><button id="shield-stay" class="quiet" type="button" hidden>${escapeMarkup(stay)}</button></p>`;
}

function headOf(what: Answer, to: Sender): string {
  const refresh = what.kind === "challenge" && what.entry ? `\n${entryRefresh(what.entry)}` : "";
  if (to.carries || (what.kind === "challenge" && !sends(to.method))) return CHALLENGE_SCRIPT + refresh;
  return opensByItself(what, to.method)
    ? `${WAIT_SCRIPT}\n<noscript><meta http-equiv="refresh" content="${secondsOf(what)}"></noscript>`
    : "";
}

/** Whom to call and what to read out. Nothing where there is neither phone nor code. */
function helpOf(supportCode: string | null, supportPhone: string, { help }: Texts): string {
  const lines = [
    supportPhone === ""
      ? ""
      : `${escapeMarkup(help.phone)}: <a href="tel:${escapeMarkup(supportPhone.replace(/[^+\d]/g, ""))}">${escapeMarkup(supportPhone)}</a>`,
    supportCode === null ? "" : `${escapeMarkup(help.code)}: <span class="code">${escapeMarkup(supportCode)}</span>`,
  ].filter((line) => line !== "");
  return lines.length === 0
    ? ""
    : `<section class="help"><h2>${escapeMarkup(help.title)}</h2>\n<p>${lines.join("<br>")}</p></section>`;
}

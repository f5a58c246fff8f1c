/** The pages that people see. One layout; the requested language first, the other below it, marked with its own `lang`. */

import type { Fault } from "../request/facts.ts";
import type { AnswerKind } from "./answer.ts";
import { CHALLENGE, COMMON, FAULTS, type Language, PAGES, type PageTexts } from "./texts.ts";

/** What a page may be told. All of it is escaped where it is put in. */
export interface PageSlots {
  readonly language: Language;
  /** Which languages the page shows: only the requested one, or both. */
  readonly languages: readonly Language[];
  readonly supportCode: string | null;
  readonly supportPhone: string;
  readonly seconds: number;
}

export const STYLE = `:root{color-scheme:light dark}
body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;color:#1a1a1a;background:#f7f7f5}
main{max-width:36rem;margin:0 auto;padding:1.5rem 1rem;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;color:#123f6d}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
section.other{margin-top:2.5rem;padding-top:1rem;border-top:1px solid #8a8a85}
section.other h2{margin-top:0}
.code{font-family:ui-monospace,monospace;font-size:1.35rem;letter-spacing:.06em}
a{color:#0b4f94}
a:focus-visible{outline:3px solid #0b4f94;outline-offset:3px}
progress{width:100%;height:1rem}
@media (prefers-color-scheme:dark){body{color:#ececea;background:#161718}h1{color:#a9cdf2}a{color:#9cc7f5}a:focus-visible{outline-color:#9cc7f5}}
@media print{body{background:#fff;color:#000}}`;

/** A page that answers a verdict other than the challenge. */
export function verdictPage(kind: Exclude<AnswerKind, "fault" | "challenge">, slots: PageSlots): string {
  // Reading slowly must cost nothing: the page comes back by itself, and not before 20 s (WCAG 2.2.1).
  const head = kind === "wait" ? `<meta http-equiv="refresh" content="${Math.max(20, slots.seconds)}">` : "";
  return layout((language) => PAGES[language][kind], slots, head);
}

export function faultPage(fault: Fault, slots: PageSlots): string {
  return layout((language) => FAULTS[language][fault.code], slots);
}

/** Constant but for its slots: the puzzle is fetched by the script, so bots without one cost nothing. */
export function challengePage(slots: PageSlots): string {
  const words = CHALLENGE[slots.language];
  const data = `data-working="${escapeMarkup(words.working)}" data-done="${escapeMarkup(words.done)}" data-failed="${escapeMarkup(words.failed)}" data-no-cookies="${escapeMarkup(words.noCookies)}"`;
  const failedElsewhere = slots.languages
    .filter((other) => other !== slots.language)
    .map((other) => `<p lang="${other}">${escapeMarkup(CHALLENGE[other].failed)}</p>`)
    .join("");
  const widget = `<p id="shield-status" role="status" aria-live="polite" ${data}></p>
<progress id="shield-progress" max="100" hidden aria-label="${escapeMarkup(words.progress)}"></progress>
<section id="shield-failed" hidden><h2>${escapeMarkup(words.failedTitle)}</h2><p><a id="shield-retry" href="">${escapeMarkup(words.retry)}</a></p>${failedElsewhere}</section>
<noscript><p>${escapeMarkup(words.noScript)}</p></noscript>`;
  return layout(
    (language) => PAGES[language].challenge,
    slots,
    `<script src="/.shield/challenge.js" defer></script>`,
    widget,
  );
}

/** For a form that was posted: reloading would ask to send it again, so the check is made in another tab. */
export function unsentPage(slots: PageSlots): string {
  const words = CHALLENGE[slots.language];
  const link = `<p><a href="/" target="_blank" rel="noopener">${escapeMarkup(words.openCheck)}</a></p>`;
  return layout((language) => PAGES[language].unsent, slots, "", link);
}

function layout(textsIn: (language: Language) => PageTexts, slots: PageSlots, head = "", widget = ""): string {
  const { language } = slots;
  const texts = textsIn(language);
  const others = slots.languages.filter((other) => other !== language);
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeMarkup(texts.title)}</title>
${head}
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeMarkup(texts.title)}</h1>
${paragraphs(texts, slots.seconds)}
${widget}
${help(slots)}
${others.map((other) => otherLanguage(textsIn(other), other, slots.seconds)).join("\n")}
</main>
</body>
</html>
`;
}

function otherLanguage(texts: PageTexts, language: Language, seconds: number): string {
  return `<section class="other" lang="${language}"><h2>${escapeMarkup(texts.title)}</h2>\n${paragraphs(texts, seconds)}</section>`;
}

function paragraphs({ body }: PageTexts, seconds: number): string {
  return body.map((text) => `<p>${escapeMarkup(text.replace("{seconds}", String(seconds)))}</p>`).join("\n");
}

function help({ language, supportCode, supportPhone }: PageSlots): string {
  const words = COMMON[language];
  const lines = [
    supportPhone === ""
      ? ""
      : `${words.phone}: <a href="tel:${escapeMarkup(supportPhone.replace(/[^+\d]/g, ""))}">${escapeMarkup(supportPhone)}</a>`,
    supportCode === null ? "" : `${words.code}: <span class="code">${escapeMarkup(supportCode)}</span>`,
  ].filter((line) => line !== "");
  return lines.length === 0 ? "" : `<h2>${words.support}</h2>\n<p>${lines.join("<br>")}</p>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and quoted attribute values, in HTML and in XML. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

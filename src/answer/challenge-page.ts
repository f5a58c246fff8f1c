/**
 * What the challenge page adds to the layout of all pages: constant in each language. The puzzle is fetched by the script, so
 * bots that run none cost nothing. The ids and data attributes are what src/challenge/browser/page.ts looks for.
 */
import { escapeMarkup } from "./escape.ts";
import type { Texts } from "./texts.ts";

export const CHALLENGE_SCRIPT = `<script src="/.shield/challenge.js" defer></script>`;

/** What the status can say: by which name the script finds it. */
const STATUS_WORDS = [
  ["working", "working"],
  ["done", "done"],
  ["stay", "stay"],
  ["failed", "failed"],
  ["again", "again"],
  ["no-cookies", "noCookies"],
  ["framed", "framed"],
] as const;

/** The bar is shown by the script. Phone and support code stand below it, always visible: they are also needed when the script never arrives. */
export function challengeWidget({ challenge }: Texts): string {
  const words = STATUS_WORDS.map(([name, key]) => `data-${name}="${escapeMarkup(challenge[key])}"`).join(" ");
  return `<p id="shield-status" role="status" aria-live="polite" ${words}></p>
<progress id="shield-progress" max="100" hidden aria-label="${escapeMarkup(challenge.progress)}"></progress>
<section id="shield-failed" class="failed" hidden><h2>${escapeMarkup(challenge.failedTitle)}</h2><p>${escapeMarkup(challenge.failedAdvice)}</p><p><a id="shield-retry" class="button" href="">${escapeMarkup(challenge.retry)}</a></p></section>
<p id="shield-framed" hidden><a class="button" href="" target="_blank" rel="noopener">${escapeMarkup(challenge.openWindow)}</a></p>`;
}

/** There is one status, in the language of the page; the other one says only what to do. */
export function otherWidget(texts: Texts, carries: boolean): string {
  const { failed, failedAdvice } = texts.challenge;
  const wayOn = carries
    ? `<p class="aside late">${escapeMarkup(texts.resend.inAnotherTab)}</p>`
    : noScriptWidget(texts);
  return `<p class="failed" hidden>${escapeMarkup(`${failed} ${failedAdvice}`)}</p>\n${wayOn}`;
}

export function noScriptWidget({ challenge }: Texts): string {
  return `<noscript><p>${escapeMarkup(challenge.noScript)}</p></noscript>`;
}

/**
 * On a page that carries a form: the check in another tab, and the button here afterwards. Where no script runs or comes, and
 * shown by the script where the check fails on the page itself.
 */
export function asideWidget(texts: Texts): string {
  return `<section id="shield-aside" class="late"><p>${escapeMarkup(texts.resend.inAnotherTab)}</p>${unsentWidget(texts)}</section>`;
}

/** For something that was sent: reloading would ask to send it again before it is welcome, so the check is made in another tab. */
export function unsentWidget({ challenge }: Texts): string {
  return `<p><a class="button" href="/.shield/check" target="_blank" rel="noopener">${escapeMarkup(challenge.openCheck)}</a></p>`;
}

/**
 * What stands in the history in place of a page that carried a form (browser/resend.ts puts it there): Back from the result
 * meets it and goes on to the filled form. The words are for browsers in which that fails.
 */
import { CHALLENGE_SCRIPT } from "./challenge-page.ts";
import { escapeMarkup } from "./escape.ts";
import { PAGE_CSP } from "./headers.ts";
import { layout } from "./layout.ts";
import { LANGUAGES, type Language, TEXTS } from "./texts.ts";

export function backPage(language: Language): Response {
  const partIn = (each: Language) => {
    const { title, body } = TEXTS[each].resend.back;
    return { language: each, title, html: body.map((sentence) => `<p>${escapeMarkup(sentence)}</p>`).join("\n") };
  };
  const page = layout({
    first: partIn(language),
    others: LANGUAGES.filter((other) => other !== language).map(partIn),
    head: CHALLENGE_SCRIPT,
    name: "back",
    help: "",
  });
  const headers = {
    "Cache-Control": "no-store",
    "Content-Language": language,
    "Content-Security-Policy": PAGE_CSP,
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  };
  return new Response(page, { headers });
}

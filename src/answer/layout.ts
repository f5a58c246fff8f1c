/**
 * The one layout of all pages: the requested language first and complete, the others below it, each marked with its own
 * `lang` (WCAG 3.1.2). Reads without its style sheet, prints, and fits 320 px. No motion of its own.
 */
import { escapeMarkup } from "./escape.ts";
import type { Language } from "./texts.ts";

/** A page in one language. The title is text; the HTML is escaped already. */
export interface Part {
  readonly language: Language;
  readonly title: string;
  readonly html: string;
}

/** Contrast is at least 4.5:1 for text and 3:1 for focus, in light and in dark (WCAG 1.4.3, 1.4.11). */
export const STYLE = `:root{color-scheme:light dark}
body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;color:#1a1a1a;background:#f7f7f5}
main{max-width:36rem;margin:0 auto;padding:1.5rem 1rem;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;color:#123f6d}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
h3{font-size:1.05rem;margin:1.5rem 0 .5rem}
ul{padding-left:1.25rem}
section.other{margin-top:2.5rem;padding-top:1rem;border-top:1px solid #8a8a85}
section.other h2{margin-top:0}
.code{font-family:ui-monospace,monospace;font-size:1.35rem;letter-spacing:.06em}
a{color:#0b4f94}
a:focus-visible{outline:3px solid #0b4f94;outline-offset:3px}
progress{width:100%;height:1rem}
@media (prefers-color-scheme:dark){body{color:#ececea;background:#161718}h1{color:#a9cdf2}a{color:#9cc7f5}a:focus-visible{outline-color:#9cc7f5}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media print{body{background:#fff;color:#000}progress{display:none}}`;

export interface Page {
  readonly first: Part;
  readonly others: readonly Part[];
  /** Elements for the head. */
  readonly head?: string;
  /** What stands in `data-shield` of <main>: tells a script which page this is. */
  readonly name: string;
  /** Whom to call, below the first language. */
  readonly help: string;
}

export function layout({ first, others, head = "", name, help }: Page): string {
  return `<!doctype html>
<html lang="${first.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeMarkup(first.title)}</title>
${head}
<style>${STYLE}</style>
</head>
<body>
<main data-shield="${name}">
<h1>${escapeMarkup(first.title)}</h1>
${first.html}
${help}
${others.map(({ language, title, html }) => `<section class="other" lang="${language}"><h2>${escapeMarkup(title)}</h2>\n${html}</section>`).join("\n")}
</main>
</body>
</html>
`;
}

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

/**
 * Contrast is at least 4.5:1 for text and 3:1 for focus, in light and in dark (WCAG 1.4.3, 1.4.11). `late`: the way on where the
 * page's script should know of it first. It stands there at once where no script runs, and after ten seconds where ours never
 * came, as when a filter on the way does not let it through; ours hides it until it is needed.
 */
export const STYLE = `:root{color-scheme:light dark;--text:#1b1b1b;--page:#fff;--behind:#e9eef3;--accent:#0b4f94;--on-accent:#fff;--line:#6f7780}
@media (prefers-color-scheme:dark){:root{--text:#ececea;--page:#1b1d1f;--behind:#101112;--accent:#9cc7f5;--on-accent:#101112;--line:#8d959c}}
body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;color:var(--text);background:var(--behind)}
main{box-sizing:border-box;max-width:42rem;margin:0 auto;padding:1.5rem 1rem 2rem;overflow-wrap:break-word;background:var(--page);border-top:.4rem solid var(--accent)}
@media (min-width:44rem){main{margin:2rem auto;padding:2rem 3rem 2.5rem}}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;color:var(--accent)}
h2{font-size:1.2rem;line-height:1.3;margin:2rem 0 .5rem}
h3{font-size:1.05rem;margin:1.5rem 0 .5rem}
p{margin:0 0 1rem}
ul{padding-left:1.25rem}
section.help{margin-top:2rem;padding:1rem;background:var(--behind)}
section.help h2{margin-top:0}
section.help p{margin:0}
section.other{margin-top:2rem;padding-top:1.5rem;border-top:1px solid var(--line)}
section.other h2{margin-top:0}
.code{font-family:ui-monospace,monospace;font-size:1.35rem;letter-spacing:.06em;white-space:nowrap}
a{color:var(--accent)}
button,a.button{display:inline-block;box-sizing:border-box;min-height:2.75rem;padding:.5rem 1.25rem;margin:0 .5rem .5rem 0;font:inherit;font-weight:600;line-height:1.5;text-decoration:none;color:var(--on-accent);background:var(--accent);border:2px solid var(--accent);cursor:pointer}
button.quiet,main[data-shield=challenge] form button,#shield-aside a{color:var(--accent);background:var(--page)}
[hidden]{display:none!important}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
progress{width:100%;height:1rem;accent-color:var(--accent)}
@keyframes late{from{visibility:hidden;position:absolute}}
.late{animation:late 10s step-end}
@media (scripting:none){.late{animation:none}}
@media (prefers-reduced-motion:reduce){:not(.late){animation:none!important;transition:none!important}}
@media print{:root{--text:#000;--page:#fff;--behind:#fff;--accent:#000}main{margin:0;padding:0;border:0}progress,button,a.button{display:none}}`;

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

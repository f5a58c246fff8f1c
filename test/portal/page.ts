/** The frame of every page, and the one place where text becomes HTML. */
import type { SignedIn } from "./records.ts";

/** HTML that is already safe. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

/** Every value is escaped unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings.reduce((all, each, at) => `${all}${render(values[at - 1] ?? "")}${each}`));
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("\n");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const PUBLIC_LINKS = html`<a href="/">Sākums</a> <a href="/news">Jaunumi</a> <a href="/search">Zāļu meklēšana</a>
      <a href="/contact">Saziņa</a> <a href="/login">Ienākt</a>`;
const APP_LINKS = html`<a href="/app/prescriptions">E-receptes</a> <a href="/app/prescriptions/new">Jauna e-recepte</a>
      <a href="/app/sick-leaves/new">Darbnespējas lapa</a> <a href="/app/patients">Pacienti</a>
      <a href="/app/documents">Dokumenti</a>`;

/** For pages whose scripts use fetch: so that they need not know of the shield. Without a shield there is no such file. */
export const SHIELD_CLIENT = html`<script src="/.shield/client.js"></script>`;

/** @returns a page; `no-store` unless the caller allows more, as what stands on it is often a patient's. */
export function page(
  title: string,
  person: SignedIn | null,
  body: Html,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const account = person
    ? html`<form method="post" action="/logout"><span>${person.user}</span> <button>Iziet</button></form>`
    : html``;
  const document = html`<!doctype html>
<html lang="lv">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} – E-veselības paraugs</title>
    <link rel="stylesheet" href="/assets/app.css">
    <script src="/assets/app.js" defer></script>
  </head>
  <body>
    <header>
      <p>E-veselības paraugs</p>
      <nav aria-label="Galvenā izvēlne">${person ? APP_LINKS : PUBLIC_LINKS}</nav>
      ${account}
    </header>
    <main>
      <h1>${title}</h1>
      ${body}
    </main>
    <footer><p>Demonstrācija ar izdomātiem datiem. Demonstration with invented data.</p></footer>
  </body>
</html>
`;
  return new Response(document.text, {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", ...headers },
  });
}

/** A labelled text field. */
export function field(label: string, name: string, { value = "", required = true, type = "text" } = {}): Html {
  return html`<p><label for="${name}">${label}</label>
        <input id="${name}" name="${name}" type="${type}" value="${value}"${required ? html` required` : html``}></p>`;
}

export function area(label: string, name: string): Html {
  return html`<p><label for="${name}">${label}</label> <textarea id="${name}" name="${name}" rows="4"></textarea></p>`;
}

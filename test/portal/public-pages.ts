/** What everybody may see: home, news, search, contact, and the files that pages need. */
import { describe, searchMedicines } from "./medicines.ts";
import { area, field, html, page, SHIELD_CLIENT } from "./page.ts";
import { json, plain, readForm, type Visit } from "./visit.ts";

const NEWS_PAGES = 40;
const NEWS_PER_PAGE = 5;

const CSS = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1rem; }
header { border-bottom: 2px solid #1f6f5c; display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; }
header p { font-weight: 700; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; flex: 1; }
label { display: block; font-weight: 600; }
input, textarea, select { box-sizing: border-box; font: inherit; padding: .4rem; width: 100%; max-width: 30rem; }
button { font: inherit; padding: .4rem 1rem; min-height: 2.75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .4rem; text-align: left; }
.error { border-left: .4rem solid #b3261e; padding-left: 1rem; }
`;
/** Suggests medicines while a doctor types; every page works without it. */
const JS = `"use strict";
const box = document.querySelector("input[data-suggest]");
const list = document.getElementById("suggestions");
let timer = 0;
box?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const answer = await fetch("/api/autocomplete?q=" + encodeURIComponent(box.value));
    if (!answer.ok) return;
    const { suggestions } = await answer.json();
    list.replaceChildren(...suggestions.map(({ name }) => Object.assign(document.createElement("option"), { value: name })));
  }, 200);
});
`;
const ASSETS: Readonly<Record<string, { readonly type: string; readonly text: string; readonly etag: string }>> = {
  "app.css": { type: "text/css; charset=utf-8", text: CSS, etag: '"css-1"' },
  "app.js": { type: "text/javascript; charset=utf-8", text: JS, etag: '"js-1"' },
};

export function home({ person }: Visit): Response {
  return page(
    "E-receptes un darbnespējas lapas",
    person,
    html`<p>Ārstiem, farmaceitiem un iedzīvotājiem. <span lang="en">For clinicians, pharmacists and residents.</span></p>
      <ul>
        <li><a href="/login">Ienākt ar lietotājvārdu</a></li>
        <li><a href="/login/start">Ienākt ar elektronisko identitāti</a></li>
        <li><a href="/search">Meklēt zāles</a></li>
        <li><a href="/news">Jaunumi</a></li>
        <li><a href="/contact">Sazināties</a></li>
      </ul>`,
    200,
    { "Cache-Control": "public, max-age=0, must-revalidate" },
  );
}

export function asset({ request, rest }: Visit): Response {
  const file = ASSETS[rest];
  if (!file) return plain("Nav atrasts. Not found.", 404);
  const headers = { "Cache-Control": "public, max-age=3600", ETag: file.etag, "Content-Type": file.type };
  if (request.headers.get("If-None-Match") === file.etag) return new Response(null, { status: 304, headers });
  return new Response(file.text, { headers });
}

export function news({ url, person }: Visit): Response {
  const asked = Number(url.searchParams.get("page") ?? 1);
  const number = Number.isInteger(asked) && asked >= 1 && asked <= NEWS_PAGES ? asked : 1;
  const items = Array.from({ length: NEWS_PER_PAGE }, (_, at) => (number - 1) * NEWS_PER_PAGE + at + 1);
  return page(
    `Jaunumi, ${number}. lapa`,
    person,
    html`${items.map(
      (item) => html`<article><h2>Paziņojums Nr. ${item}</h2>
        <p>Izdomāts paziņojums par e-veselības pakalpojumu darbu un uzlabojumiem.</p></article>`,
    )}
      <p><a href="/news?page=${(number % NEWS_PAGES) + 1}">Nākamā lapa</a></p>`,
  );
}

export function search({ url, person }: Visit): Response {
  const words = url.searchParams.get("q") ?? "";
  const found = searchMedicines(words);
  return page(
    "Zāļu meklēšana",
    person,
    html`${SHIELD_CLIENT}<form action="/search"><p><label for="q">Zāļu nosaukums</label>
        <input id="q" name="q" value="${words}" list="suggestions" data-suggest autocomplete="off"></p>
        <datalist id="suggestions"></datalist><button>Meklēt</button></form>
      <p role="status">${words === "" ? "" : `Atrasts: ${found.length}`}</p>
      <ul>${found.map((medicine) => html`<li>${describe(medicine)}</li>`)}</ul>`,
  );
}

export function autocomplete({ url }: Visit): Response {
  const found = searchMedicines(url.searchParams.get("q") ?? "").slice(0, 10);
  return json({ suggestions: found.map(({ code, name }) => ({ code, name })) });
}

export function contactForm({ person }: Visit): Response {
  return page(
    "Saziņa",
    person,
    html`<form method="post" action="/contact">${field("Vārds", "name")}
        ${field("E-pasts", "email", { type: "email" })}
        ${area("Ziņojums", "message")} <button>Sūtīt</button></form>`,
  );
}

export async function takeContact({ request, records, person }: Visit): Promise<Response> {
  const form = await readForm(request);
  if (form.get("message") === "")
    return page("Ziņojums ir tukšs", person, html`<p><a href="/contact">Atpakaļ</a></p>`, 400);
  records.contacts += 1;
  return page("Paldies", person, html`<p>Jūsu ziņojums ir saņemts.</p>`);
}

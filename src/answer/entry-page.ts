/**
 * The challenge page with the ticket that opens it without the check. Prebuilt bytes with two slots, ticket and support code,
 * which differ from page to page; everything else is encoded once.
 */
import type { EntryLink, Recipient, Service } from "./answer-kinds.ts";
import { escapeMarkup } from "./escape.ts";
import { headersFor } from "./headers.ts";
import { pageFor } from "./pages.ts";
import { say, type Texts } from "./texts.ts";

export interface Entry extends EntryLink {
  readonly supportCode: string;
}

/** Private use: no text has them, and they come through escaping as they are. */
const TICKET_SLOT = "\uE001";
const CODE_SLOT = "\uE002";

interface Prebuilt {
  readonly headers: Headers;
  readonly pieces: readonly (Uint8Array | "ticket" | "code")[];
}

/** Languages × frames × steps of waiting. Emptied when full. */
const PREBUILT_MAX = 64;
const prebuilt = new WeakMap<Service, Map<string, Prebuilt>>();
const encoder = new TextEncoder();

export function entryPage({ ticket, supportCode, waitS }: Entry, to: Recipient, service: Service): Response {
  const { headers, pieces } = prebuiltFor(waitS, to, service);
  const values = { ticket: encoder.encode(ticket), code: encoder.encode(supportCode) };
  const parts = pieces.map((piece) => (typeof piece === "string" ? values[piece] : piece));
  const body = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  const response = new Response(body, { status: 403, headers });
  response.headers.set("Shield-Support", supportCode);
  return response;
}

function prebuiltFor(waitS: number, to: Recipient, service: Service): Prebuilt {
  const known = prebuilt.get(service) ?? new Map<string, Prebuilt>();
  prebuilt.set(service, known);
  const key = `${to.language} ${to.frame} ${to.corsOrigin} ${waitS}`;
  let made = known.get(key);
  if (!made) {
    if (known.size >= PREBUILT_MAX) known.clear();
    const entry = { ticket: TICKET_SLOT, waitS };
    const page = pageFor({ kind: "challenge", supportCode: CODE_SLOT, entry }, to, service);
    const pieces = page.split(/(\uE001|\uE002)/).map((text) => {
      if (text === TICKET_SLOT) return "ticket" as const;
      return text === CODE_SLOT ? ("code" as const) : encoder.encode(text);
    });
    made = { headers: headersFor({ kind: "challenge", supportCode: null }, to), pieces };
    known.set(key, made);
  }
  return made;
}

/** Where no script runs the page opens by itself. */
export function entryRefresh({ ticket, waitS }: EntryLink): string {
  return `<noscript><meta http-equiv="refresh" content="${waitS};url=/.shield/enter?ticket=${ticket}"></noscript>`;
}

/** The link is shown by the script when the check takes long or fails, and always where no script runs. */
export function entryWidget(texts: Texts, { ticket, waitS }: EntryLink): string {
  const { byItself, advice, link } = texts.entry;
  const anchor = `<a class="button" href="/.shield/enter?ticket=${ticket}&amp;desk=1">${escapeMarkup(link)}</a>`;
  const told = (sentence: string) => `<p>${escapeMarkup(say(texts, sentence, waitS))}</p>`;
  return `<section id="shield-entry" hidden>${told(advice)}<p>${anchor}</p></section>
<noscript>${told(byItself)}${told(advice)}<p>${anchor}</p></noscript>`;
}

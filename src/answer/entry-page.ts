/**
 * The challenge page with the ticket that opens it without the check. Prebuilt bytes with slots for ticket and support code,
 * which differ from page to page; everything else is encoded once.
 */
import type { TicketLink } from "../challenge/ticket.ts";
import type { EntryLink, Recipient, Service } from "./answer-kinds.ts";
import { escapeMarkup } from "./escape.ts";
import { headersFor } from "./headers.ts";
import { pageFor } from "./pages.ts";
import { say, type Texts } from "./texts.ts";

export interface Entry extends TicketLink {
  readonly waitS: number;
  readonly supportCode: string;
}

/** Private use: no text has them, and they come through escaping as they are. */
const LINK_SLOT = "\uE001";
const CODE_SLOT = "\uE002";

interface Prebuilt {
  readonly headers: Headers;
  readonly pieces: readonly (Uint8Array | "link" | "code")[];
  readonly bytes: number;
  readonly links: number;
  readonly codes: number;
}

/** Languages × frames × steps of waiting. Emptied when full. */
const PREBUILT_MAX = 64;
const prebuilt = new WeakMap<Service, Map<string, Prebuilt>>();
const encoder = new TextEncoder();

export function entryPage(entry: Entry, to: Recipient, service: Service): Response {
  const { headers, pieces, bytes, links, codes } = prebuiltFor(entry.waitS, to, service);
  const link = encoder.encode(addressOf(entry));
  const code = encoder.encode(entry.supportCode);
  const body = new Uint8Array(bytes + links * link.length + codes * code.length);
  let at = 0;
  for (const piece of pieces) {
    const part = piece === "link" ? link : piece === "code" ? code : piece;
    body.set(part, at);
    at += part.length;
  }
  // The response takes a copy of them: to set it there would cost another object.
  headers.set("Shield-Support", entry.supportCode);
  return new Response(body, { status: 403, headers });
}

/** Escaped in itself: encoding leaves nothing that means something in HTML. */
function addressOf({ ticket, target }: TicketLink): string {
  return `/.shield/enter?ticket=${ticket}&amp;to=${encodeURIComponent(target)}`;
}

function prebuiltFor(waitS: number, to: Recipient, service: Service): Prebuilt {
  const known = prebuilt.get(service) ?? new Map<string, Prebuilt>();
  prebuilt.set(service, known);
  const key = `${to.language} ${to.frame} ${to.corsOrigin} ${waitS}`;
  let made = known.get(key);
  if (!made) {
    if (known.size >= PREBUILT_MAX) known.clear();
    const page = pageFor({ kind: "challenge", supportCode: CODE_SLOT, entry: { link: LINK_SLOT, waitS } }, to, service);
    const pieces = page.split(/(\uE001|\uE002)/).map((text) => {
      if (text === LINK_SLOT) return "link" as const;
      return text === CODE_SLOT ? ("code" as const) : encoder.encode(text);
    });
    made = {
      headers: headersFor({ kind: "challenge", supportCode: null }, to),
      pieces,
      bytes: pieces.reduce((sum, piece) => sum + (typeof piece === "string" ? 0 : piece.length), 0),
      links: pieces.filter((piece) => piece === "link").length,
      codes: pieces.filter((piece) => piece === "code").length,
    };
    known.set(key, made);
  }
  return made;
}

/** Where no script runs the page opens by itself. */
export function entryRefresh({ link, waitS }: EntryLink): string {
  return `<noscript><meta http-equiv="refresh" content="${waitS};url=${link}"></noscript>`;
}

/** The link is shown by the script when the check takes long or fails, and by the page where no script runs or comes. */
export function entryWidget(texts: Texts, { link, waitS }: EntryLink): string {
  const { advice, link: words } = texts.entry;
  const anchor = `<a class="button" href="${link}&amp;desk=1">${escapeMarkup(words)}</a>`;
  return `<section id="shield-entry" class="late"><p>${escapeMarkup(say(texts, advice, waitS))}</p><p>${anchor}</p></section>`;
}

/** In each language, as it is all that has to be known where no script runs. */
export function entryByItself(texts: Texts, { waitS }: EntryLink): string {
  return `<noscript><p>${escapeMarkup(say(texts, texts.entry.byItself, waitS))}</p></noscript>`;
}

/**
 * The form on a page of ours that carries back what somebody posted, and the bytes of such a page. It works without
 * JavaScript: a press of the button sends the very same form to the very same URL.
 *
 * The encoding is text/plain, which hardly any form uses: so a form that comes back is known by its headers, and no other
 * body has to be looked into. Base64url survives it unchanged.
 */

import type { Bytes } from "../bytes.ts";
import { encodeBase64url } from "../resend/base64-bytes.ts";
import { type Carried, CONTENTS_FIELD, DEADLINE_FIELD } from "../resend/carried.ts";
import { escapeMarkup } from "./escape.ts";
import type { Texts } from "./texts.ts";

/** Marks where something of this one page goes into a prebuilt one. `escapeMarkup` lets it through nowhere else. */
const SLOT = "\u0001";

/** `data-…`: what the script says, in the page's language. */
export function carriedWidget({ resend }: Texts): string {
  return `<form id="shield-resend" method="post" enctype="text/plain" autocomplete="off" action="${SLOT}" data-sending="${escapeMarkup(resend.sending)}" data-expired="${escapeMarkup(resend.expired)}">
<input type="hidden" name="${DEADLINE_FIELD}" value="${SLOT}">
<input type="hidden" name="${CONTENTS_FIELD}" value="${SLOT}">
<p id="shield-resend-by-hand"><button>${escapeMarkup(resend.send)}</button></p>
</form>
<p id="shield-resend-status" role="status" aria-live="polite"></p>`;
}

const encoder = new TextEncoder();
/** A multiple of 3, so that the pieces join. */
const PIECE_BYTES = 49_152;

export function splitAtSlots(page: string): readonly Bytes[] {
  return page.split(SLOT).map((piece) => new Uint8Array(encoder.encode(piece)));
}

/** The page as it is sent, piece by piece: the form is never in memory as text. */
export function carryingBody(pieces: readonly Bytes[], carried: Carried): ReadableStream<Uint8Array> {
  const parts = partsOf(pieces, carried);
  return new ReadableStream({
    pull(controller) {
      const { value, done } = parts.next();
      if (!done) return controller.enqueue(value);
      carried.done();
      controller.close();
    },
    cancel: () => carried.done(),
  });
}

function* partsOf([first, second, third, last]: readonly Bytes[], { action, deadline, contents }: Carried) {
  if (!first || !second || !third || !last) throw new Error("the page has no place for a form");
  yield first;
  yield encoder.encode(escapeMarkup(action));
  yield second;
  yield encoder.encode(deadline);
  yield third;
  for (let at = 0; at < contents.length; at += PIECE_BYTES)
    yield encodeBase64url(contents.subarray(at, at + PIECE_BYTES));
  yield last;
}

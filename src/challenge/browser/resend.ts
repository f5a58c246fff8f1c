/**
 * What the script does on a page that carries back a form: sends it once, keeps it sendable while the page is open, and
 * leaves behind a history in which Back leads to the filled form.
 */

/** A deadline is ten minutes away at the most. */
const KEEP_EVERY_MS = 4 * 60_000;
/** Whoever stopped the browser may press again after that. */
const PRESSED_FOR_MS = 15_000;

const BACK = "/.shield/back";

/**
 * A form post always adds an entry to the history, so this page would stay between the form and the result, and Back would
 * post again. In its place stands a page that passes people on.
 */
function stepAside(): void {
  history.replaceState(null, "", BACK);
}

export function carriedForm(): HTMLFormElement | null {
  const form = document.getElementById("shield-resend");
  return form instanceof HTMLFormElement ? form : null;
}

export function sendForm(form: HTMLFormElement): void {
  stepAside();
  form.submit();
}

/** For the button, which works without us as well, and for the time that the page stays open. */
export function tendForm(form: HTMLFormElement): void {
  let pressed = false;
  form.addEventListener("submit", (event) => {
    if (pressed) return event.preventDefault();
    pressed = true;
    setTimeout(() => {
      pressed = false;
    }, PRESSED_FOR_MS);
    stepAside();
    say(form.dataset.sending);
  });
  setInterval(() => void keep(form), KEEP_EVERY_MS);
}

/** The button, for whoever has to send by hand, and the check in another tab, in each language of the page. */
export function offerByHand(offered: boolean): void {
  for (const part of document.querySelectorAll<HTMLElement>("#shield-resend-by-hand, #shield-aside, .aside"))
    part.hidden = !offered;
}

async function keep(form: HTMLFormElement): Promise<void> {
  const deadline = form.elements.namedItem("shield-until");
  if (!(deadline instanceof HTMLInputElement)) return;
  try {
    const headers = { "Content-Type": "text/plain" };
    const response = await fetch("/.shield/keep", { method: "POST", headers, body: deadline.value, cache: "no-store" });
    if (response.ok) deadline.value = await response.text();
    else if (response.status === 403) say(form.dataset.expired);
  } catch {
    // No network for a moment: the next time is well before the deadline.
  }
}

function say(text: string | undefined): void {
  const status = document.getElementById("shield-resend-status");
  if (status && text) status.textContent = text;
}

interface Activated {
  readonly activation?: {
    readonly from: { readonly index: number } | null;
    readonly entry: { readonly index: number };
  } | null;
}

/** On the page that stands aside: whoever came by Back goes on back, whoever came by Forward goes on forward. */
export function passOn(): void {
  // https://html.spec.whatwg.org/#navigation-activation-interface; browsers without it are taken to have come by Back.
  const activation = (window as { readonly navigation?: Activated }).navigation?.activation;
  addEventListener("pageshow", () => {
    if (activation?.from && activation.from.index < activation.entry.index) history.forward();
    else history.back();
  });
}

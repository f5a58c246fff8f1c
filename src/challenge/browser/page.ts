/**
 * The script of the challenge page: shows progress, earns a clearance, and asks for the same document again. The page
 * holds all texts in its own language; this script only chooses among them.
 */
import { earnClearance } from "./earn.ts";
import { browserMeans, inTurn, pause } from "./means.ts";
import { carriedForm, offerByHand, passOn, sendForm, tendForm } from "./resend.ts";
import { forgetRounds, isLoop, noteRound } from "./rounds.ts";

const COUNTERS = 8;
/** A PC of 2015 has solved the dearest puzzle by then, network and other tabs included: whoever has not is shown another way. */
const DEVICE_BUDGET_MS = 6_000;
/** What was asked for has come by then, or it was a file: then this page stays. */
const STILL_HERE_MS = 6_000;

type Text = "working" | "done" | "stay" | "failed" | "again" | "noCookies" | "framed";

const memory = () => sessionStorage;
const means = browserMeans(fetch.bind(window), showProgress);

function element(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** The status is a live region: it speaks when the stage changes, not at every step. */
function say(text: Text): void {
  const status = element("shield-status");
  const words = status?.dataset[text];
  if (status && words) status.textContent = words;
}

function showProgress(found: number): void {
  const bar = element("shield-progress");
  if (!(bar instanceof HTMLProgressElement)) return;
  bar.max = COUNTERS;
  bar.value = found;
}

/** What to do then stands on the page in each of its languages. */
function showFailed(shown: boolean): void {
  for (const part of document.querySelectorAll<HTMLElement>(".failed")) part.hidden = !shown;
}

function showFailure(text: "failed" | "again" | "noCookies"): void {
  say(text);
  const progress = element("shield-progress");
  if (progress) progress.hidden = true;
  showFailed(true);
  offerByHand(true);
  // What it buys is a cookie as well.
  offerEntry(text !== "noCookies");
}

/** The way round the check. It stands in the page from the beginning, for browsers in which this script never arrives. */
function offerEntry(offered: boolean): void {
  const entry = element("shield-entry");
  if (entry) entry.hidden = !offered;
}

async function run(): Promise<void> {
  if (isInForeignFrame()) {
    say("framed");
    const link = element("shield-framed");
    if (link) link.hidden = false;
    return;
  }
  if (!navigator.cookieEnabled) return showFailure("noCookies");
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (isLoop(memory, navigation?.type === "reload", Date.now())) return showFailure(await whyInVain());
  await work();
}

/** A frame of ours within a frame of another site has no cookies either, and only the page can tell. */
function isInForeignFrame(): boolean {
  try {
    return window.top?.location.origin !== location.origin;
  } catch {
    return true;
  }
}

/** Whoever has a clearance is given no puzzle. Whoever earned two and is given one lost them: the cookie was not kept. */
async function whyInVain(): Promise<"again" | "noCookies"> {
  const { status } = await means.post("/.shield/puzzle", "{}");
  return status === 200 ? "noCookies" : "again";
}

async function work(): Promise<void> {
  // Hidden until now: without this script nothing would ever move it.
  const progress = element("shield-progress");
  if (progress) progress.hidden = false;
  say("working");
  showProgress(0);
  const slow = setTimeout(() => offerEntry(true), DEVICE_BUDGET_MS);
  const earned = await inTurn(() => earnClearance(means));
  clearTimeout(slow);
  if (!earned) return showFailure("failed");
  noteRound(memory, Date.now());
  showProgress(COUNTERS);
  say("done");
  const form = carriedForm();
  if (form) return sendForm(form);
  // A reload takes this page's place in the history, so Back stays clean; it keeps the Referer that the origin would have
  // seen; and unlike location.replace it also works for an address with a fragment. The document came by GET.
  location.reload();
  await pause(STILL_HERE_MS);
  say("stay");
}

/** A person who asks again gets a fresh start, whatever happened before. */
function retry(): void {
  forgetRounds(memory);
  showFailed(false);
  offerByHand(false);
  work().catch(() => showFailure("failed"));
}

function begin(): void {
  if (document.querySelector("main")?.dataset.shield === "back") {
    passOn();
    return;
  }
  const form = carriedForm();
  if (form) tendForm(form);
  if (!element("shield-status")) return;
  // From here on this script knows when it is time.
  for (const part of document.querySelectorAll(".late")) part.classList.remove("late");
  offerByHand(false);
  offerEntry(false);
  element("shield-retry")?.addEventListener("click", (event) => {
    event.preventDefault();
    retry();
  });
  run().catch(() => showFailure("failed"));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();

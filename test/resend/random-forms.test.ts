/** The property that matters most, in a real browser: whatever a form holds, the origin gets the very bytes, once. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { headerOf } from "../lab/recording-origin.ts";
import { IMPATIENT, sendAgain, sha256Of, startFormBrowser } from "./form-browser.ts";
import { page as originPage } from "./lab.ts";
import { expectedBody, type RandomForm, randomForm, submitForm } from "./random-forms.ts";

const FORMS = 200;
/** What becomes of a form at first: every fourth one is asked, every second one comes back with a button. */
const WAYS = ["challenge", "limit", "passes", "limit"] as const;

const forms = startFormBrowser();

const wayOf = (n: number) => WAYS[Math.floor(n / 2) % WAYS.length] ?? "challenge";
const pathOf = (n: number) => `/${wayOf(n)}/random-${n}`;

test(`${FORMS} random forms in every encoding: the origin has each byte for byte, once, whatever they met`, async () => {
  const met = (await Promise.all([postAll(0), postAll(1)])).flat();
  const ways = Array.from({ length: FORMS }, (_, n) => wayOf(n));
  for (const way of ["challenge", "limit"])
    expect(met.filter((met) => met === way)).toHaveLength(ways.filter((known) => known === way).length);
  const posts = forms.lab.origin.seen.filter(({ method }) => method === "POST").map(({ target }) => target);
  expect(posts.sort()).toEqual(ways.map((_, n) => `${pathOf(n)}?n=${n}`).sort());
  for (let n = 0; n < FORMS; n++) expectExact(n, randomForm(n));
});

/** Hands in every second form, each from the page that the one before led to. Says what they met. */
async function postAll(first: number): Promise<string[]> {
  const { lab, somebody, url } = forms;
  const page = await somebody();
  const met: string[] = [];
  page.on("response", (response) => {
    const what = response.headers()["shield-mitigated"];
    if (what !== undefined && response.request().method() === "POST") met.push(what);
  });
  lab.origin.on(`/form/first-${first}`, originPage(""));
  await page.goto(url(`/form/first-${first}`));
  for (let n = first; n < FORMS; n += 2) {
    // Somebody else each time, in another network: nobody earns a clearance twice, and no check becomes dearer.
    await page.context().clearCookies();
    await page.evaluate(() => sessionStorage.clear());
    await become(page, n, wayOf(n) === "limit");
    lab.origin.on(pathOf(n), originPage(`<p id="kept-${n}">Saglabāts</p>`));
    await page.evaluate(submitForm, { ...randomForm(n), action: `${pathOf(n)}?n=${n}` });
    if (wayOf(n) === "limit") {
      await page.locator("#shield-resend button").waitFor();
      await become(page, n, false);
      await sendAgain(page);
    }
    await page.locator(`#kept-${n}`).waitFor();
  }
  return met;
}

function become(page: Page, n: number, impatient: boolean): Promise<void> {
  const name = impatient ? IMPATIENT.userAgent : "Mozilla/5.0";
  return page.setExtraHTTPHeaders({ "CF-Connecting-IP": `198.19.${n}.9`, "User-Agent": name });
}

function expectExact(n: number, { enctype, entries }: RandomForm): void {
  const [seen] = forms.lab.posts(pathOf(n));
  if (!seen) throw new Error(`form ${n} did not reach the origin`);
  const type = headerOf(seen, "Content-Type")[0] ?? "";
  expect(type.split(";")[0]).toBe(enctype);
  const body = expectedBody(enctype, entries, /boundary=(.*)$/.exec(type)?.[1] ?? "");
  expect([seen.bytes, seen.sha256], `form ${n}`).toEqual([body.length, sha256Of(body)]);
}

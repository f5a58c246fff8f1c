/** Every page of ours as people meet it, in both languages, in a real browser: no barrier, at every width, in light and dark. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL, answerTo } from "../answer/samples.ts";
import { launchBrowser } from "../lab/browser.ts";
import { barriers, overflows, picture } from "./barriers.ts";

const HERE = "https://portal.example.lv/";
/** Of these there are pictures; the others differ from them in a sentence. */
const PICTURED = ["block", "limit", "wait", "closed", "closed, static only", "fault"];

let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  browser = await launchBrowser();
  context = await browser.newContext();
});
afterAll(() => browser?.close());

const cases = (["lv", "en"] as const).flatMap((language) => ["GET", "POST"].map((method) => ({ language, method })));

describe.each(cases)("in $language, after $method", ({ language, method }) => {
  test("no page has a barrier or must be scrolled sideways", { timeout: 60_000 }, async () => {
    const page = await context.newPage();
    for (const [name, what] of ALL) {
      if (what.kind === "challenge") continue; // challenge-page.test.ts
      await show(page, answerTo(what, { language, method }));
      const words = `${name}-${language}${method === "POST" ? "-post" : ""}`.replace(/\W+/g, "-");
      expect([words, ...(await barriers(page))]).toEqual([words]);
      expect([words, ...(await overflows(page, [320, 768, 1280]))]).toEqual([words]);
      if (PICTURED.includes(name)) await picture(page, words, 320);
      if (PICTURED.includes(name) && method === "GET") await picture(page, words, 1280);
    }
    await page.close();
  });
});

test("dark, with strong contrast, without motion and on paper it can be read as well", async () => {
  const page = await context.newPage();
  const [, closed] = ALL.find(([name]) => name === "closed, static only") ?? [];
  if (!closed) throw new Error("there is no such page");
  for (const media of [
    { colorScheme: "dark" },
    { forcedColors: "active" },
    { reducedMotion: "reduce" },
    { media: "print" },
  ] as const) {
    await page.emulateMedia(media);
    await show(page, answerTo(closed, { language: "lv" }));
    expect(await barriers(page)).toEqual([]);
    await picture(page, `static-${Object.values(media)}`, 768);
    await page.emulateMedia({ colorScheme: null, forcedColors: null, reducedMotion: null, media: null });
  }
});

test("without its style sheet the order of what is said stays", async () => {
  const page = await context.newPage();
  const [, wait] = ALL.find(([name]) => name === "wait") ?? [];
  if (!wait) throw new Error("there is no such page");
  const response = answerTo(wait, { language: "lv" });
  await page.setContent((await response.text()).replace(/<style>.*?<\/style>/s, ""));
  await picture(page, "wait-without-style", 768);
  const text = await page.evaluate(() => document.body.textContent);
  const order = ["Pakalpojums ir pārslogots", "pati mēģinās", "Atbalsta kods", "The service is overloaded"];
  const places = order.map((words) => text.indexOf(words));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

/** As the shield would answer it, headers and all. */
async function show(page: Page, response: Response): Promise<void> {
  const { status, headers } = response;
  const body = await response.text();
  await page.unrouteAll();
  await page.route(HERE, (route) => route.fulfill({ status, headers: Object.fromEntries(headers), body }));
  await page.goto(HERE);
}

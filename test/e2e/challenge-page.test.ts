/** The challenge page as people meet it: for everybody, at every width, and quick. Pictures are in .build/screenshots. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, openContext } from "../lab/browser.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import { underFlood } from "./siege.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.build/screenshots");
const SOMEWHERE = "198.51.100.7";

let lab: Lab;
let shield: URL;
let browser: Browser;
let context: BrowserContext | undefined;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  [lab, browser] = await Promise.all([startEdges({ portalCapacity: 0 }), launchBrowser()]);
  const [url] = lab.shieldUrls;
  if (!url) throw new Error("the lab has no shield");
  shield = url;
  // After a flood the shield stays on guard for a minute: whoever comes now is asked to solve a challenge.
  await underFlood(shield, () => Promise.resolve());
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});
afterEach(async () => {
  await context?.close();
});

describe.each([
  { language: "lv", locale: "lv-LV" },
  { language: "en", locale: "en-GB" },
])("in $language", ({ language, locale }) => {
  test.each([320, 1280])("fits %i px and has no barrier", async (width) => {
    const page = await openHeld(width, locale);
    await page.screenshot({ path: join(SCREENSHOTS, `challenge-${language}-${width}.png`), fullPage: true });
    expect(await page.getAttribute("html", "lang")).toBe(language);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await violations(page)).toEqual([]);
  });

  test("says so when it fails, and lets people try again", async () => {
    const page = await openHeld(320, locale, "fail");
    await page.locator("#shield-failed").waitFor({ state: "visible", timeout: 20_000 });
    await page.screenshot({ path: join(SCREENSHOTS, `challenge-failed-${language}-320.png`), fullPage: true });
    expect(await violations(page)).toEqual([]);
    await page.unrouteAll();
    await page.click("#shield-retry");
    await page.getByRole("heading", { level: 1, name: "E-receptes" }).waitFor();
  });
});

test("solves itself and brings people to what they asked for", async () => {
  context = await openContext(browser, SOMEWHERE);
  const page = await context.newPage();
  const first = await page.goto(new URL("/news?page=3#top", shield).href);
  expect(first?.status()).toBe(403);
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
  expect(page.url()).toBe(new URL("/news?page=3#top", shield).href);
  // Back leaves the site: the challenge is not in the history.
  expect(await page.evaluate(() => history.length)).toBe(2);
});

test("solves itself where the browser has no Web Workers", async () => {
  context = await openContext(browser, SOMEWHERE);
  const page = await context.newPage();
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "Worker"));
  expect((await page.goto(new URL("/news?page=3", shield).href))?.status()).toBe(403);
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
});

test("without script it still says what to do", async () => {
  context = await openContext(browser, SOMEWHERE, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  await page.goto(shield.href);
  await page.screenshot({ path: join(SCREENSHOTS, "challenge-no-script-lv-320.png"), fullPage: true });
  expect(await page.locator("noscript p").isVisible()).toBe(true);
});

/** The page while it works: its puzzle never comes, or comes to nothing. */
async function openHeld(width: number, locale: string, puzzle: "hold" | "fail" = "hold"): Promise<Page> {
  context = await openContext(browser, SOMEWHERE, { locale, viewport: { width, height: 720 } });
  const page = await context.newPage();
  await page.route("**/.shield/puzzle", async (route) => {
    if (puzzle === "fail") await route.fulfill({ status: 403, body: "" });
  });
  await page.goto(shield.href);
  return page;
}

async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so the page's Content-Security-Policy stays as it is.
  await page.evaluate(axe.source);
  const results = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return (results as AxeResults).violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.length})`);
}

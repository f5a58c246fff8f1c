/** The challenge page as people meet it: every state of it, in both languages, for everybody, at every width. */
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { openContext } from "../lab/browser.ts";
import { barriers, overflows, picture } from "./barriers.ts";
import { startGuarded } from "./guarded.ts";
import { holdBack, stopAnimations, stopClock } from "./time.ts";

const guarded = startGuarded();
const WIDTHS = [320, 768, 1280];
const LANGUAGES = [
  { language: "lv", locale: "lv-LV" },
  { language: "en", locale: "en-GB" },
];

let context: BrowserContext | undefined;
afterEach(() => context?.close());

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  await context?.close();
  context = await openContext(guarded.browser, guarded.freshAddress(), options);
  return context.newPage();
}
const at = (path: string) => new URL(path, guarded.shield).href;
const status = (page: Page | ReturnType<Page["frameLocator"]>) => page.locator("#shield-status");

/** A form of the portal whose way leads where strangers are asked. It comes without a ticket, as one from yesterday does. */
async function postForm(page: Page): Promise<void> {
  await page.goto(at("/contact"));
  await page.context().clearCookies();
  await page.evaluate(() => {
    const form = document.querySelector<HTMLFormElement>("main form");
    form?.setAttribute("action", "/news");
    form?.setAttribute("novalidate", "");
  });
  await page.click("main form button");
  await page.locator("main[data-shield]").waitFor();
}

/** How each state is reached. Each ends on the page that is to be judged. */
const STATES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  working: async (page) => {
    await page.route("**/.shield/puzzle", () => undefined); // it never comes
    await page.goto(at("/news"));
    await page.locator("#shield-progress").waitFor();
  },
  failed: async (page) => {
    await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 403, body: "" }));
    await page.goto(at("/news"));
    await page.locator("#shield-retry").waitFor();
  },
  "no-cookies": async (page) => {
    // What a browser does that refuses them: the answer is good, the cookie is not kept.
    await page.route("**/.shield/redeem", (route) => route.fulfill({ status: 204 }));
    await page.goto(at("/news"));
    await page.locator("#shield-retry").waitFor();
    // It would be kept no better than what the check buys.
    expect(await page.locator("#shield-entry").isVisible()).toBe(false);
  },
  again: async (page) => {
    await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 204 }));
    await page.goto(at("/news"));
    await page.locator("#shield-retry").waitFor();
  },
  stay: async (page) => {
    await page.goto(at("/search"));
    await page.evaluate(() => {
      const link = document.createElement("a");
      link.href = "/download/big?bytes=100&header=x";
      link.textContent = "file";
      document.body.append(link);
    });
    // The portal answers with a file after the challenge: no page takes the place of ours.
    await page.route("**/download/big?*", async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers() };
      if (response.status() === 200) headers["content-disposition"] = "attachment; filename=a.bin";
      await route.fulfill({ response, headers });
    });
    await page.clock.install();
    await Promise.all([page.waitForEvent("download"), page.getByText("file", { exact: true }).click()]);
    await page.clock.fastForward(10_000);
    await status(page)
      .filter({ hasText: /lejupielādēta|downloaded/ })
      .waitFor();
  },
  // Somebody posts a form: the page carries it, and offers to send it by hand where the check fails.
  carrying: async (page) => {
    await page.route("**/.shield/puzzle", () => undefined);
    await postForm(page);
    await page.locator("#shield-progress").waitFor();
    expect(await page.locator(".aside:visible, #shield-aside:visible").count()).toBe(0);
  },
  "carrying-failed": async (page) => {
    await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 403, body: "" }));
    await postForm(page);
    await page.locator("#shield-resend-by-hand").waitFor();
  },
};

describe.each(LANGUAGES)("in $language", ({ language, locale }) => {
  test.each(Object.keys(STATES))("%s: no barrier, and nothing beyond the edge", async (state) => {
    const page = await openPage({ locale });
    await STATES[state]?.(page);
    expect(await page.getAttribute("html", "lang")).toBe(language);
    expect(await barriers(page)).toEqual([]);
    expect(await overflows(page, WIDTHS)).toEqual([]);
    for (const width of WIDTHS) await picture(page, `challenge-${state}-${language}`, width);
  });
});

test.each(LANGUAGES)(
  "without script in $language it says what to do, in both, and shows whom to call",
  async ({ language, locale }) => {
    const page = await openPage({ locale, javaScriptEnabled: false });
    await holdBack(page, "**/.shield/enter?*");
    await page.goto(at("/news"));
    for (const width of WIDTHS) await picture(page, `challenge-no-script-${language}`, width);
    for (const told of await page.locator("noscript p").all()) expect(await told.isVisible()).toBe(true);
    expect(await page.locator("section[lang] noscript p").count()).toBe(2);
    expect(await page.locator("#shield-entry a").isVisible()).toBe(true);
    for (const hidden of ["#shield-progress", "#shield-failed", "#shield-retry"])
      expect(await page.locator(hidden).isVisible()).toBe(false);
    expect(await page.locator(".code").isVisible()).toBe(true);
    // axe needs scripts: the same page, with all shown that stands there only without them.
    const shown = (await page.content())
      .replace(/<script.*?<\/script>|<noscript><meta.*?<\/noscript>/g, "")
      .replace(/<\/?noscript>| class="late"/g, "");
    const judged = await openPage({ locale });
    await judged.setContent(shown);
    expect(await judged.locator("#shield-entry a").isVisible()).toBe(true);
    expect(await barriers(judged)).toEqual([]);
    expect(await overflows(judged, WIDTHS)).toEqual([]);
  },
);

test("when the check takes longer than any device should need, the way round it opens beside it", async () => {
  const page = await openPage();
  await stopClock(page);
  await page.route("**/.shield/puzzle", () => undefined); // it never comes
  await page.goto(at("/news"));
  await page.locator("#shield-progress").waitFor();
  expect(await page.locator("#shield-entry").isVisible()).toBe(false);
  await page.clock.fastForward(6_000);
  await page.locator("#shield-entry").waitFor({ state: "visible" });
  expect(await page.locator("#shield-progress").isVisible()).toBe(true);
  await page.clock.resume();
  expect(await barriers(page)).toEqual([]);
});

test("where its script never arrives, a page that carries a form offers the button and the check in another tab, in both languages", async () => {
  const page = await openPage();
  await page.route("**/.shield/challenge.js", (route) => route.abort());
  const runAnimations = await stopAnimations(page);
  await postForm(page);
  const inEnglish = page.locator("section[lang=en] .aside");
  expect(await inEnglish.isVisible()).toBe(false);
  expect(await page.locator("#shield-resend button").isVisible()).toBe(true);
  expect(await page.locator("#shield-aside").isVisible()).toBe(false);
  await runAnimations();
  await page.locator("#shield-aside a").waitFor({ state: "visible" });
  await inEnglish.waitFor({ state: "visible" });
  for (const words of [
    "tiks nosūtīts automātiski, tiklīdz pārbaude šeit būs pabeigta",
    "Ja šajā lapā pārbaude nesākas",
  ])
    expect(await page.getByText(words).isVisible()).toBe(true);
  expect(await barriers(page)).toEqual([]);
  expect(await overflows(page, WIDTHS)).toEqual([]);
  await picture(page, "challenge-carrying-without-its-script-lv", 320);
});

test("the keyboard reaches everything in order, and trying again works with it", async () => {
  const page = await openPage();
  await STATES.failed?.(page);
  const reached: string[] = [];
  for (let step = 0; step < 3; step++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement?.textContent ?? ""));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe("solid");
  }
  expect(reached).toEqual(["Mēģināt vēlreiz", "Atvērt bez pārbaudes", "+371 6780 3300"]);
  await page.unrouteAll();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "1. lapa" }).waitFor();
});

test("what changes is announced politely, once for each stage, and nothing moves by itself", async () => {
  const page = await openPage({ reducedMotion: "reduce" });
  await page.addInitScript(() => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    const note = (changes: readonly MutationRecord[]) => {
      for (const { target, addedNodes } of changes)
        if (target instanceof Element && target.closest("[aria-live=polite]") && addedNodes.length > 0)
          said.push(target.textContent ?? "");
    };
    new MutationObserver(note).observe(document, { childList: true, subtree: true });
  });
  await STATES.failed?.(page);
  const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
  expect(said).toEqual([expect.stringContaining("Notiek pārbaude"), expect.stringContaining("neizdevās")]);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});

test("weighs less than 14 kB with all its scripts, and needs nobody else", async () => {
  const page = await openPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await STATES.working?.(page);
  const { gzipSync } = await import("node:zlib");
  const bytes = async (path: string) => {
    const response = await fetch(at(path), { headers: { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" } });
    return gzipSync(Buffer.from(await response.arrayBuffer())).length;
  };
  const weight = (await bytes("/news")) + (await bytes("/.shield/challenge.js")) + (await bytes("/.shield/solver.js"));
  expect(weight).toBeLessThan(14_000);
  expect([...hosts]).toEqual([guarded.shield.host]);
});

/** Forms that meet the shield, in a real browser. Pictures are in .build/screenshots. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, openContext } from "../lab/browser.ts";
import { constant, headerOf } from "../lab/recording-origin.ts";
import { carriedBy, type FormLab, page as originPage, post, startFormLab } from "./lab.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.build/screenshots");
const TYPED = "2× dienā + pēc ēšanas; \"lēni\" & 'uzmanīgi'";

let lab: FormLab;
let browser: Browser;
let contexts: BrowserContext[] = [];
let lastAddress = 0;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  [lab, browser] = await Promise.all([startFormLab(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
});

async function somebody(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await openContext(browser, `198.18.${lastAddress++}.9`, options);
  contexts.push(context);
  return context;
}

const url = (path: string) => new URL(path, lab.shield).href;

const formOf = (action: string) => `/form${action}`;

/** Opens a form of the portal, as soon as there is room for it, and fills it in. */
async function write(page: Page, action: string): Promise<void> {
  lab.origin.on(
    formOf(action),
    originPage(
      `<form method="post" action="${action}?x=1&amp;x=2"><label>Piezīme <input name="note"></label><input name="submit" value=""><button id="go">Sūtīt</button></form>`,
    ),
  );
  lab.origin.on(action, originPage("<h1>Saglabāts</h1>"));
  for (let i = 0; i < 40 && (await page.goto(url(formOf(action))))?.status() !== 200; i++)
    await page.waitForTimeout(500);
  await page.fill("input[name=note]", TYPED);
}

/** Another name than the rule wants that limits her: now she may pass. */
async function becomePatient(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setUserAgentOverride", { userAgent: "Mozilla/5.0", acceptLanguage: "lv" });
}

const send = (page: Page) => page.click("#go", { noWaitAfter: true });
const sendAgain = (page: Page) => page.locator("#shield-resend button").click({ noWaitAfter: true });
const saved = (page: Page) => page.getByRole("heading", { name: "Saglabāts" }).waitFor();
const expectOnce = (action: string) => {
  const body = new URLSearchParams({ note: TYPED, submit: "" }).toString();
  const seen = lab.posts(action);
  expect(seen.map(({ target, sha256 }) => [target, sha256])).toEqual([[`${action}?x=1&x=2`, sha256Of(body)]]);
  expect(headerOf(seen[0] ?? never(), "Referer")).toEqual([url(formOf(action))]);
};
const sha256Of = (body: string | Uint8Array) => createHash("sha256").update(body).digest("hex");
function never(): never {
  throw new Error("nothing reached the origin");
}

describe("a form that meets the challenge", () => {
  test("passes by itself; Back shows it filled in; reloading the result sends nothing", async () => {
    const context = await somebody();
    const page = await context.newPage();
    await write(page, "/challenge/back/save");
    await send(page);
    await saved(page);
    expect(page.url()).toBe(url("/challenge/back/save?x=1&x=2"));
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Jau nosūtīts" }).waitFor();
    await page.goBack({ waitUntil: "commit" });
    await page.waitForURL(url(formOf("/challenge/back/save")));
    expect(await page.inputValue("input[name=note]")).toBe(TYPED);
    expectOnce("/challenge/back/save");
  });

  test("in two tabs at once passes in both", async () => {
    const context = await somebody();
    const tabs = [await context.newPage(), await context.newPage()];
    for (const [i, tab] of tabs.entries()) await write(tab, `/challenge/tab${i}/save`);
    await context.clearCookies();
    await Promise.all(tabs.map(send));
    await Promise.all(tabs.map(saved));
    for (const i of [0, 1]) expectOnce(`/challenge/tab${i}/save`);
  });

  test("leads on to another site where the portal does", async () => {
    const elsewhere = createServer((_, response) => response.end("<h1>Cita vieta</h1>")).listen(0, "127.0.0.1");
    const context = await somebody();
    const page = await context.newPage();
    await write(page, "/challenge/onward/save");
    const there = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    lab.origin.on("/challenge/onward/save", constant({ status: 303, headers: [["Location", there]] }));
    await send(page);
    await page.waitForURL(there);
    elsewhere.closeAllConnections();
    elsewhere.close();
    expectOnce("/challenge/onward/save");
  });
});

describe.each([
  { language: "lv", locale: "lv-LV" },
  { language: "en", locale: "en-GB" },
])("in $language", ({ language, locale }) => {
  test.each([
    ["limit", 320],
    ["limit", 1280],
    ["closed", 320],
    ["closed", 1280],
    ["challenge", 320],
    ["challenge", 1280],
  ])("a form on the page for %s fits %i px and has no barrier", async (kind, width) => {
    const context = await somebody({ locale, userAgent: "Mozilla/5.0 impatient", viewport: { width, height: 720 } });
    const page = await context.newPage();
    await page.route("**/.shield/puzzle", () => undefined);
    await write(page, `/${kind}/${language}${width}/save`);
    await send(page);
    await page.locator("#shield-resend").waitFor({ state: "attached" });
    await page.screenshot({ path: join(SCREENSHOTS, `resend-${kind}-${language}-${width}.png`), fullPage: true });
    expect(await page.getAttribute("html", "lang")).toBe(language);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await violations(page)).toEqual([]);
    expect(await page.locator("#shield-resend button").isVisible()).toBe(kind !== "challenge");
  });
});

describe.each(["with", "without"])("%s JavaScript", (script) => {
  const options = { javaScriptEnabled: script === "with", userAgent: "Mozilla/5.0 impatient" };

  test("a form that met a limit is sent by the button, once", async () => {
    const context = await somebody(options);
    const page = await context.newPage();
    await write(page, `/limit/${script}/save`);
    await send(page);
    await page.getByRole("heading", { level: 1, name: "Pārāk daudz pieprasījumu" }).waitFor();
    await becomePatient(page);
    await sendAgain(page);
    await saved(page);
    expectOnce(`/limit/${script}/save`);
    if (script === "without") return; // then there is nobody to tidy the history
    await page.goBack({ waitUntil: "commit" });
    await page.waitForURL(url(formOf(`/limit/${script}/save`)));
    expect(await page.inputValue("input[name=note]")).toBe(TYPED);
  });
});

test("pressed twice, it is sent once, and she sees the result", async () => {
  const context = await somebody({ userAgent: "Mozilla/5.0 impatient" });
  const page = await context.newPage();
  await write(page, "/limit/twice/save");
  await send(page);
  await page.locator("#shield-resend button").waitFor();
  await becomePatient(page);
  await page.locator("#shield-resend button").dblclick({ noWaitAfter: true });
  await saved(page);
  expectOnce("/limit/twice/save");
});

test("without cookies it is sent from the same network", async () => {
  const context = await somebody({ userAgent: "Mozilla/5.0 impatient" });
  const page = await context.newPage();
  await write(page, "/limit/no-cookies/save");
  await context.clearCookies();
  await send(page);
  await page.locator("#shield-resend button").waitFor();
  await context.clearCookies();
  await becomePatient(page);
  await sendAgain(page);
  await saved(page);
  expectOnce("/limit/no-cookies/save");
});

test("when its time is over she is told so, and Back shows the form", async () => {
  const context = await somebody({ userAgent: "Mozilla/5.0 impatient" });
  const page = await context.newPage();
  await write(page, "/limit/expired/save");
  await send(page);
  const field = page.locator("input[name=shield-until]");
  await field.waitFor({ state: "attached" });
  const terms = (await lab.sealer.open("deadline", await field.inputValue())) ?? [];
  const late = await lab.sealer.seal("deadline", [...terms.slice(0, 4), Date.now() - 1]);
  await field.evaluate((input, value) => ((input as HTMLInputElement).value = value), late);
  await sendAgain(page);
  await page.getByRole("heading", { level: 1, name: "Veidlapu no šīs lapas vairs nevar nosūtīt" }).waitFor();
  await page.goBack({ waitUntil: "commit" });
  await page.waitForURL(url(formOf("/limit/expired/save")));
  expect(await page.inputValue("input[name=note]")).toBe(TYPED);
  expect(lab.posts("/limit/expired/save")).toEqual([]);
});

describe("an attack on somebody who is signed in", () => {
  /** Another site than localhost. */
  async function attacker(body: string): Promise<{ readonly page: string; stop(): void }> {
    const server = createServer((_, response) => {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(`<!doctype html>${body}<script>document.forms[0].submit()</script>`);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return {
      page: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      stop: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  async function victim(): Promise<Page> {
    const context = await somebody();
    lab.origin.on(
      "/sign-in",
      originPage("ok", [
        ["Set-Cookie", "lax=live; Path=/; SameSite=Lax"],
        ["Set-Cookie", "strict=live; Path=/; SameSite=Strict"],
      ]),
    );
    const page = await context.newPage();
    await page.goto(url("/sign-in"));
    return page;
  }

  test("a form of another site is never sent on by a page of ours: the portal records nothing", async () => {
    const page = await victim();
    const evil = await attacker(
      `<form method="post" action="${url("/challenge/forged")}"><input name="to" value="attacker"></form>`,
    );
    await page.goto(evil.page);
    await page.getByRole("heading", { level: 1, name: "Veidlapa vēl nav nosūtīta" }).waitFor();
    // She follows the advice and passes the challenge in another tab.
    expect(await page.locator("form").count()).toBe(0);
    await page.waitForTimeout(4_000);
    expect(lab.posts("/challenge/forged")).toEqual([]);
    evil.stop();
  });

  test("nor is a form that the attacker had sealed for himself", async () => {
    const page = await victim();
    const sealed = carriedBy(
      await post(new URL("/limit/forged", lab.shield), "to=attacker", { "User-Agent": "impatient" }),
    );
    const lines = (sealed?.fields ?? "").split("\r\n").map((line) => line.split("=", 2));
    const inputs = lines.map(([name = "", value = ""]) => `<input name="${name}" value="${value}">`).join("");
    const evil = await attacker(
      `<form method="post" enctype="text/plain" action="${url("/challenge/forged")}">${inputs}</form>`,
    );
    await page.goto(evil.page);
    await page.getByRole("heading", { level: 1, name: "Veidlapa vēl nav nosūtīta" }).waitFor();
    await page.waitForTimeout(1_000);
    expect([...lab.posts("/challenge/forged"), ...lab.posts("/limit/forged")]).toEqual([]);
    evil.stop();
  });
});

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return (results as AxeResults).violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.length})`);
}

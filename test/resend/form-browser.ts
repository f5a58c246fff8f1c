/** A form lab and a browser: one of each for a test file, and what people do there. */
import { createHash } from "node:crypto";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser, openContext } from "../lab/browser.ts";
import { headerOf } from "../lab/recording-origin.ts";
import { type FormLab, page as originPage, startFormLab } from "./lab.ts";

export const TYPED = "2× dienā + pēc ēšanas; \"lēni\" & 'uzmanīgi'";
/** Limited by rule, where there is one, as long as she is. */
export const IMPATIENT = { userAgent: "Mozilla/5.0 impatient" };

export interface FormBrowser {
  readonly lab: FormLab;
  readonly browser: Browser;
  /** A page of somebody with a browser of her own, in a network of her own. */
  somebody(options?: BrowserContextOptions): Promise<Page>;
  /** @param host one of the rules' */
  url(path: string, host?: string): string;
  /** Opens the portal's form whose action this is, and fills it in. */
  write(page: Page, action: string, host?: string): Promise<void>;
  /** The portal has what she typed as she sent it, and once. */
  expectOnce(action: string, host?: string): void;
}

/** To be called once in a file. What it gives is there when the tests run. */
export function startFormBrowser(): FormBrowser {
  let lab: FormLab | undefined;
  let browser: Browser | undefined;
  let people: Page[] = [];
  let lastAddress = 0;
  beforeAll(async () => {
    [lab, browser] = await Promise.all([startFormLab(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
  });
  afterEach(async () => {
    await Promise.all(people.map((page) => page.context().close()));
    people = [];
  });
  const started: FormBrowser = {
    get lab() {
      if (!lab) throw new Error("there is no lab");
      return lab;
    },
    get browser() {
      if (!browser) throw new Error("there is no browser");
      return browser;
    },
    somebody: async (options) => {
      const context = await openContext(started.browser, `198.18.${lastAddress++}.9`, options);
      const page = await context.newPage();
      people.push(page);
      return page;
    },
    url: (path, host = "localhost") => {
      const url = new URL(path, started.lab.shield);
      url.hostname = host;
      return url.href;
    },
    write: async (page, action, host) => {
      const { origin } = started.lab;
      const form = `<form method="post" action="${action}?x=1&amp;x=2"><label>Piezīme <input name="note"></label><input name="submit" value=""><button id="go">Sūtīt</button></form>`;
      origin.on(formOf(action), originPage(form));
      origin.on(action, originPage("<h1>Saglabāts</h1>"));
      const response = await page.goto(started.url(formOf(action), host));
      expect(response?.status()).toBe(200);
      await page.fill("input[name=note]", TYPED);
    },
    expectOnce: (action, host) => {
      const body = new URLSearchParams({ note: TYPED, submit: "" }).toString();
      const [seen, ...more] = started.lab.posts(action);
      expect([seen?.target, seen?.sha256]).toEqual([`${action}?x=1&x=2`, sha256Of(body)]);
      expect(seen && headerOf(seen, "Referer")).toEqual([started.url(formOf(action), host)]);
      expect(more).toEqual([]);
    },
  };
  return started;
}

/** Where the form stands that is sent to this path: there is always room for it. */
export const formOf = (action: string): string => `/form${action}`;

export function sha256Of(body: string | Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

export const send = (page: Page) => page.click("#go", { noWaitAfter: true });
export const sendAgain = (page: Page) => page.locator("#shield-resend button").click({ noWaitAfter: true });
export const saved = (page: Page) => page.getByRole("heading", { name: "Saglabāts" }).waitFor();
export const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Presses the button and waits for the page that answers: what it returns is not on the page that was left. */
export async function pressed(page: Page): Promise<Locator> {
  await page.evaluate(() => document.documentElement.setAttribute("data-left", ""));
  await sendAgain(page);
  const answer = page.locator("html:not([data-left])");
  await answer.locator("h1").first().waitFor();
  return answer;
}

/** A real Chromium for tests. It comes as an npm package; CHROMIUM_PATH uses another one. */
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium as playwright } from "playwright-core";

/**
 * Exactly these. The package's own flags switch web security and site isolation off, and tests of cookies, CORS and Fetch
 * Metadata would then prove nothing. The later ones keep the browser from talking to its maker.
 */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whatever is waited for comes much sooner, also on a busy machine, ms. */
const PATIENCE_MS = 90_000;

export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await chromium.executablePath());
  return playwright.launch({ executablePath, args: FLAGS, headless: true });
}

/**
 * A private window of a browser of its own, as people open one: nothing is kept, and what is kept meanwhile is kept apart.
 * `newContext` of a browser that runs already is off the record as well, but no window that a person could open.
 */
export async function openPrivateWindow(address: string): Promise<BrowserContext> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await chromium.executablePath());
  const args = [...FLAGS, "--incognito"];
  const extraHTTPHeaders = { "CF-Connecting-IP": address };
  return playwright.launchPersistentContext("", {
    executablePath,
    args,
    headless: true,
    locale: "lv-LV",
    extraHTTPHeaders,
  });
}

/**
 * Somebody with a browser of her own, at an address of her own.
 * @param address what the edge takes for hers; a documentation address
 */
export async function openContext(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const extraHTTPHeaders = { "CF-Connecting-IP": address };
  const context = await browser.newContext({ locale: "lv-LV", extraHTTPHeaders, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** The challenge page in a real Chromium without JavaScript, and where the check never ends. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WAITING } from "../../src/challenge/issuance.ts";
import { issueTicket, TICKET_TTL_MS } from "../../src/challenge/ticket.ts";
import { createSealer } from "../../src/seal.ts";
import { launchBrowser, openContext } from "../lab/browser.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";
import { barriers } from "./barriers.ts";
import { holdBack, stopAnimations } from "./time.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../.build/screenshots");

const SECRET = randomBytes(32).toString("base64url");

let running: Lab;
let shield: URL;
let browser: Browser;
let context: BrowserContext | undefined;

beforeAll(async () => {
  [running, browser] = await Promise.all([
    startEdges({
      portalCapacity: 0,
      patient: true,
      rulesModule: join(import.meta.dirname, "../lab/roomy-rules.ts"),
      vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN, SHIELD_SECRET: SECRET },
    }),
    launchBrowser(),
  ]);
  const [first] = running.shieldUrls;
  if (!first) throw new Error("the lab has no shield");
  shield = first;
  const posture = { site: "e-health portal", posture: "elevated", minutes: 60, reason: "a test" };
  expect((await lab.operate(shield, "/.shield/posture", posture)).status).toBe(200);
});
afterEach(() => context?.close());
afterAll(async () => {
  await browser?.close();
  await running?.stop();
});

test("without JavaScript the page opens by itself, and what comes after it as well", async () => {
  context = await openContext(browser, "198.51.100.7", { javaScriptEnabled: false });
  const page = await context.newPage();
  const asked = new URL("/news?page=3", shield).href;
  const goOn = await holdBack(page, "**/.shield/enter?*");
  expect((await page.goto(asked))?.status()).toBe(403);
  await page.screenshot({ path: join(SCREENSHOTS, "entry-no-script-lv.png"), fullPage: true });
  expect(await page.locator("#shield-entry a").isVisible()).toBe(true);
  expect(await page.locator("noscript p").allTextContents()).toEqual([
    "Automātiskajai pārbaudei vajadzīgs JavaScript, bet šajā pārlūkā tas ir izslēgts.",
    "Jums nekas nav jādara: pēc 20 sekundēm lapa mēģinās atvērties pati.",
    "The automatic check needs JavaScript, which is switched off in this browser.",
    "You need not do anything: the page tries to open by itself in 20 seconds.",
  ]);
  goOn();
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
  expect(page.url()).toBe(asked);
  expect((await page.goto(new URL("/news?page=2", shield).href))?.status()).toBe(200);
});

test("without JavaScript the page comes again and opens by itself where too many came in so from the same network", async () => {
  const sealer = await createSealer({ current: SECRET });
  if (!sealer) throw new Error("the secret of this test is good");
  /** Of a page that somebody got long ago, so that nobody has to wait here. */
  const entry = (host: string): URL => {
    const stopped = { host, target: "/news?page=3", supportCode: "ABCD-EFGH" };
    const randomId = randomBytes(16).toString("hex");
    const { ticket, target } = issueTicket(sealer, stopped, Date.now() - TICKET_TTL_MS / 2, randomId);
    return new URL(`/.shield/enter?${new URLSearchParams({ ticket, to: target })}`, shield);
  };
  const enter = async (address: string): Promise<lab.Got> => {
    const { pathname, search } = entry(lab.HOST);
    return lab.ask(shield, pathname + search, { headers: { ...lab.NAVIGATION, "CF-Connecting-IP": address } });
  };
  await Promise.all(Array.from({ length: WAITING.burst }, (_, n) => enter(`203.0.113.${100 + n}`)));
  expect(
    (
      await lab.eventually(
        () => enter("203.0.113.99"),
        ({ status }) => status === 403,
      )
    ).headers,
  ).toMatchObject({
    "shield-support": "ABCD-EFGH",
  });

  context = await openContext(browser, "203.0.113.98", { javaScriptEnabled: false });
  const page = await context.newPage();
  expect((await page.goto(entry(shield.hostname).href))?.status()).toBe(403);
  expect(await page.locator("#shield-entry a").isVisible()).toBe(true);
  expect(await page.locator(".code").textContent()).toBe("ABCD-EFGH");
  await page.screenshot({ path: join(SCREENSHOTS, "entry-too-many-lv.png"), fullPage: true });
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
});

test("where the script never arrives the page shows the way on after some seconds, and meanwhile whom to call", async () => {
  context = await openContext(browser, "192.0.2.8");
  const page = await context.newPage();
  await page.route("**/.shield/challenge.js", (route) => route.abort());
  const runAnimations = await stopAnimations(page);
  await page.goto(new URL("/news?page=3", shield).href);
  expect(await page.locator(".code").isVisible()).toBe(true);
  expect(await page.locator("#shield-entry").isVisible()).toBe(false);
  await runAnimations();
  await page.locator("#shield-entry").waitFor({ state: "visible" });
  expect(await barriers(page)).toEqual([]);
  await page.screenshot({ path: join(SCREENSHOTS, "entry-script-never-arrives-lv.png"), fullPage: true });
  const code = await page.locator(".code").textContent();
  expect((await lab.operate(shield, "/.shield/grant", { code })).status).toBe(200);
  await page.locator("#shield-entry a").click();
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
});

test("where the check does not come to an end, support lets people in by the code that the page shows", async () => {
  context = await openContext(browser, "192.0.2.7");
  const page = await context.newPage();
  await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 403, body: "" }));
  await page.goto(new URL("/news?page=3", shield).href);
  await page.locator("#shield-entry").waitFor({ state: "visible" });
  await page.screenshot({ path: join(SCREENSHOTS, "entry-failed-lv.png"), fullPage: true });
  const code = await page.locator(".code").first().textContent();
  expect((await lab.operate(shield, "/.shield/grant", { code })).status).toBe(200);
  await page.locator("#shield-entry a").click();
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
});

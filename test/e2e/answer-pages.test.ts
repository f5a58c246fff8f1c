/** Every page of ours as people meet it, in both languages, in a real browser: no barrier, at every width, in light and dark. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer } from "../../src/answer/answer.ts";
import type { Answer } from "../../src/answer/answer-kinds.ts";
import { backPage } from "../../src/answer/back-page.ts";
import type { Language } from "../../src/answer/texts.ts";
import { bundleBrowserScripts } from "../../src/tools/build.ts";
import { ALL, answerTo, SAMPLES, SERVICE } from "../answer/samples.ts";
import { launchBrowser } from "../lab/browser.ts";
import { barriers, overflows, picture } from "./barriers.ts";
import { stopClock } from "./time.ts";

const HERE = "https://portal.example.lv/";
/** Of these there are pictures, and all widths are tried; the others differ from them in a sentence. */
const PICTURED = [
  "block",
  "limit",
  "wait",
  "wait, in line",
  "closed",
  "closed, static only",
  "closed, switched off",
  "closed, static only, with a notice",
  "fault",
  "already-sent",
  "form-expired",
];
const CARRIED = { action: HERE, deadline: "until", contents: new Uint8Array(3_000), done: () => undefined };

interface Shown {
  readonly name: string;
  readonly response: () => Response;
  readonly pictured: boolean;
}

/** The pages that this method can meet; the challenge itself, which lives by its script, is in challenge-page.test.ts. */
function pagesFor(language: Language, method: string): readonly Shown[] {
  const plain = ALL.filter(([name]) => name !== "challenge").map(([name, what]) => ({
    name,
    response: () => answerTo(what, { language, method }),
    pictured: PICTURED.includes(name),
  }));
  const framed = {
    name: "framed",
    response: () => answerTo(SAMPLES.challenge, { language, method, frame: "foreign" }),
    pictured: true,
  };
  const back = { name: "back", response: () => backPage(language), pictured: true };
  if (method === "GET") return [...plain, framed, back];
  const to = {
    format: "html",
    language,
    method,
    frame: "none",
    carries: true,
    signInAt: null,
    corsOrigin: null,
  } as const;
  const carrying = [SAMPLES.limit, SAMPLES.wait, SAMPLES.closed, UNREACHABLE].map((what) => ({
    name: `${what.kind} carrying the form`,
    response: () => answer(what, to, SERVICE, CARRIED),
    pictured: true,
  }));
  const unsent = { name: "unsent", response: () => answerTo(SAMPLES.challenge, { language, method }), pictured: true };
  return [...plain, framed, unsent, ...carrying];
}
const UNREACHABLE: Answer = { ...SAMPLES.fault, fault: { ...SAMPLES.fault.fault, received: "no" } };

let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  browser = await launchBrowser();
  context = await browser.newContext();
});
afterAll(() => browser?.close());

const cases = (["lv", "en"] as const).flatMap((language) => ["GET", "POST"].map((method) => ({ language, method })));

describe.each(cases)("in $language, after $method", ({ language, method }) => {
  test("no page has a barrier or must be scrolled sideways", async () => {
    const page = await context.newPage();
    for (const { name, response, pictured } of pagesFor(language, method)) {
      await show(page, response());
      const words = `${name}-${language}-${method.toLowerCase()}`.replace(/\W+/g, "-");
      expect([words, ...(await barriers(page))]).toEqual([words]);
      expect([words, ...(await overflows(page, pictured ? [320, 768, 1280] : [320]))]).toEqual([words]);
      if (pictured) for (const width of [320, 768, 1280]) await picture(page, words, width);
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

describe("the waiting page", () => {
  const open = async (): Promise<{ page: Page; loads: () => number }> => {
    const page = await context.newPage();
    await stopClock(page);
    const { wait } = await bundleBrowserScripts();
    const response = answerTo(SAMPLES.wait);
    const headers = Object.fromEntries(response.headers);
    const body = await response.text();
    let loads = 0;
    await page.route(`${HERE}**`, async (route) => {
      if (route.request().url() !== HERE) return route.fulfill({ contentType: "text/javascript", body: wait });
      loads++;
      await route.fulfill({ status: response.status, headers, body });
    });
    await page.goto(HERE);
    return { page, loads: () => loads };
  };

  test("opens again by itself when it said", async () => {
    const { page, loads } = await open();
    await page.clock.fastForward(19_000);
    expect(loads()).toBe(1);
    await Promise.all([page.waitForEvent("load"), page.clock.fastForward(1_500)]);
    expect(loads()).toBe(2);
  });

  test("stays when its reader wants it to, and says so without taking the keyboard away", async () => {
    const { page, loads } = await open();
    await picture(page, "wait-with-script-lv", 320);
    await page.getByRole("button", { name: "Nepārlādēt" }).press("Enter");
    await page.clock.resume();
    expect(await page.getByRole("status").textContent()).toContain("Lapa paliek");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Mēģināt tagad");
    expect(await barriers(page)).toEqual([]);
    await page.clock.fastForward(600_000);
    expect(loads()).toBe(1);
  });
});

/** As the shield would answer it, headers and all. */
async function show(page: Page, response: Response): Promise<void> {
  const { status, headers } = response;
  const body = await response.text();
  await page.unrouteAll();
  await page.route(HERE, (route) => route.fulfill({ status, headers: Object.fromEntries(headers), body }));
  await page.goto(HERE);
}

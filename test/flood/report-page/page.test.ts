/** The page in a real browser, without JavaScript and without network. Pictures and the print are in .build/screenshots. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../../lab/browser.ts";
import { bareResult, guardedResult } from "./fixtures.ts";
import { renderReport } from "./render.ts";

const SCREENSHOTS = join(import.meta.dirname, "../../../.build/screenshots");
/** A4 less its margins, at 96 dots per inch. */
const A4_WIDTH_PX = 695;

const REPORT = renderReport([
  guardedResult(),
  bareResult(),
  guardedResult({
    scenario: "residential",
    sound: false,
    remark: "The generator sent 61 % of what was planned: this machine has too few cores.",
  }),
  guardedResult({ scenario: "flash-crowd", verdict: "surge", remark: "Ended by hand after 150 s of 600 s." }),
]);

/** What is on the pictures: the summary and the first scenario. Of the whole page some browsers fail to take one. */
const PICTURED_PX = 3600;

let browser: Browser;
let context: BrowserContext | undefined;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
afterEach(() => context?.close());

describe.each([320, 400, 1280])("at %i px", (width) => {
  test("fits, and has no barrier", async () => {
    const page = await openReport(width);
    await page.screenshot({ path: join(SCREENSHOTS, `report-${width}.png`) });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await violations(page)).toEqual([]);
  });
  test("the heading of each table is read without scrolling, however wide the table", async () => {
    const page = await openReport(width);
    const ends = await page.$$eval("caption", (all) =>
      all.map((caption) => {
        const text = document.createRange();
        text.selectNodeContents(caption);
        return text.getBoundingClientRect().right;
      }),
    );
    expect(ends.length).toBeGreaterThan(3);
    expect(Math.max(...ends)).toBeLessThanOrEqual(width);
  });
});

test("prints: nothing is cut off, each scenario begins a page", async () => {
  const page = await openReport(A4_WIDTH_PX);
  await page.emulateMedia({ media: "print" });
  await page.screenshot({ path: join(SCREENSHOTS, "report-print.png") });
  const widest = await page.$$eval("table, figure", (all) =>
    Math.max(...all.map((element) => element.getBoundingClientRect().right)),
  );
  expect(widest).toBeLessThanOrEqual(A4_WIDTH_PX);
  const breaks = await page.$$eval(".scenario", (all) => all.map((element) => getComputedStyle(element).breakBefore));
  expect(breaks).toEqual(["page", "page", "page"]);
  const pdf = await page.pdf({ path: join(SCREENSHOTS, "report.pdf"), preferCSSPageSize: true, printBackground: true });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
});

test("every drawing is well-formed, named and described", async () => {
  const page = await openReport(1280);
  // Parsed as strict XML, from the text that was written, not from what the browser made of it.
  const drawings = REPORT.match(/<svg [\s\S]*?<\/svg>/g) ?? [];
  const faults = await page.evaluate((texts) => {
    const parser = new DOMParser();
    return texts.filter((text) => parser.parseFromString(text, "image/svg+xml").querySelector("parsererror"));
  }, drawings);
  expect(faults).toEqual([]);
  const pictures = await page.$$eval("svg[role=img]", (all) =>
    all.map((svg) => (svg.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => svg.querySelector(`#${id}`))),
  );
  expect(pictures).toHaveLength(7 + 6 + 7 + 7);
  expect(pictures.flat()).not.toContain(null);
  const ids = await page.$$eval("[id]", (all) => all.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

async function openReport(width: number): Promise<Page> {
  // Scripts of the test run beside the page; its own policy lets none run.
  context = await browser.newContext({ viewport: { width, height: PICTURED_PX }, offline: true, bypassCSP: true });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.setContent(REPORT);
  expect(asked).toEqual([]);
  return page;
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run()")) as AxeResults;
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** Whether a page keeps anybody out: axe, widths, zoom, spacing; and a picture of it in .build/screenshots for people to judge. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const SCREENSHOTS = join(import.meta.dirname, "../../.build/screenshots");
/** Conformance levels A and AA of WCAG 2.0 to 2.2, and what axe holds to be good practice. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** WCAG 2.2, success criterion 1.4.12. */
const SPACED =
  "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }";

/** Every barrier found, each as a line; empty when there is none. */
export async function barriers(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so the page's Content-Security-Policy stays as it is.
  await page.evaluate(axe.source);
  const results = await page.evaluate(
    (values) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: "tag", values } }),
    TAGS,
  );
  const { violations } = results as AxeResults;
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html).join(", ")})`);
}

/** Widths at which one must scroll sideways, out of those given; with text twice as large and spaced out as well. */
export async function overflows(page: Page, widths: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  const look = async (how: string): Promise<void> => {
    const [needed, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if ((needed ?? 0) > (width ?? 0)) found.push(`${how}: ${needed} px`);
  };
  const before = page.viewportSize();
  for (const width of widths) {
    await page.setViewportSize({ width, height: 720 });
    await look(`at ${width} px`);
  }
  await page.setViewportSize({ width: 640, height: 720 });
  const session = await page.context().newCDPSession(page);
  await session.send("DOM.enable");
  await session.send("CSS.enable");
  const { frameTree } = await session.send("Page.getFrameTree");
  const { styleSheetId } = await session.send("CSS.createStyleSheet", { frameId: frameTree.frame.id });
  for (const [how, text] of [
    ["with text at 200 %", "html { font-size: 200% !important }"],
    ["spaced out", SPACED],
    ["as it was", ""],
  ] as const) {
    await session.send("CSS.setStyleSheetText", { styleSheetId, text });
    if (text !== "") await look(how);
  }
  await session.detach();
  if (before) await page.setViewportSize(before);
  return found;
}

export async function picture(page: Page, name: string, width?: number): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  if (width !== undefined) await page.setViewportSize({ width, height: 720 });
  await page.screenshot({
    path: join(SCREENSHOTS, `${name}${width === undefined ? "" : `-${width}`}.png`),
    fullPage: true,
  });
}

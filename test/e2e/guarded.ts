/** A shield that asks strangers on some paths without a flood (guarded-rules.ts), and a browser: one of each for a test file. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser } from "../lab/browser.ts";
import { type Lab, startEdges } from "../lab/edge.ts";

export interface Guarded {
  readonly shield: URL;
  readonly browser: Browser;
  /** Nobody was seen there before. */
  freshAddress(): string;
}

/** To be called once in a file. What it gives is there when the tests run. */
export function startGuarded(): Guarded {
  let lab: Lab | undefined;
  let browser: Browser | undefined;
  let lastAddress = 0;
  beforeAll(async () => {
    const rulesModule = join(import.meta.dirname, "guarded-rules.ts");
    [lab, browser] = await Promise.all([
      startEdges({ portalCapacity: 0, patient: true, rulesModule }),
      launchBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
  });
  return {
    get shield() {
      const [url] = lab?.shieldUrls ?? [];
      if (!url) throw new Error("the lab has no shield");
      return url;
    },
    get browser() {
      if (!browser) throw new Error("there is no browser");
      return browser;
    },
    freshAddress: () => `198.18.1.${++lastAddress}`,
  };
}

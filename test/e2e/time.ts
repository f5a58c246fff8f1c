/** Time in a page as a test wants it: what happens there after some seconds happens when it is told, on a slow machine too. */
import type { Page } from "playwright-core";

const SOME_TIME_MS = Date.UTC(2026, 10, 26, 9);

/** Timers of whatever is opened here stand still, until the page's clock is moved or resumed. */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.install({ time: SOME_TIME_MS });
  await page.clock.pauseAt(SOME_TIME_MS + 3_600_000);
}

/** So do animations of style sheets. @returns what lets them run */
export async function stopAnimations(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Animation.enable");
  await session.send("Animation.setPlaybackRate", { playbackRate: 0 });
  return async () => {
    await session.send("Animation.setPlaybackRate", { playbackRate: 1 });
  };
}

/**
 * The page waits to go on by itself to an address like this, until it is told. @returns what tells it
 */
export async function holdBack(page: Page, address: string): Promise<() => void> {
  let goOn = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await page.route(address, async (route) => {
    await told;
    await route.continue();
  });
  return () => goOn();
}

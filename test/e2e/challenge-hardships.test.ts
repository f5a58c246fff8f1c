/** The challenge in browsers that lack something, in many tabs, on the move, in frames, for files: it is solved, or says why not. */
import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openContext, openPrivateWindow } from "../lab/browser.ts";
import { type Asked, ask as askAt, NAVIGATION } from "../lab/visitors.ts";
import { startGuarded } from "./guarded.ts";
import { READER } from "./guarded-rules.ts";

const guarded = startGuarded();
let context: BrowserContext;
beforeEach(async () => {
  // Pages of other sites reach this computer, as they would reach the internet.
  const permissions = ["local-network-access"];
  context = await openContext(guarded.browser, guarded.freshAddress(), { permissions });
});
afterEach(() => context.close());

const at = (path: string) => new URL(path, guarded.shield).href;
const news = (page: Page) => page.getByRole("heading", { level: 1, name: "1. lapa" });

/** Opens a page that strangers are asked for, and waits until it is there. Gives what the shield answered meanwhile. */
async function passes(page: Page, path = "/news"): Promise<string[]> {
  const answers: string[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    answers.push(`${pathname} ${response.status()}`);
  });
  await page.goto(at(path));
  await news(page).waitFor();
  return answers;
}

test("it brings people to exactly what they asked for, and Back leads out of it", async () => {
  const page = await context.newPage();
  await page.goto(at("/search"));
  const first = await page.goto(at("/news?page=3#top"));
  expect(first?.status()).toBe(403);
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
  expect(page.url()).toBe(at("/news?page=3#top"));
  await page.goBack();
  expect(page.url()).toBe(at("/search"));
  await page.goForward();
  await page.getByRole("heading", { level: 1, name: "3. lapa" }).waitFor();
});

test("impatient people who reload again and again get there as well", async () => {
  const page = await context.newPage();
  for (let round = 0; round < 5; round++) await page.goto(at("/news"), { waitUntil: "commit" });
  await news(page).waitFor();
});

test("a private window passes, and the next one is asked again", async () => {
  for (const attempt of [1, 2]) {
    const window = await openPrivateWindow(guarded.freshAddress());
    try {
      const answers = await passes(await window.newPage());
      expect([attempt, answers.filter((answer) => answer === "/.shield/redeem 204").length]).toEqual([attempt, 1]);
    } finally {
      await window.close();
    }
  }
});

describe("a browser", () => {
  const without: Readonly<Record<string, () => void>> = {
    "without Web Workers": () => Reflect.deleteProperty(globalThis, "Worker"),
    "without WebCrypto": () => Object.defineProperty(globalThis, "crypto", { value: undefined }),
    "without WebAssembly": () => Reflect.deleteProperty(globalThis, "WebAssembly"),
    "without workers, WebCrypto, WebAssembly and locks": () => {
      Reflect.deleteProperty(globalThis, "Worker");
      Reflect.deleteProperty(globalThis, "WebAssembly");
      Reflect.deleteProperty(Navigator.prototype, "locks");
      Object.defineProperty(globalThis, "crypto", { value: undefined });
    },
    "without Web Locks": () => Reflect.deleteProperty(Navigator.prototype, "locks"),
    "without storage": () =>
      Object.defineProperty(globalThis, "sessionStorage", {
        get: () => {
          throw new DOMException("no", "SecurityError");
        },
      }),
    "whose clock is a year late": () => {
      const real = Date.now;
      Date.now = () => real() - 365 * 86_400_000;
    },
    "whose clock is a year early": () => {
      const real = Date.now;
      Date.now = () => real() + 365 * 86_400_000;
    },
    "whose workers fail": () => {
      const Real = Worker;
      Object.assign(globalThis, {
        Worker: function Failing() {
          return new Real("/.shield/no-such-file.js");
        },
      });
    },
  };
  test.each(Object.keys(without))("%s passes", async (lack) => {
    await context.addInitScript(without[lack] ?? (() => undefined));
    await passes(await context.newPage());
  });

  test.each([
    ["1", 1],
    ["2", 2],
    ["3", 3],
    ["4", 4],
    ["7", 4],
    ["64", 4],
    ["0", 1],
    ["undefined", 1],
    ["NaN", 1],
  ])("that says it has %s processors starts %i workers", async (count, workers) => {
    await context.addInitScript(
      `Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => ${count} })`,
    );
    // Counted where they are started: one that is dismissed at once may never be seen from outside.
    await context.addInitScript(() => {
      globalThis.Worker = class extends Worker {
        constructor(script: string | URL) {
          super(script);
          sessionStorage.setItem("started", String(Number(sessionStorage.getItem("started")) + 1));
        }
      };
    });
    const page = await context.newPage();
    await passes(page);
    expect(await page.evaluate(() => sessionStorage.getItem("started"))).toBe(String(workers));
  });

  test("that keeps no cookies is told so at once, and solves nothing", async () => {
    await context.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, "cookieEnabled", { get: () => false }),
    );
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(at("/news"));
    await page.locator("#shield-status", { hasText: "neglabā šīs vietnes sīkdatnes" }).waitFor();
    expect(asked).not.toContain("/.shield/puzzle");
  });

  test("that loses them stops after two rounds, shows its support code, and begins anew when asked", async () => {
    const page = await context.newPage();
    let redeemed = 0;
    await page.route("**/.shield/redeem", async (route) => {
      redeemed++;
      await route.fulfill({ status: 204 });
    });
    await page.goto(at("/news"));
    await page.locator("#shield-status", { hasText: "neglabā šīs vietnes sīkdatnes" }).waitFor();
    expect(redeemed).toBe(2);
    expect(await page.locator(".code").textContent()).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    await page.unrouteAll();
    await page.click("#shield-retry");
    await news(page).waitFor();
  });

  test("that moves to another network between puzzle and proof passes, and goes on there", async () => {
    const page = await context.newPage();
    const elsewhere = { "CF-Connecting-IP": "2001:db8:77::1" };
    await page.route("**/.shield/redeem", async (route) => {
      await context.setExtraHTTPHeaders(elsewhere);
      await route.continue({ headers: { ...route.request().headers(), ...elsewhere } });
    });
    const answers = await passes(page);
    expect(answers.filter((answer) => answer === "/news 403")).toHaveLength(1);
    await page.goto(at("/news?page=2"));
    await page.getByRole("heading", { level: 1, name: "2. lapa" }).waitFor();
  });
});

test("twenty tabs at once share one solve", async () => {
  const tabs = await Promise.all(Array.from({ length: 20 }, () => context.newPage()));
  const answers = (await Promise.all(tabs.map((tab) => passes(tab)))).flat();
  expect(answers.filter((answer) => answer === "/.shield/redeem 204")).toHaveLength(1);
  expect(answers.filter((answer) => answer === "/news 200")).toHaveLength(20);
});

describe("in a frame", () => {
  const FOREIGN = "http://127.0.0.1:9/embedding";
  const embed = async (host: string, path: string): Promise<Page> => {
    const page = await context.newPage();
    await page.route(FOREIGN, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<!doctype html><iframe src="${at(path)}" title="x" width=600 height=600>`,
      }),
    );
    await page.goto(host);
    return page;
  };

  test("of its own site it is solved there", async () => {
    const page = await context.newPage();
    await page.goto(at("/search"));
    await page.evaluate(() => {
      const frame = document.createElement("iframe");
      frame.src = "/news";
      document.body.append(frame);
    });
    await page.frameLocator("iframe").getByRole("heading", { level: 1, name: "1. lapa" }).waitFor();
  });

  test("of another site it offers a window of its own, where it is solved", async () => {
    const page = await embed(FOREIGN, "/news");
    const link = page.frameLocator("iframe").getByRole("link", { name: "Atvērt jaunā logā" });
    const [opened] = await Promise.all([context.waitForEvent("page"), link.click()]);
    await news(opened).waitFor();
    expect(opened.url()).toBe(at("/news"));
  });

  test("of its own site within another site it says so, and burns nothing", async () => {
    const page = await embed(FOREIGN, "/search");
    const outer = page.frames().find((frame) => frame.url() === at("/search"));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await outer?.evaluate(() => {
      const frame = document.createElement("iframe");
      frame.src = "/news";
      document.body.append(frame);
    });
    const inner = page.frameLocator("iframe").frameLocator("iframe");
    await inner.getByRole("link", { name: "Atvērt jaunā logā" }).waitFor();
    expect(asked).not.toContain("/.shield/puzzle");
  });
});

describe("what can show no page", () => {
  const ask = (path: string, asked: Asked) => askAt(guarded.shield, path, asked);

  /** The first answer of the shield below a path, asked for by the page itself. */
  async function answerTo(
    path: string,
    ask: (url: string) => void,
  ): Promise<{ status: number; headers: Record<string, string> }> {
    const page = await context.newPage();
    await page.goto(at("/search"));
    const [response] = await Promise.all([
      page.waitForResponse((each) => each.url() === at(path)),
      page.evaluate(ask, path),
    ]);
    return { status: response.status(), headers: await response.allHeaders() };
  }
  const put = {
    image: (url: string) => void document.body.append(Object.assign(new Image(), { src: url })),
    script: (url: string) => void document.body.append(Object.assign(document.createElement("script"), { src: url })),
    video: (url: string) =>
      void document.body.append(Object.assign(document.createElement("video"), { src: url, preload: "auto" })),
    prefetch: (url: string) =>
      void document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: url })),
  };
  test.each(Object.keys(put) as (keyof typeof put)[])("%s is told to come back later, without a body", async (kind) => {
    const { status, headers } = await answerTo(`/news?for=${encodeURIComponent(kind)}`, put[kind]);
    expect(status).toBe(503);
    expect(headers["shield-mitigated"]).toBe("closed");
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(headers["content-type"]).toBeUndefined();
  });

  test("a file that a link saves is not replaced by a page of ours", async () => {
    const page = await context.newPage();
    await page.goto(at("/search"));
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.evaluate(() =>
        Object.assign(document.createElement("a"), { href: "/download/big?bytes=9", download: "a" }).click(),
      ),
    ]);
    expect(await download.failure()).not.toBeNull();
  });

  // What Chromium refuses by itself it does not show to a test: so these are asked for as it asks.
  test.each(["style", "font", "track", "audio", "manifest", "worker", "serviceworker", "xslt", "paintworklet"])(
    "%s neither",
    async (destination) => {
      const headers = { "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": destination, "Sec-Fetch-Site": "same-origin" };
      const got = await ask("/news", { headers });
      expect([got.status, got.headers["content-type"], got.body]).toEqual([503, undefined, ""]);
      expect(Number(got.headers["retry-after"])).toBeGreaterThan(0);
    },
  );

  test("a stylesheet that does not come leaves the page as it is", async () => {
    const page = await context.newPage();
    await page.goto(at("/search"));
    const failed = page.evaluate(
      () =>
        new Promise((resolve) => {
          const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/news?for=style" });
          link.onerror = () => resolve(document.querySelector("h1")?.textContent);
          document.head.append(link);
        }),
    );
    expect(await failed).toBe("Zāļu meklēšana");
  });

  test("a WebSocket is refused with a reason, and the page hears of it", async () => {
    const page = await context.newPage();
    await page.goto(at("/"));
    const refused = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${location.origin.replace("http", "ws")}/app/socket`);
          socket.onclose = ({ code }) => resolve(code);
        }),
    );
    expect(refused).toBe(1006);
    const upgrade = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13" };
    const got = await ask("/app/socket", { headers: { ...upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" } });
    expect([got.status, got.headers["shield-mitigated"]]).toEqual([503, "closed"]);
    expect(Number(got.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("HEAD is answered as GET would be, without a body", async () => {
    const [head, get] = [
      await ask("/news", { method: "HEAD", headers: NAVIGATION }),
      await ask("/news", { headers: NAVIGATION }),
    ];
    expect([head.status, head.headers["shield-mitigated"], head.body]).toEqual([403, "challenge", ""]);
    expect([get.status, get.headers["shield-mitigated"]]).toEqual([403, "challenge"]);
  });

  test("an event stream is refused with a reason, and the page hears of it", async () => {
    const page = await context.newPage();
    await page.goto(at("/"));
    const closed = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource("/app/events");
          source.onerror = () => resolve(source.readyState === EventSource.CLOSED);
        }),
    );
    expect(closed).toBe(true);
  });
});

describe("a script of another origin", () => {
  async function ask(origin: string, init: RequestInit = {}): Promise<unknown> {
    const page = await context.newPage();
    await page.route(`${origin}/`, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>x</title>" }),
    );
    await page.goto(`${origin}/`);
    return page.evaluate(
      async ([url, options]) => {
        try {
          const response = await fetch(url, options);
          const { headers } = response;
          return [response.status, headers.get("Shield-Mitigated"), Number(headers.get("Retry-After")) > 0];
        } catch (error) {
          return (error as Error).name;
        }
      },
      [at("/echo/guarded"), init] as const,
    );
  }

  test("that the rules name can read why it was turned away", async () => {
    expect(await ask(READER, { credentials: "include" })).toEqual([503, "closed", true]);
  });
  test("that they do not name cannot", async () => {
    expect(await ask("https://else.example.lv", { credentials: "include" })).toBe("TypeError");
  });
  test("asks permission of the portal, not of the shield", async () => {
    const preflight = await fetch(at("/echo/guarded"), {
      method: "OPTIONS",
      headers: {
        Origin: READER,
        "Access-Control-Request-Method": "PUT",
        "Sec-Fetch-Mode": "cors",
        "CF-Connecting-IP": guarded.freshAddress(),
      },
    });
    expect([preflight.status, preflight.headers.get("Shield-Mitigated")]).toEqual([200, null]);
    expect(await preflight.json()).toMatchObject({ method: "OPTIONS" });
  });
});

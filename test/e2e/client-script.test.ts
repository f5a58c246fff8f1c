/** `/.shield/client.js` in a real browser: requests of the portal's own scripts meet a challenge, and the page never knows. */
import { createHash } from "node:crypto";
import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openContext } from "../lab/browser.ts";
import { startGuarded } from "./guarded.ts";
import { holdBack } from "./time.ts";

const guarded = startGuarded();
let context: BrowserContext;
let page: Page;
/** `METHOD path status` of all answers, ours and the portal's, in order. */
let answers: string[];

beforeEach(async () => {
  answers = [];
  context = await openContext(guarded.browser, guarded.freshAddress());
  page = await open();
});
afterEach(() => context.close());

/** The search page, which includes our script; strangers may load it. */
async function open(): Promise<Page> {
  const opened = await context.newPage();
  opened.on("response", (response) => {
    const { pathname } = new URL(response.url());
    answers.push(`${response.request().method()} ${pathname} ${response.status()}`);
  });
  await opened.goto(new URL("/search", guarded.shield).href);
  answers = [];
  return opened;
}

const count = (line: string) => answers.filter((each) => each === line).length;
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

describe("fetch", () => {
  test.each(["text", "form", "multipart", "blob", "buffer"])("is sent again with its body: %s", async (kind) => {
    const got = await page.evaluate(async (wanted) => {
      const text = "2× dienā + pēc ēšanas; \"lēni\" & 'uzmanīgi'\r\n";
      const bytes = new TextEncoder().encode(text.repeat(2_000));
      const multipart = new FormData();
      multipart.append("submit", text);
      multipart.append("file", new File([bytes], "rīts.txt"));
      const bodies: Record<string, BodyInit> = {
        text,
        form: new URLSearchParams({ note: text }),
        multipart,
        blob: new Blob([bytes], { type: "application/x-thing" }),
        buffer: bytes.buffer,
      };
      const response = await fetch("/echo/guarded?x=1&x=2", { method: "POST", body: bodies[wanted] ?? "" });
      return { status: response.status, ...((await response.json()) as { bodySha256: string; bodyBytes: number }) };
    }, kind);
    expect(got.status).toBe(200);
    const text = "2× dienā + pēc ēšanas; \"lēni\" & 'uzmanīgi'\r\n";
    const expected: Record<string, string> = {
      text,
      form: new URLSearchParams({ note: text }).toString(),
      blob: text.repeat(2_000),
      buffer: text.repeat(2_000),
    };
    if (kind in expected) expect(got.bodySha256).toBe(sha256(expected[kind] ?? ""));
    else expect(got.bodyBytes).toBeGreaterThan(text.length * 2_000);
    expect([count("POST /echo/guarded 403"), count("POST /echo/guarded 200")]).toEqual([1, 1]);
  });

  test("shares one solve among parallel requests and with the site's other tabs", async () => {
    const other = await open();
    const ask = () =>
      Promise.all(Array.from({ length: 8 }, async (_, at) => (await fetch(`/echo/guarded/${at}`)).status));
    const [mine, others] = await Promise.all([page.evaluate(ask), other.evaluate(ask)]);
    expect([...mine, ...others]).toEqual(Array(16).fill(200));
    expect(count("POST /.shield/redeem 204")).toBe(1);
  });

  test("that is aborted before the puzzle is solved fails as an aborted one does", async () => {
    await page.route("**/.shield/puzzle", () => undefined); // it never comes
    const names = await page.evaluate(async () => {
      const nameOf = (sending: Promise<unknown>) => sending.catch((error: Error) => error.name);
      const abort = new AbortController();
      const sending = nameOf(fetch("/echo/guarded", { signal: abort.signal }));
      setTimeout(() => abort.abort(), 100);
      return [await sending, await nameOf(fetch("/echo/guarded", { signal: AbortSignal.timeout(100) }))];
    });
    expect(names).toEqual(["AbortError", "TimeoutError"]);
  });

  test("waits as long as a limit says, and then is served", async () => {
    // One is not over the budget, nor is another where three seconds lie between.
    while (count("GET /echo/seldom 429") === 0)
      expect(await page.evaluate(async () => (await fetch("/echo/seldom")).status)).toBe(200);
  });

  test("gets the shield's own answer where no cookie is kept, and asks no more than once for a time", async () => {
    await page.route("**/.shield/redeem", (route) => route.fulfill({ status: 204 }));
    const seen = await page.evaluate(async () => {
      const first = await fetch("/echo/guarded", { method: "POST", body: "x" });
      const second = await fetch("/echo/guarded");
      return [first.status, ((await first.json()) as { puzzle: string }).puzzle, second.status];
    });
    expect(seen).toEqual([403, "/.shield/puzzle", 403]);
    expect([count("POST /echo/guarded 403"), count("GET /echo/guarded 403")]).toEqual([2, 1]);
    expect(count("POST /.shield/puzzle 200")).toBe(1);
  });

  test("from a page without our script gets an answer that a machine can read", async () => {
    await page.goto(new URL("/", guarded.shield).href);
    const seen = await page.evaluate(async () => {
      const response = await fetch("/echo/guarded", { method: "POST", body: "x", headers: { Accept: "text/html" } });
      const { headers } = response;
      const told = [response.status, headers.get("Shield-Mitigated"), headers.get("Content-Type")];
      return [...told, ((await response.json()) as { client: string }).client];
    });
    expect(seen).toEqual([403, "challenge", "application/problem+json", "/.shield/client.js"]);
  });

  test("is not changed for what is none of ours", async () => {
    const seen = await page.evaluate(async () => {
      const refused = await fetch("/search", { method: "GET", body: "x" }).catch((error: Error) => error.name);
      const elsewhere = await fetch("http://127.0.0.1:9/", { mode: "no-cors" }).catch((error: Error) => error.name);
      const headers = ((await (await fetch("/echo/x")).json()) as { headers: [string, string][] }).headers;
      return [refused, elsewhere, headers.filter(([name]) => name === "shield-client").length];
    });
    expect(seen).toEqual(["TypeError", "TypeError", 0]);
  });
});

/** The events that the page heard, in order, and what it read at each end. */
interface Heard {
  readonly events: string[];
  readonly status: number;
  readonly text: string;
}

type Act = "wait" | "abort" | "timeout";

/** Sends an XHR from the page as careful old code does, with listeners of every kind. */
function sendXhr(on: Page, path: string, act: Act = "wait"): Promise<Heard> {
  return on.evaluate(
    ([url, what]) =>
      new Promise<Heard>((resolve) => {
        const xhr = new XMLHttpRequest();
        const events: string[] = [];
        xhr.addEventListener("readystatechange", () => events.push(`state ${xhr.readyState}`));
        for (const type of ["loadstart", "load", "error", "abort", "timeout", "loadend"])
          xhr.addEventListener(type, () => events.push(type));
        for (const type of ["loadstart", "load", "loadend"])
          xhr.upload.addEventListener(type, () => events.push(`upload ${type}`));
        xhr.onloadend = () => setTimeout(() => resolve({ events, status: xhr.status, text: xhr.responseText }));
        xhr.open("POST", url);
        xhr.setRequestHeader("X-Mine", "kept");
        xhr.setRequestHeader("Content-Type", "text/plain");
        if (what === "timeout") xhr.timeout = 150;
        const body = new TextEncoder().encode("ģimenes ārsts");
        xhr.send(body);
        body.fill(0); // what is sent is what it was
        if (what === "abort") setTimeout(() => xhr.abort(), 100);
      }),
    [path, act] as const,
  );
}

const OPENING = ["state 1", "loadstart", "upload loadstart", "upload load", "upload loadend"];

describe("XMLHttpRequest", () => {
  test("is sent again with its body and headers, and the page hears one request", async () => {
    const heard = await sendXhr(page, "/echo/guarded?a=1");
    const calm = await sendXhr(page, "/echo/x?a=1");
    expect(heard.events).toEqual([...OPENING, "state 2", "state 3", "state 4", "load", "loadend"]);
    expect(heard.events).toEqual(calm.events);
    const seen = JSON.parse(heard.text) as { bodySha256: string; headers: [string, string][] };
    expect([heard.status, seen.bodySha256]).toEqual([200, sha256("ģimenes ārsts")]);
    expect(seen.headers).toContainEqual(["x-mine", "kept"]);
    expect([count("POST /echo/guarded 403"), count("POST /echo/guarded 200")]).toEqual([1, 1]);
  });

  test.each<[Act, string]>([
    ["abort", "abort"],
    ["timeout", "timeout"],
  ])("that ends by %s while the puzzle is solved tells the page so", async (act, event) => {
    await page.route("**/.shield/puzzle", () => undefined); // it never comes
    const heard = await sendXhr(page, "/echo/guarded", act);
    expect(heard).toEqual({ events: [...OPENING, "state 4", event, "loadend"], status: 0, text: "" });
  });

  test("is given the challenge when it cannot be met", async () => {
    await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 403, body: "" }));
    const heard = await sendXhr(page, "/echo/guarded");
    expect(heard.events).toEqual([...OPENING, "state 4", "load", "loadend"]);
    expect([heard.status, JSON.parse(heard.text)]).toMatchObject([403, { puzzle: "/.shield/puzzle" }]);
  });

  test("can be opened anew meanwhile, and used again after", async () => {
    // The puzzle comes when she has thought better of it.
    const giveOut = await holdBack(page, "**/.shield/puzzle");
    const asked = page.waitForRequest("**/.shield/puzzle");
    const handle = await page.evaluateHandle(() => {
      const xhr = new XMLHttpRequest();
      xhr.responseType = "json";
      xhr.open("GET", "/echo/guarded/first");
      xhr.send();
      return xhr;
    });
    await asked;
    const reopened = page.waitForRequest("**/echo/guarded/second");
    const using = handle.evaluate(async (xhr) => {
      const end = () => new Promise((resolve) => xhr.addEventListener("loadend", resolve, { once: true }));
      xhr.open("GET", "/echo/guarded/second");
      xhr.send();
      await end();
      const second = xhr.response as { url: string };
      xhr.open("GET", "/echo/guarded/third");
      xhr.send();
      await end();
      return [second.url, (xhr.response as { url: string }).url, xhr instanceof XMLHttpRequest, XMLHttpRequest.DONE];
    });
    await reopened;
    giveOut();
    expect(await using).toEqual([expect.stringContaining("/second"), expect.stringContaining("/third"), true, 4]);
    expect(count("GET /echo/guarded/first 200")).toBe(0);
  });

  test("that makes the page wait is left alone", async () => {
    const status = await page.evaluate(() => {
      const xhr = new XMLHttpRequest();
      xhr.open("GET", "/echo/guarded", false);
      xhr.send();
      return xhr.status;
    });
    expect(status).toBe(403);
  });
});

test("what the portal took and answered with a redirect is not sent to it a second time: fetch", async () => {
  const method = await page.evaluate(async () => {
    const path = `/echo/x?location=${encodeURIComponent("/echo/guarded")}`;
    const response = await fetch(path, { method: "POST", body: "once" });
    return ((await response.json()) as { method: string }).method;
  });
  expect(method).toBe("GET");
  expect([count("POST /echo/x 302"), count("GET /echo/guarded 403"), count("GET /echo/guarded 200")]).toEqual([
    1, 1, 1,
  ]);
});

test("what the portal took and answered with a redirect is not sent to it a second time: XMLHttpRequest", async () => {
  const method = await page.evaluate(async () => {
    const xhr = new XMLHttpRequest();
    const end = new Promise((resolve) => xhr.addEventListener("loadend", resolve));
    xhr.open("POST", `/echo/x?location=${encodeURIComponent("/echo/guarded")}`);
    xhr.send("once");
    await end;
    return (JSON.parse(xhr.responseText) as { method: string }).method;
  });
  expect(method).toBe("GET");
  expect([count("POST /echo/x 302"), count("GET /echo/guarded 403"), count("GET /echo/guarded 200")]).toEqual([
    1, 1, 1,
  ]);
});

describe.each(["fetch", "XMLHttpRequest"])("what a redirect only sends on (%s)", (how) => {
  test.each([307, 308])("by %i keeps its method and its body when it is challenged there", async (status) => {
    const seen = await page.evaluate(
      async ([means, path]) => {
        if (means === "fetch") return await (await fetch(path, { method: "POST", body: "kept" })).text();
        const xhr = new XMLHttpRequest();
        const end = new Promise((resolve) => xhr.addEventListener("loadend", resolve));
        xhr.open("POST", path);
        xhr.send("kept");
        await end;
        return xhr.responseText;
      },
      [how, `/echo/x?status=${status}&location=${encodeURIComponent("/echo/guarded")}`] as const,
    );
    expect(JSON.parse(seen)).toMatchObject({ method: "POST", bodySha256: sha256("kept") });
    expect([count("POST /echo/guarded 403"), count("POST /echo/guarded 200")]).toEqual([1, 1]);
  });
});

test("the portal's own suggestions work for a stranger", async () => {
  await page.fill("input[data-suggest]", "abel");
  await page.locator("datalist option").first().waitFor({ state: "attached" });
  expect(count("GET /api/autocomplete 403")).toBe(1);
  expect(count("GET /api/autocomplete 200")).toBe(1);
});

test("what cannot show why it failed is helped beforehand: EventSource and WebSocket work after the check", async () => {
  await page.evaluate(async () => {
    await fetch("/login/password", {
      method: "POST",
      body: new URLSearchParams({ user: "dr.ozola", password: "demo" }),
    });
  });
  // Known to the portal, and not to the shield.
  await context.clearCookies({ name: /^__Host-shield-/ });
  const got = await page.evaluate(async () => {
    const echo = () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://${location.host}/app/socket`);
        socket.onopen = () => socket.send("labdien");
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => resolve(null);
      });
    const firstEvent = () =>
      new Promise((resolve) => {
        const source = new EventSource("/app/events");
        const end = (data: unknown) => {
          source.close();
          resolve(data);
        };
        source.addEventListener("notice", ({ data }) => end(data));
        source.onerror = () => end(null);
      });
    const before = [await echo(), await firstEvent()];
    const proved = await globalThis.vairogs?.prove();
    return { before, proved, after: [await echo(), await firstEvent()] };
  });
  expect(got).toEqual({ before: [null, null], proved: true, after: ["labdien", '{"number":1}'] });
});

/** Forms that meet the shield, in a real browser. Pictures are in .build/screenshots. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CLEARANCE_COOKIE, mintClearance } from "../../src/challenge/clearance.ts";
import { barriers, overflows, picture } from "../e2e/barriers.ts";
import { constant } from "../lab/recording-origin.ts";
import {
  formOf,
  heading,
  IMPATIENT,
  pressed,
  saved,
  send,
  sendAgain,
  startFormBrowser,
  TYPED,
} from "./form-browser.ts";
import { carriedBy, page as originPage, post, startFormLab } from "./lab.ts";

/** Of the hosts in the rules, the one where dear requests soon find no room. */
const TIGHT = "tight.localhost";

const forms = startFormBrowser();
const { somebody, url, write, expectOnce } = forms;

/** Another name than the rule wants that limits her: now she may pass. */
async function becomePatient(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setUserAgentOverride", { userAgent: "Mozilla/5.0", acceptLanguage: "lv" });
}

/** Of somebody who passed the check before: where there is no room others are asked, and would meet two pages of ours. */
function clearance(): Promise<string> {
  const earned = { id: randomBytes(16).toString("hex"), host: TIGHT, network: "", percent: 100 };
  return mintClearance(forms.lab.sealer, earned, Date.now());
}

async function somebodyCleared(options: BrowserContextOptions): Promise<Page> {
  const page = await somebody(options);
  const cookie = { name: CLEARANCE_COOKIE, value: await clearance(), url: `https://${TIGHT}`, secure: true };
  await page.context().addCookies([cookie]);
  return page;
}

/** Takes what room there is at the tight host, and waits for some if there is none: ten seconds pass until there is any again. */
async function drain(): Promise<void> {
  const { shield } = forms.lab;
  const Cookie = `${CLEARANCE_COOKIE}=${await clearance()}`;
  const other = { Host: `${TIGHT}:${shield.port}`, "CF-Connecting-IP": "192.0.2.1", "Sec-Fetch-Site": "none", Cookie };
  const statuses: number[] = [];
  while (statuses.at(-1) !== 503 || !statuses.includes(200))
    statuses.push((await post(new URL("/wait/other", shield), "", other)).status);
}

async function expectFormBack(page: Page, action: string): Promise<void> {
  await page.goBack({ waitUntil: "commit" });
  await page.waitForURL(url(formOf(action)));
  expect(await page.inputValue("input[name=note]")).toBe(TYPED);
}

describe("a form that meets the challenge", () => {
  test("passes by itself; Back shows it filled in; reloading the result sends nothing", async () => {
    const page = await somebody();
    await write(page, "/challenge/back/save");
    await send(page);
    await saved(page);
    expect(page.url()).toBe(url("/challenge/back/save?x=1&x=2"));
    await page.reload();
    await heading(page, "Jau nosūtīts");
    await expectFormBack(page, "/challenge/back/save");
    expectOnce("/challenge/back/save");
  });

  test("in two tabs at once passes in both", async () => {
    const first = await somebody();
    const tabs = [first, await first.context().newPage()];
    for (const [i, tab] of tabs.entries()) await write(tab, `/challenge/tab${i}/save`);
    await first.context().clearCookies();
    await Promise.all(tabs.map(send));
    await Promise.all(tabs.map(saved));
    for (const i of [0, 1]) expectOnce(`/challenge/tab${i}/save`);
  });

  test("leads on to another site where the portal does", async () => {
    const elsewhere = createServer((_, response) => response.end("<h1>Cita vieta</h1>")).listen(0, "127.0.0.1");
    const page = await somebody();
    await write(page, "/challenge/onward/save");
    const there = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    forms.lab.origin.on("/challenge/onward/save", constant({ status: 303, headers: [["Location", there]] }));
    await send(page);
    await page.waitForURL(there);
    elsewhere.closeAllConnections();
    elsewhere.close();
    expectOnce("/challenge/onward/save");
  });
});

describe.each([
  { language: "lv", locale: "lv-LV" },
  { language: "en", locale: "en-GB" },
])("in $language", ({ language, locale }) => {
  test.each(["limit", "closed", "wait", "challenge"])("a form on the page for %s meets no barrier", async (kind) => {
    const options = { locale, ...IMPATIENT };
    const page = kind === "wait" ? await somebodyCleared(options) : await somebody(options);
    await page.route("**/.shield/puzzle", () => undefined);
    const host = kind === "wait" ? TIGHT : "localhost";
    await write(page, `/${kind}/${language}/save`, host);
    if (kind === "wait") await drain();
    await send(page);
    await page.locator("#shield-resend").waitFor({ state: "attached" });
    expect(await page.getAttribute("html", "lang")).toBe(language);
    expect(await barriers(page)).toEqual([]);
    expect(await overflows(page, [320, 1280])).toEqual([]);
    for (const width of [320, 1280]) await picture(page, `resend-${kind}-${language}`, width);
    expect(await page.locator("#shield-resend button").isVisible()).toBe(kind !== "challenge");
  });
});

describe.each(["with", "without"])("%s JavaScript", (script) => {
  const options = { javaScriptEnabled: script === "with", ...IMPATIENT };

  test("a form that met a limit is sent by the button, once", async () => {
    const action = `/limit/${script}/save`;
    const page = await somebody(options);
    await write(page, action);
    await send(page);
    await heading(page, "Pārāk daudz pieprasījumu");
    await becomePatient(page);
    await sendAgain(page);
    await saved(page);
    expectOnce(action);
    if (script === "without") return; // then there is nobody to tidy the history
    await expectFormBack(page, action);
  });

  test("a form that found no room is sent by the button, once there is", async () => {
    const action = `/wait/${script}/save`;
    const page = await somebodyCleared(options);
    await write(page, action, TIGHT);
    await drain();
    await send(page);
    await heading(page, "Pakalpojums ir pārslogots");
    for (;;) {
      const answer = await pressed(page);
      if ((await answer.locator("#shield-resend").count()) === 0) break;
      await page.waitForTimeout(1_000); // what she is asked for: a little later
    }
    await saved(page);
    expectOnce(action, TIGHT);
  });
});

describe("a form that cannot pass the check where it is", () => {
  /** She opens the check in another tab, waits there until she is let in, returns, and presses the button. */
  async function goRound(page: Page, action: string): Promise<void> {
    const link = page.locator("main a[target=_blank]").filter({ visible: true });
    const [tab] = await Promise.all([page.waitForEvent("popup"), link.click()]);
    await heading(tab, "Sākums");
    await tab.close();
    await sendAgain(page);
    await saved(page);
    expectOnce(action);
  }

  test("without JavaScript goes through another tab, which opens by itself", async () => {
    forms.lab.origin.on("/", originPage("<h1>Sākums</h1>"));
    const page = await somebody({ javaScriptEnabled: false });
    await write(page, "/challenge/no-script/save");
    await page.context().clearCookies();
    await send(page);
    await page.locator("#shield-resend button").waitFor();
    expect(await page.locator("section[lang=en] .aside").isVisible()).toBe(true);
    expect(await overflows(page, [320, 1280])).toEqual([]);
    for (const width of [320, 1280]) await picture(page, "resend-challenge-no-script-lv", width);
    // Pressed too early it is given back.
    expect(await (await pressed(page)).locator("#shield-resend button").isVisible()).toBe(true);
    await goRound(page, "/challenge/no-script/save");
  });

  test("where the check fails goes through another tab", async () => {
    forms.lab.origin.on("/", originPage("<h1>Sākums</h1>"));
    const page = await somebody();
    await page.route("**/.shield/puzzle", (route) => route.fulfill({ status: 403, body: "" }));
    await write(page, "/challenge/fails/save");
    await page.context().clearCookies();
    await send(page);
    await page.locator("#shield-aside").waitFor();
    expect(await page.locator("section[lang=en] .aside").isVisible()).toBe(true);
    expect(await barriers(page)).toEqual([]);
    for (const width of [320, 1280]) await picture(page, "resend-challenge-failed-lv", width);
    await goRound(page, "/challenge/fails/save");
  });
});

test("pressed twice, it is sent once, and she sees the result", async () => {
  const page = await somebody(IMPATIENT);
  await write(page, "/limit/twice/save");
  await send(page);
  await page.locator("#shield-resend button").waitFor();
  await becomePatient(page);
  await page.locator("#shield-resend button").dblclick({ noWaitAfter: true });
  await saved(page);
  expectOnce("/limit/twice/save");
});

test("an origin out of reach: the form comes back, and is sent when it is there again, once", async () => {
  const dead = await startFormLab();
  const received: string[] = [];
  const again = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      received.push(`${request.method} ${request.url} ${body}`);
      response.setHeader("Content-Type", "text/html; charset=utf-8").end("<h1>Saglabāts</h1>");
    });
  });
  try {
    const form = `<form method="post" action="/save"><input name="note" value="1"><button id="go">Sūtīt</button></form>`;
    dead.origin.on("/form", originPage(form));
    const page = await somebody();
    await page.goto(new URL("/form", dead.shield).href);
    await dead.origin.stop();
    await send(page);
    await heading(page, "Veselības sistēma neatbild");
    for (const width of [320, 1280]) await picture(page, "resend-unreachable-lv", width);
    const answer = await pressed(page);
    expect(await answer.locator("h1").first().textContent()).toBe("Veselības sistēma neatbild");
    const port = Number(new URL(dead.origin.url).port);
    await new Promise<void>((resolve) => void again.listen(port, "127.0.0.1", resolve));
    await sendAgain(page);
    await saved(page);
    expect(received.filter((line) => line.startsWith("POST"))).toEqual(["POST /save note=1"]);
  } finally {
    again.closeAllConnections();
    again.close();
    await dead.edges.stop();
  }
});

test("without cookies it is sent from the same network", async () => {
  const page = await somebody(IMPATIENT);
  await write(page, "/limit/no-cookies/save");
  await page.context().clearCookies();
  await send(page);
  await page.locator("#shield-resend button").waitFor();
  await page.context().clearCookies();
  await becomePatient(page);
  await sendAgain(page);
  await saved(page);
  expectOnce("/limit/no-cookies/save");
});

test("when its time is over she is told so, and Back shows the form", async () => {
  const { lab } = forms;
  const page = await somebody(IMPATIENT);
  await write(page, "/limit/expired/save");
  await send(page);
  const field = page.locator("input[name=shield-until]");
  await field.waitFor({ state: "attached" });
  const terms = (await lab.sealer.open("deadline", await field.inputValue())) ?? [];
  const late = await lab.sealer.seal("deadline", [...terms.slice(0, 4), Date.now() - 1]);
  await field.evaluate((input, value) => ((input as HTMLInputElement).value = value), late);
  await sendAgain(page);
  await heading(page, "Veidlapu no šīs lapas vairs nevar nosūtīt");
  await expectFormBack(page, "/limit/expired/save");
  expect(lab.posts("/limit/expired/save")).toEqual([]);
});

describe("an attack on somebody who is signed in", () => {
  /** Another site than localhost. */
  async function attacker(body: string): Promise<{ readonly page: string; stop(): void }> {
    const server = createServer((_, response) => {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(`<!doctype html>${body}<script>document.forms[0].submit()</script>`);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return {
      page: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      stop: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  async function victim(): Promise<Page> {
    forms.lab.origin.on(
      "/sign-in",
      originPage("ok", [
        ["Set-Cookie", "lax=live; Path=/; SameSite=Lax"],
        ["Set-Cookie", "strict=live; Path=/; SameSite=Strict"],
      ]),
    );
    const page = await somebody();
    await page.goto(url("/sign-in"));
    return page;
  }

  /** Nothing on it could send anything, now or later. */
  async function expectInert(page: Page): Promise<void> {
    await heading(page, "Veidlapa vēl nav nosūtīta");
    await page.waitForLoadState("networkidle");
    expect(await page.locator("form, script, iframe, meta[http-equiv]").count()).toBe(0);
  }

  test("a form of another site is never sent on by a page of ours: the portal records nothing", async () => {
    const page = await victim();
    forms.lab.origin.on("/", originPage("<h1>Sākums</h1>"));
    const action = url("/challenge/forged");
    const evil = await attacker(`<form method="post" action="${action}"><input name="to" value="attacker"></form>`);
    await page.goto(evil.page);
    await expectInert(page);
    // She follows the advice and passes the check in another tab.
    const [tab] = await Promise.all([page.waitForEvent("popup"), page.locator("a[target=_blank]").first().click()]);
    await heading(tab, "Sākums");
    await expectInert(page);
    expect(forms.lab.posts("/challenge/forged")).toEqual([]);
    evil.stop();
  });

  test("nor is a form that the attacker had sealed for himself", async () => {
    const { lab } = forms;
    const page = await victim();
    const got = await post(new URL("/limit/forged", lab.shield), "to=attacker", { "User-Agent": "impatient" });
    const lines = (carriedBy(got)?.fields ?? "").split("\r\n").map((line) => line.split("=", 2));
    const inputs = lines.map(([name = "", value = ""]) => `<input name="${name}" value="${value}">`).join("");
    const evil = await attacker(
      `<form method="post" enctype="text/plain" action="${url("/challenge/forged")}">${inputs}</form>`,
    );
    await page.goto(evil.page);
    await expectInert(page);
    expect([...lab.posts("/challenge/forged"), ...lab.posts("/limit/forged")]).toEqual([]);
    evil.stop();
  });
});

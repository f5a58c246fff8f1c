/** The promise of the shield, kept or broken in a real browser: a doctor writes a prescription while a flood runs. */
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readState, resetPortal } from "../flood/portal.ts";
import { launchBrowser, openContext } from "../lab/browser.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import { Desk, type Prescription } from "./at-work.ts";
import { underFlood } from "./siege.ts";
import { PORTAL_UNITS_PER_SECOND } from "./small-portal-rules.ts";

/** Everything that a careless decoder spoils. */
const PRESCRIPTION: Prescription = {
  patient: "010190-00007",
  medicine: 'Abelvīns "forte" & Co',
  dose: "1+1 tablete, 50 %",
  note: "2× dienā + pēc ēšanas; \"lēni\" & 'uzmanīgi' — ģēļķņšūžīāč",
};
/** Not the network of a registered hospital: nobody knows her yet. */
const SOMEWHERE = "203.0.113.77";
/** More than a doctor has: what she does needs no more than a moment, but this machine may be busy, ms. */
const LONG_MS = 60_000;

let lab: Lab;
let shield: URL;
let portal: URL;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  // A lab of its own for each: the posture of one flood must not greet the next.
  lab = await startEdges({
    patient: true,
    portalCapacity: PORTAL_UNITS_PER_SECOND,
    rulesModule: join(import.meta.dirname, "small-portal-rules.ts"),
  });
  [shield, portal] = urlsOf(lab);
  context = await openContext(browser, SOMEWHERE);
});
afterEach(async () => {
  await context.close();
  await lab.stop();
});

describe("while a flood runs", () => {
  test("a doctor whom nobody knows signs in and writes a prescription", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    const { stoppedShare } = await underFlood(shield, async () => {
      await desk.signIn("dr.ozola");
      await desk.prescribe(PRESCRIPTION);
    });
    expect(await held()).toEqual([PRESCRIPTION]);
    // The challenge came, solved itself and brought her back: nothing else stood in her way.
    expect(desk.mitigated).toEqual(["challenge"]);
    expect(stoppedShare).toBeGreaterThan(0.95);
  });

  test("one who comes in its first moment may have to wait or to press 'send again', and is in within a minute", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await underFlood(
      shield,
      async () => {
        await desk.signIn("dr.ozola");
        await desk.prescribe(PRESCRIPTION);
      },
      "at once",
    );
    expect(await held()).toEqual([PRESCRIPTION]);
    expect(desk.mitigated.filter((kind) => kind !== "challenge" && kind !== "wait")).toEqual([]);
  });

  test("the same doctor cannot work where there is no shield", async () => {
    const desk = await Desk.open(context, portal);
    const { result: worked } = await underFlood(portal, async () => {
      try {
        await desk.signIn("dr.ozola");
        await desk.prescribe(PRESCRIPTION);
        return true;
      } catch {
        return false;
      }
    });
    expect(worked).toBe(false);
  });

  test.each([
    ["from its first moment on", "at once"],
    ["when it is under way", "when it is under way"],
  ] as const)("a doctor who signed in before meets no challenge %s", async (_, from) => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await desk.signIn("dr.berzins");
    await underFlood(shield, () => desk.prescribe(PRESCRIPTION), from);
    expect(await held()).toEqual([PRESCRIPTION]);
    expect(desk.mitigated).toEqual([]);
  });

  test("a form that was opened in calm is taken without a challenge, from whomever", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await desk.signIn("dr.egle");
    await desk.write(PRESCRIPTION);
    await context.clearCookies({ name: "__Host-shield-pass" });
    await underFlood(shield, () => desk.send(PRESCRIPTION));
    expect(await held()).toEqual([PRESCRIPTION]);
    // The list that she is led to afterwards is a page like any other.
    expect(desk.mitigated).toEqual(["challenge"]);
  });

  test("a form that meets the challenge passes it by itself, as it was typed", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await desk.signIn("dr.egle");
    await desk.write(PRESCRIPTION);
    await context.clearCookies({ name: "__Host-shield-pass" });
    await context.clearCookies({ name: "__Host-shield-visit" });
    await underFlood(shield, () => desk.send(PRESCRIPTION));
    expect(await held()).toEqual([PRESCRIPTION]);
    expect(desk.mitigated).toEqual(["challenge"]);
  });

  test("she returns from the identity provider of another site without a challenge in between", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await underFlood(shield, async () => {
      await desk.page.goto(atProvider("?request=r1").href);
      await returnFromProvider(desk);
      await desk.prescribe(PRESCRIPTION);
    });
    expect(await held()).toEqual([PRESCRIPTION]);
    expect(desk.mitigated).toEqual([]);
  });

  test("one who began to sign in before it returns from there in its first moment", async () => {
    const desk = await Desk.open(context, shield, LONG_MS);
    await desk.goto("/login/start");
    await desk.page.goto(atProvider(new URL(desk.page.url()).search).href);
    await underFlood(
      shield,
      async () => {
        await returnFromProvider(desk);
        await desk.prescribe(PRESCRIPTION);
      },
      "at once",
    );
    expect(await held()).toEqual([PRESCRIPTION]);
    expect(desk.mitigated).toEqual([]);
  });
});

/** 127.0.0.1 is another site than localhost: her return is a cross-site POST, which no Lax cookie accompanies. */
function atProvider(query: string): URL {
  const provider = new URL("/idp/login", portal);
  provider.hostname = "127.0.0.1";
  provider.search = query;
  provider.searchParams.set("return", new URL("/saml/acs", shield).href);
  return provider;
}

async function returnFromProvider({ page }: Desk): Promise<void> {
  await page.fill("input[name=user]", "dr.kalnina");
  await page.click("main form button");
  await page.click("form#saml button", { noWaitAfter: true });
  await page.waitForURL(new URL("/app/prescriptions", shield).href);
}

test("in calm the shield is not noticed", async () => {
  await resetPortal(portal);
  const desk = await Desk.open(context, shield, LONG_MS);
  await desk.signIn("dr.liepins");
  await desk.prescribe(PRESCRIPTION);
  expect(await held()).toEqual([PRESCRIPTION]);
  expect(desk.mitigated).toEqual([]);
});

/** What the portal holds, field by field as it was sent. */
async function held(): Promise<unknown[]> {
  const { prescriptions } = await readState(portal);
  return prescriptions.map(({ fields }) => Object.fromEntries(fields as [string, string][]));
}

function urlsOf({ shieldUrls: [shieldUrl], portalUrl }: Lab): [shield: URL, portal: URL] {
  if (!shieldUrl || !portalUrl) throw new Error("the lab has no shield or no portal");
  return [shieldUrl, portalUrl];
}

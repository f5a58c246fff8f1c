/**
 * The moment at which a flood has begun and the shield is not on guard yet: nobody is asked for anything, and strangers find no
 * room. A doctor who is at the identity provider just then comes back.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as visitors from "../lab/visitors.ts";

let lab: Lab;
let edge: URL;
/** Programs that nobody knows; each comes again when it is answered. */
const PROGRAMS = 120;
let rush: Promise<unknown> = Promise.resolve();
let rushing = true;
let refused = 0;

beforeAll(async () => {
  lab = await startEdges({
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "small-origin-rules.ts"),
    vars: { ADMIN_HOST: visitors.ADMIN_HOST, SHIELD_ADMIN_TOKEN: visitors.ADMIN_TOKEN },
  });
  [edge = edge] = lab.shieldUrls;
  const posture = { site: "e-health portal", posture: "normal", minutes: 30, reason: "not on guard yet" };
  expect((await visitors.operate(edge, "/.shield/posture", posture)).status).toBe(200);
});
afterAll(async () => {
  rushing = false;
  await rush;
  await lab.stop();
});

it("she is in, and whoever nobody saw begin is led to the start with one click", async () => {
  const address = "203.0.113.201";
  const began = await visitors.eventually(
    () => visitors.ask(edge, "/login/start", { headers: { ...visitors.NAVIGATION, "CF-Connecting-IP": address } }),
    ({ status }) => status === 302,
  );
  const body = await assertionFor("dr.locum", new URL(began.headers.location ?? "", "http://x").search);
  rush = Promise.all(Array.from({ length: PROGRAMS }, (_, i) => comeAgainAndAgain(i)));
  while (refused < 2 * PROGRAMS) await pause(50);

  const back = await comeBack(body, address, visitors.cookiesOf(began));
  expect([back.status, back.headers["shield-mitigated"], back.headers.location]).toEqual([
    303,
    undefined,
    "/app/prescriptions",
  ]);

  // One more than a prefix may have of those that nobody began.
  const others = await Promise.all(Array.from({ length: 7 }, (_, i) => comeBack("SAMLResponse=x", `198.51.100.${i}`)));
  const turnedAway = others.filter(({ headers }) => headers["shield-mitigated"] !== undefined);
  expect(turnedAway.length).toBeGreaterThan(0);
  for (const page of turnedAway) {
    expect(page.body).toContain('href="/login">Sākt pierakstīšanos vēlreiz</a>');
    expect(page.body).toContain('href="/login">Start signing in again</a>');
  }
});

async function comeAgainAndAgain(i: number): Promise<void> {
  // Some ask for what is as important as her return.
  const path = i % 3 === 0 ? "/login" : "/news";
  while (rushing) {
    const headers = { Accept: "application/json", "CF-Connecting-IP": visitors.freshAddress() };
    if ((await visitors.ask(edge, path, { headers })).status === 503) refused++;
  }
}

/** The form that the identity provider makes for a user who proved who she is. */
async function assertionFor(user: string, query: string): Promise<string> {
  const page = await fetch(new URL(`/idp/login${query}&user=${user}`, lab.portalUrl ?? ""));
  const assertion = /name="SAMLResponse" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  return new URLSearchParams({ SAMLResponse: assertion, RelayState: "x" }).toString();
}

function comeBack(body: string, address: string, cookie = ""): Promise<visitors.Got> {
  const headers = {
    ...visitors.NAVIGATION,
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "cross-site",
    Origin: "https://idp.example.lv",
    "CF-Connecting-IP": address,
    ...(cookie === "" ? {} : { Cookie: cookie }),
  };
  return visitors.ask(edge, "/saml/acs", { method: "POST", headers, body });
}

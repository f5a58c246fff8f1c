/**
 * The moment at which a flood has begun and the shield is not on guard yet: nobody is asked for anything, and strangers find no
 * room. A doctor who is at the identity provider just then comes back; another hands in her password.
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
/** What two doctors were given in calm: where sign-in at the identity provider began, and the form for a password. */
let began: visitors.Got;
let opened: visitors.Got;
const AT_PROVIDER = "203.0.113.201";
const AT_FORM = "203.0.113.202";

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
  const inCalm = (path: string, address: string, status: number) =>
    visitors.eventually(
      () => visitors.ask(edge, path, { headers: { ...visitors.NAVIGATION, "CF-Connecting-IP": address } }),
      (got) => got.status === status,
    );
  began = await inCalm("/login/start", AT_PROVIDER, 302);
  opened = await inCalm("/login", AT_FORM, 200);
  rush = Promise.all(Array.from({ length: PROGRAMS }, (_, i) => comeAgainAndAgain(i)));
  await untilRefused();
});
afterAll(async () => {
  rushing = false;
  await rush;
  await lab.stop();
});

it("who hands in her password is in, if the form came in calm; whoever brings nothing gets it back on a page", async () => {
  const cookie = visitors.cookiesOf(opened);
  expect(cookie).toContain("__Host-shield-visit=");
  const body = "user=dr.locum&password=demo";
  const handIn = (address: string, cookies = "") => postForm("/login/password", body, address, "same-origin", cookies);

  const hers = await handIn(AT_FORM, cookie);
  expect([hers.status, hers.headers["shield-mitigated"], hers.headers.location]).toEqual([
    303,
    undefined,
    "/app/prescriptions",
  ]);

  const others = await Promise.all(Array.from({ length: 12 }, (_, i) => handIn(`203.0.113.${210 + i}`)));
  const turnedAway = others.filter(({ headers }) => headers["shield-mitigated"] === "wait");
  expect(turnedAway.length).toBeGreaterThan(0);
  for (const page of turnedAway) expect(page.body).toContain("Sūtīt vēlreiz");
});

it("who comes back is in, and whoever nobody saw begin is led to the start with one click", async () => {
  await untilRefused();
  const body = await assertionFor("dr.locum", new URL(began.headers.location ?? "", "http://x").search);
  const back = await comeBack(body, AT_PROVIDER, visitors.cookiesOf(began));
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

/** Until each of the programs has found no room twice more: they have taken all that there was. */
async function untilRefused(): Promise<void> {
  const until = refused + 2 * PROGRAMS;
  while (refused < until) await pause(50);
}

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
  const page = await visitors.ask(lab.portalUrl ?? edge, `/idp/login${query}&user=${user}`);
  const assertion = /name="SAMLResponse" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  return new URLSearchParams({ SAMLResponse: assertion, RelayState: "x" }).toString();
}

function comeBack(body: string, address: string, cookie = ""): Promise<visitors.Got> {
  return postForm("/saml/acs", body, address, "cross-site", cookie);
}

function postForm(
  path: string,
  body: string,
  address: string,
  site: "same-origin" | "cross-site",
  cookie: string,
): Promise<visitors.Got> {
  const headers = {
    ...visitors.NAVIGATION,
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": site,
    Origin: site === "cross-site" ? "https://idp.example.lv" : `http://${visitors.HOST}`,
    "CF-Connecting-IP": address,
    ...(cookie === "" ? {} : { Cookie: cookie }),
  };
  return visitors.ask(edge, path, { method: "POST", headers, body });
}

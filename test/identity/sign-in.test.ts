/** Signing in while the site is under attack, through the production bundle: beginnings, returns, and those who made them up. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as visitors from "../lab/visitors.ts";

let lab: Lab;
let edge: URL;
let other: URL;
beforeAll(async () => {
  lab = await startEdges({
    edges: 2,
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "../lab/steady-rules.ts"),
    vars: { ADMIN_HOST: visitors.ADMIN_HOST, SHIELD_ADMIN_TOKEN: visitors.ADMIN_TOKEN },
  });
  [edge = edge, other = other] = lab.shieldUrls;
  await setPosture("clinicians-first");
});
afterAll(() => lab.stop());

async function setPosture(posture: string): Promise<void> {
  for (const where of [edge, other]) {
    const set = { site: "e-health portal", posture, minutes: 30, reason: "a test" };
    expect((await visitors.operate(where, "/.shield/posture", set)).status).toBe(200);
  }
}

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
/** As Chromium sends the form that the identity provider's page submits. */
const CROSS_SITE_POST = {
  ...visitors.NAVIGATION,
  ...FORM,
  "Sec-Fetch-Site": "cross-site",
  Origin: "https://idp.example.lv",
};
const mitigated = ({ headers }: visitors.Got): unknown => headers["shield-mitigated"] ?? "through";

/** Begins with a clearance, as a locum does in an attack; what the identity provider and the browser then know. */
async function begin(address: string): Promise<{ readonly transaction: string; readonly query: string }> {
  const clearance = await visitors.earnClearance(edge, address);
  const got = await visitors.ask(edge, "/login/start", {
    headers: { ...visitors.NAVIGATION, Cookie: clearance, "CF-Connecting-IP": address },
  });
  expect([got.status, mitigated(got)]).toEqual([302, "through"]);
  return { transaction: visitors.cookiesOf(got), query: new URL(got.headers.location ?? "", "http://x").search };
}

/** The form that the identity provider makes for a user who proved who she is. */
async function assertionFor(user: string, query: string): Promise<string> {
  const page = await visitors.ask(lab.portalUrl ?? edge, `/idp/login${query}&user=${user}`);
  const assertion = /name="SAMLResponse" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  return new URLSearchParams({ SAMLResponse: assertion, RelayState: "x" }).toString();
}

function comeBack(body: string, address: string, cookie = "", where = edge): Promise<visitors.Got> {
  const headers = { ...CROSS_SITE_POST, "CF-Connecting-IP": address, ...(cookie === "" ? {} : { Cookie: cookie }) };
  return visitors.ask(where, "/saml/acs", { method: "POST", headers, body });
}

describe("in the middle of an attack", () => {
  it("a locum without a pass begins, returns unchallenged with only her transaction, and is a clinician", async () => {
    const address = "203.0.113.201";
    const { transaction, query } = await begin(address);
    expect(transaction).toMatch(/^__Host-shield-signin=/);
    // Her Lax cookies stay at home on a cross-site POST: neither clearance nor pass comes along.
    const back = await comeBack(await assertionFor("dr.locum", query), address, transaction, other);
    expect([back.status, back.headers.location]).toEqual([303, "/app/prescriptions"]);
    const cookies = String(back.headers["set-cookie"]);
    expect(cookies).toContain("__Host-shield-pass=");
    expect(cookies).toContain("__Host-shield-signin=; Max-Age=0");
    const work = await visitors.ask(other, "/app/prescriptions", {
      headers: { ...visitors.NAVIGATION, Cookie: visitors.cookiesOf(back), "CF-Connecting-IP": address },
    });
    expect([work.status, mitigated(work)]).toEqual([200, "through"]);
  });

  it("a return that the identity provider began passes too, within a tighter budget", async () => {
    const began = await assertionFor("dr.elsewhere", "?return=/saml/acs&request=r1");
    expect((await comeBack(began, "192.0.2.33")).status).toBe(303);
  });

  it("made-up returns from one prefix are held to 6, those with a transaction go on beside them", async () => {
    const address = (i: number) => `198.51.100.${10 + (i % 200)}`;
    const { transaction, query } = await begin("198.51.100.5");
    const garbage = `SAMLResponse=${randomBytes(3000).toString("hex")}`;
    const floods = await Promise.all(
      Array.from({ length: 120 }, (_, i) => comeBack(garbage, address(i), "", i & 1 ? edge : other)),
    );
    const passed = floods.filter((got) => mitigated(got) === "through").length;
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThanOrEqual(6);
    expect(floods.every(({ status }) => status === 400 || status === 429)).toBe(true);
    const hers = await comeBack(await assertionFor("dr.beside", query), "198.51.100.5", transaction);
    expect(hers.status).toBe(303);
  });

  it("one transaction brings back one person, not a flood", async () => {
    const address = "203.0.113.202";
    const { transaction } = await begin(address);
    const garbage = `SAMLResponse=${randomBytes(3000).toString("hex")}`;
    const tries = await Promise.all(Array.from({ length: 60 }, () => comeBack(garbage, address, transaction)));
    expect(tries.filter((got) => mitigated(got) === "through").length).toBe(6);
  });

  it("a forged transaction is none", async () => {
    const garbage = "SAMLResponse=x";
    const tries = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        comeBack(garbage, "198.18.90.90", `__Host-shield-signin=${randomBytes(60).toString("base64url")}${i}`),
      ),
    );
    expect(tries.filter((got) => mitigated(got) === "through").length).toBeLessThanOrEqual(6);
  });

  it("personal codes in the right format light up no telephone for strangers", async () => {
    const prompts = async (): Promise<number> => {
      const { body } = await visitors.ask(lab.portalUrl ?? edge, "/.portal/state?brief=1");
      return (JSON.parse(body) as { prompts: number }).prompts;
    };
    const before = await prompts();
    const calls = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        visitors.ask(edge, "/login/smartid", {
          method: "POST",
          headers: { "Content-Type": "application/json", "CF-Connecting-IP": `198.18.200.${i}` },
          body: JSON.stringify({ idCode: `${100000 + i}-${10000 + i}` }),
        }),
      ),
    );
    expect(calls.every((got) => mitigated(got) === "closed" || mitigated(got) === "limit")).toBe(true);
    expect(await prompts()).toBe(before);
  });
});

it("in calm, codes from one prefix are held to the budget of the start, whatever the address", async () => {
  await setPosture("normal");
  const calls = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      visitors.ask(i & 1 ? edge : other, "/login/smartid", {
        method: "POST",
        headers: { "Content-Type": "application/json", "CF-Connecting-IP": `198.19.200.${i}` },
        body: JSON.stringify({ idCode: `${100000 + i}-${10000 + i}` }),
      }),
    ),
  );
  const passed = calls.filter((got) => mitigated(got) === "through").length;
  expect(passed).toBeGreaterThan(20);
  expect(passed).toBeLessThanOrEqual(60);
});

it("a network of many prefixes is held to its own budget, whatever prefix its bots rotate through", async () => {
  await setPosture("normal");
  const code = (i: number) =>
    visitors.ask(i & 1 ? edge : other, "/login/smartid", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "CF-Connecting-IP": `198.${18 + (i % 2)}.${(i * 7) % 256}.${i % 256}`,
        "MF-CF-Blob": JSON.stringify({ asn: 64_511 }),
      },
      body: JSON.stringify({ idCode: `${100000 + i}-${10000 + (i % 80000)}` }),
    });
  let passed = 0;
  for (let batch = 0; batch < 10; batch++) {
    const got = await Promise.all(Array.from({ length: 180 }, (_, i) => code(batch * 180 + i)));
    passed += got.filter((answer) => mitigated(answer) === "through").length;
  }
  expect(passed).toBeGreaterThan(20);
  expect(passed).toBeLessThanOrEqual(600);
});

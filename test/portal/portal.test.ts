import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

const server = createTestHarness({
  workers: [
    { configPath: join(import.meta.dirname, "wrangler.toml"), vars: { CAPACITY: "0", ORIGIN_KEY: "the origin's key" } },
  ],
});
let base = "";

beforeAll(async () => {
  base = (await server.listen()).url.origin;
});
beforeEach(async () => {
  await ask("/.portal/reset", { method: "POST" });
});
afterAll(() => server.close());

/** Over the real socket, and never follows a redirect. */
function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, base), { redirect: "manual", ...init });
}

function form(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body: new URLSearchParams(fields), headers };
}

async function signIn(user = "dr.paraugs"): Promise<{ Cookie: string }> {
  const response = await ask("/login/password", form({ user, password: "demo" }));
  expect(response.status).toBe(303);
  return { Cookie: response.headers.get("Set-Cookie")?.split(";")[0] ?? "" };
}

interface State {
  prescriptions: { fields: [string, string][]; bodySha256: string; createdBy: string; signed: boolean; via: string }[];
  documents: { id: string; name: string; size: number; sha256: string; kept: boolean }[];
  prompts: number;
  aborted: number;
  inFlight: number;
  load: { strain: number; series: { offeredUnits: number; servedUnits: number; failed: number }[] };
}

async function state(): Promise<State> {
  return (await (await ask("/.portal/state")).json()) as State;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("signing in", () => {
  it("vouches for a clinician and for a resident, and for nobody with a wrong password", async () => {
    const doctor = await ask("/login/password", form({ user: "dr.paraugs", password: "demo" }));
    expect(doctor.headers.get("Location")).toBe("/app/prescriptions");
    expect(doctor.headers.get("Shield-Vouch")).toMatch(/^[0-9a-f]{36}; ttl=43200; lane=clinician$/);
    expect(doctor.headers.get("Cache-Control")).toBe("no-store");
    const resident = await ask("/login/password", form({ user: "res.paraugs", password: "demo" }));
    expect(resident.headers.get("Shield-Vouch")).toContain("lane=resident");
    const wrong = await ask("/login/password", form({ user: "dr.paraugs", password: "guess" }));
    expect([wrong.status, wrong.headers.get("Shield-Vouch"), wrong.headers.get("Set-Cookie")]).toEqual([
      401,
      null,
      null,
    ]);
  });

  it("does not let the vouch give the session away, and ends both at sign-out", async () => {
    const response = await ask("/login/password", form({ user: "dr.paraugs", password: "demo" }));
    const Cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const vouchId = response.headers.get("Shield-Vouch")?.split(";")[0] ?? "";
    expect(Cookie).not.toContain(vouchId);
    const out = await ask("/logout", { method: "POST", headers: { Cookie } });
    expect(out.headers.get("Shield-Vouch")).toBe(`${vouchId}; ttl=0; lane=clinician`);
    const after = await ask("/app/prescriptions", { headers: { Cookie } });
    expect([after.status, after.headers.get("Location")]).toEqual([302, "/login"]);
  });

  it("goes to the identity provider and back, once", async () => {
    const start = await ask("/login/start", {
      headers: { "X-Forwarded-Host": "portal.example.lv", "X-Forwarded-Proto": "https" },
    });
    const location = start.headers.get("Location") ?? "";
    expect(location).toMatch(/^\/idp\/login\?return=https%3A%2F%2Fportal.example.lv%2Fsaml%2Facs&request=/);
    const html = await (await ask(`${location}&user=dr.paraugs`)).text();
    expect(html).toContain('action="https://portal.example.lv/saml/acs"');
    const SAMLResponse = /name="SAMLResponse" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const back = await ask("/saml/acs", form({ SAMLResponse }));
    expect([back.status, back.headers.get("Location")]).toEqual([303, "/app/prescriptions"]);
    expect(back.headers.get("Shield-Vouch")).toContain("lane=clinician");
    expect((await ask("/saml/acs", form({ SAMLResponse }))).status).toBe(400);
  });

  it("refuses forged assertions and foreign return addresses", async () => {
    for (const SAMLResponse of ["", "garbage", btoa("<NameID>dr.paraugs</NameID>"), "A".repeat(8000)])
      expect((await ask("/saml/acs", form({ SAMLResponse }))).status).toBe(400);
    expect((await ask("/idp/login?return=https://evil.example/steal&user=dr.x")).status).toBe(400);
  });

  it("counts the phones that would have rung", async () => {
    for (const idCode of ["010190-00000", "020190-00001"])
      expect((await ask("/login/smartid", { method: "POST", body: JSON.stringify({ idCode }) })).status).toBe(202);
    expect((await ask("/login/smartid", { method: "POST", body: "{" })).status).toBe(400);
    expect((await state()).prompts).toBe(2);
  });
});

describe("a doctor's work", () => {
  it("keeps a prescription once and unchanged", async () => {
    const headers = await signIn();
    const fields = { patient: "010190-00000", medicine: "Ozolavīns", dose: "1 × 3", note: 'Pēc ēšanas\r\n<b>&"' };
    const sent = await ask("/app/prescriptions", form(fields, headers));
    expect([sent.status, sent.headers.get("Location")]).toEqual([303, "/app/prescriptions"]);
    const { prescriptions } = await state();
    expect(prescriptions).toHaveLength(1);
    expect(prescriptions[0]).toMatchObject({
      createdBy: "dr.paraugs",
      fields: Object.entries(fields),
      bodySha256: sha256(new URLSearchParams(fields).toString()),
      signed: true,
    });
    const list = await (await ask("/app/prescriptions", { headers })).text();
    expect(list).toContain("Ozolavīns");
    expect(list).not.toContain("<b>");
  });

  it("uploads a document and downloads it whole, in part, or not again", async () => {
    const headers = await signIn();
    const content = randomBytes(300_000);
    const body = new FormData();
    body.set("note", "rentgens");
    body.set("file", new File([content], "plaušas.bin", { type: "application/octet-stream" }));
    expect((await ask("/app/documents", { method: "POST", headers, body })).status).toBe(303);
    const [document] = (await state()).documents;
    expect(document).toMatchObject({ name: "plaušas.bin", size: 300_000, sha256: sha256(content), kept: true });
    const path = `/app/documents/${document?.id}`;
    const whole = await ask(path, { headers });
    const etag = whole.headers.get("ETag") ?? "";
    expect(sha256(await whole.bytes())).toBe(sha256(content));
    const part = await ask(path, { headers: { ...headers, Range: "bytes=100-199" } });
    expect([part.status, part.headers.get("Content-Range")]).toEqual([206, "bytes 100-199/300000"]);
    expect(Buffer.from(await part.bytes()).equals(content.subarray(100, 200))).toBe(true);
    expect((await ask(path, { headers: { ...headers, "If-None-Match": etag } })).status).toBe(304);
    expect((await ask(path, { headers: { ...headers, Range: "bytes=300000-" } })).status).toBe(416);
  });

  it("hashes what is too large to keep as it streams through", async () => {
    const headers = await signIn();
    const content = randomBytes(20_000_000);
    const body = new FormData();
    body.set("file", new File([content], "CT.bin"));
    expect((await ask("/app/documents", { method: "POST", headers, body })).status).toBe(303);
    expect((await state()).documents[0]).toMatchObject({ size: 20_000_000, sha256: sha256(content), kept: false });
  });

  it("tells news as they happen, and wants an upgrade on its socket", async () => {
    const headers = await signIn();
    const text = await (await ask("/app/events", { headers })).text();
    expect(text.match(/^data: /gm)).toHaveLength(5);
    expect((await ask("/app/socket", { headers })).status).toBe(426);
  });
});

describe("machines", () => {
  const call = async (operation: string, fields: Record<string, string>): Promise<string> => {
    const inner = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    const response = await ask("/soap/prescription", {
      method: "POST",
      headers: {
        "Content-Type": "text/xml; charset=utf-8",
        SOAPAction: `"${operation}"`,
        Authorization: "Bearer demo-gp-1",
      },
      body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:${operation} xmlns:m="urn:demo:e-prescription">${inner.join("")}</m:${operation}></s:Body></s:Envelope>`,
    });
    expect(response.headers.get("Content-Type")).toContain("text/xml");
    return response.text();
  };
  const pick = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1] ?? "";

  it("make a prescription in seven calls", async () => {
    const patientId = pick(await call("FindPatient", { code: "010190-00000" }), "patientId");
    const listId = pick(await call("ListMedicines", { patientId }), "listId");
    const first = pick(await call("SearchMedicine", { listId, text: "ozol" }), "searchId");
    const found = await call("SearchMedicine", { searchId: first, text: "ozolavins" });
    const searchId = pick(found, "searchId");
    const checkId = pick(await call("CheckInteractions", { searchId, medicineCode: pick(found, "code") }), "checkId");
    const made = await call("CreatePrescription", { checkId, dose: "1 x 2", note: "R&amp;D" });
    const signed = await call("SignPrescription", { prescriptionId: pick(made, "prescriptionId") });
    expect(pick(signed, "state")).toBe("signed");
    const { prescriptions } = await state();
    expect(prescriptions).toHaveLength(1);
    expect(prescriptions[0]).toMatchObject({
      createdBy: "gp-1",
      via: "soap",
      signed: true,
      patient: "010190-00000",
      note: "R&D",
    });
  });

  it("hear of an error in their own language", async () => {
    expect(await call("ListMedicines", { patientId: "made up" })).toContain("<faultstring>No such id</faultstring>");
    const headers = { "Content-Type": "application/fhir+json" };
    const broken = await ask("/fhir/ServiceRequest", { method: "POST", headers, body: "{" });
    expect([broken.status, await broken.json()]).toMatchObject([400, { resourceType: "OperationOutcome" }]);
    const body = JSON.stringify({ resourceType: "ServiceRequest", status: "active" });
    const taken = await ask("/fhir/ServiceRequest", { method: "POST", headers, body });
    expect(taken.status).toBe(201);
    const tasks = await ask("/fhir/Task");
    expect([tasks.headers.get("Content-Type"), await tasks.json()]).toMatchObject([
      expect.stringContaining("application/fhir+json"),
      { resourceType: "Bundle", total: 1 },
    ]);
  });
});

describe("mirrors", () => {
  it("tell what arrived and answer as asked", async () => {
    const response = await ask("/echo/a%2Fb?status=201&vouch=abc&header=X-One:%201", { method: "PUT", body: "čau" });
    expect(response.status).toBe(201);
    expect(response.headers.getSetCookie()).toHaveLength(2);
    expect([response.headers.get("Shield-Vouch"), response.headers.get("X-One")]).toEqual(["abc", "1"]);
    expect(await response.json()).toMatchObject({ method: "PUT", bodyBytes: 4, bodySha256: sha256("čau") });
    expect((await ask("/echo/?location=/x")).status).toBe(302);
  });

  it("send as many bytes as asked, the same each time", async () => {
    const answers = await Promise.all(
      [1, 2].map(() => ask("/download/big?bytes=1000003", { headers: { "Accept-Encoding": "identity" } })),
    );
    expect(answers[0]?.headers.get("Content-Length")).toBe("1000003");
    const [one, other] = await Promise.all(answers.map((answer) => answer.bytes()));
    expect([one?.length, one && sha256(one)]).toEqual([1_000_003, other && sha256(other)]);
  });
});

describe("the origin's door", () => {
  it("opens for the shield only, when told so", async () => {
    await ask("/.portal/capacity", { method: "POST", body: JSON.stringify({ enforceOriginKey: true }) });
    expect((await ask("/")).status).toBe(403);
    expect((await ask("/", { headers: { "Shield-Origin-Key": "the origin's key" } })).status).toBe(200);
  });
});

describe("overload", () => {
  it("takes the service from everybody, and gives it back some seconds after", async () => {
    await ask("/.portal/capacity", { method: "POST", body: JSON.stringify({ perSecond: 20 }) });
    expect((await ask("/")).status).toBe(200);
    const from = Date.now();
    const sumOf = async (what: "offeredUnits" | "servedUnits"): Promise<number> =>
      (await state()).load.series.reduce((sum, second) => sum + second[what], 0);
    // Twenty times what it bears and more; they leave before they are served, as bots do, and come again until all leave.
    const leaving = new AbortController();
    const bot = async (): Promise<void> => {
      while (!leaving.signal.aborted)
        await ask("/search?q=o", { signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(500)]) }).catch(
          () => null,
        );
    };
    const flood = Array.from({ length: 100 }, bot);
    await expect.poll(() => sumOf("offeredUnits"), { interval: 50, timeout: 60_000 }).toBeGreaterThanOrEqual(400);
    const doctor = await ask("/news", { signal: AbortSignal.timeout(1000) }).catch(() => null);
    leaving.abort();
    await Promise.all(flood);
    expect(doctor?.status ?? "no answer").not.toBe(200);
    expect((await ask("/assets/app.css")).status).toBe(200);
    await expect
      .poll(async () => (await ask("/news", { signal: AbortSignal.timeout(900) }).catch(() => null))?.status, {
        interval: 500,
        timeout: 90_000,
      })
      .toBe(200);
    expect(await sumOf("servedUnits")).toBeLessThanOrEqual(20 * (1 + (Date.now() - from) / 1000));
  });
});

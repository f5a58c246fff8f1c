/** Manual modes as operators set them, through the production bundle over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOver } from "../../src/counters/bound.ts";
import type { Lane } from "../../src/identity/identity.ts";
import type { Importance } from "../../src/policy/tables.ts";
import type { Posture } from "../../src/policy/verdict.ts";
import { SYSTEMS_HOST, tlsClientAuth } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

const SITE = "e-health portal";
let running: Lab;
let edges: readonly URL[];
beforeAll(async () => {
  running = await startEdges({
    edges: 3,
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "../lab/roomy-rules.ts"),
    vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
  edges = running.shieldUrls;
});
afterAll(() => running.stop());

const edge = (i = 0): URL => edges[i] ?? new URL("http://nowhere");
const setPosture = (posture: Posture | "automatic", minutes = 60) =>
  lab.operate(
    edge(),
    "/.shield/posture",
    posture === "automatic" ? { site: SITE, posture } : { site: SITE, posture, minutes, reason: "a test" },
  );
const visit = (path: string, i = 0, headers = {}) =>
  lab.ask(edge(i), path, { headers: { ...lab.NAVIGATION, ...headers } });

/** What becomes of a visitor, or "through" to the origin. */
const outcome = ({ headers }: lab.Got): string => String(headers["shield-mitigated"] ?? "through");

/** Asks each edge now and then, as its visitors do, until all show it. */
const untilAllShow = (path: string, expected: string) =>
  lab.eventually(
    async () => (await Promise.all(edges.map((_, i) => visit(path, i)))).map(outcome),
    (seen) => seen.every((one) => one === expected),
  );

describe("a posture that an operator sets", () => {
  it("holds in every isolate with traffic, is explained, and ends when she says so", async () => {
    await untilAllShow("/news", "through");
    const from = Date.now();
    const set = await setPosture("elevated");
    expect([set.status, set.body]).toEqual([200, expect.stringContaining("administrator's token")]);
    await untilAllShow("/news", "challenge");

    const shown = JSON.parse((await lab.operate(edge(2), "/.shield/posture")).body);
    const [portal] = shown.sites;
    expect(portal).toMatchObject({
      site: SITE,
      posture: "elevated",
      because: "a test",
      by: "administrator's token",
      automatic: { posture: "normal" },
      overdrawn: { units: 0, last: null },
      known: "by all",
    });
    expect(shown.counters).toMatchObject({ here: "together", edgesAlone: { seconds: 0, last: null } });
    expect(Date.parse(portal.until)).toBeGreaterThanOrEqual(from + 60 * 60_000);

    expect((await setPosture("automatic")).status).toBe(200);
    await untilAllShow("/news", "through");
  });

  it.each<[string, unknown, number]>([
    ["without a reason", { site: SITE, posture: "elevated", minutes: 5 }, 422],
    ["for more than a day", { site: SITE, posture: "elevated", minutes: 1441, reason: "x" }, 422],
    ["for ever", { site: SITE, posture: "elevated", reason: "x" }, 422],
    ["that there is not", { site: SITE, posture: "closed", minutes: 5, reason: "x" }, 422],
    ["of an unknown site", { site: "nowhere", posture: "elevated", minutes: 5, reason: "x" }, 422],
    ["with an unknown word", { site: SITE, posture: "elevated", minutes: 5, reason: "x", force: true }, 422],
  ])("is refused %s", async (_, call, status) => {
    const got = await lab.operate(edge(), "/.shield/posture", call);
    expect([got.status, got.headers["content-type"]]).toEqual([status, "application/problem+json"]);
    expect(outcome(await visit("/news"))).toBe("through");
  });

  it("cannot be set by anybody else, nor seen, nor on another host", async () => {
    const call = { site: SITE, posture: "static-only", minutes: 5, reason: "x" };
    expect((await lab.operate(edge(), "/.shield/posture", call, { Authorization: "Bearer wrong" })).status).toBe(401);
    expect((await lab.operate(edge(), "/.shield/posture", call, { Host: lab.HOST })).status).toBe(404);
    expect((await lab.operate(edge(), "/.shield/posture", undefined, { Authorization: "" })).status).toBe(401);
    expect((await lab.operate(edge(), "/.shield/posture", call, { "Content-Type": "text/plain" })).status).toBe(415);
    expect(outcome(await visit("/news"))).toBe("through");
  });

  it("is not to be guessed at: an address has 30 tries, then waits", async () => {
    const from = Date.now();
    const tries = await Promise.all(
      Array.from({ length: 60 }, () =>
        lab.operate(edge(1), "/.shield/posture", undefined, {
          Authorization: "Bearer guess",
          "CF-Connecting-IP": "192.0.2.200",
        }),
      ),
    );
    const heard = tries.filter(({ status }) => status !== 429);
    expect(heard.filter(({ status }) => status !== 401)).toEqual([]);
    // And another one every two seconds.
    const spend = { incrementMs: 2000, toleranceMs: 30 * 2000 };
    expect(heard.length).toBeLessThanOrEqual(budgetOver(spend, Date.now() - from));
  });
});

/** The table of the design, word for word. A route of each importance stands for all. */
const PATHS: Record<Importance, string> = {
  critical: "/app/prescriptions",
  high: "/app/patients",
  normal: "/news",
  sheddable: "/search?q=x",
};
const EVERYWHERE = (what: string): Record<Importance, string> => ({
  critical: what,
  high: what,
  normal: what,
  sheddable: what,
});
type Cells = Partial<Record<Lane, Record<Importance, string>>>;
const CRITICAL_ONLY = { ...EVERYWHERE("closed"), critical: "through" };
const TABLE: Record<Posture, Record<Lane, Record<Importance, string>>> = {
  normal: {
    machine: EVERYWHERE("through"),
    clinician: EVERYWHERE("through"),
    resident: EVERYWHERE("through"),
    cleared: EVERYWHERE("through"),
    unknown: EVERYWHERE("through"),
  },
  elevated: {
    machine: EVERYWHERE("through"),
    clinician: EVERYWHERE("through"),
    resident: EVERYWHERE("through"),
    cleared: EVERYWHERE("through"),
    unknown: EVERYWHERE("challenge"),
  },
  "clinicians-first": {
    machine: EVERYWHERE("through"),
    clinician: EVERYWHERE("through"),
    resident: EVERYWHERE("through"),
    cleared: EVERYWHERE("through"),
    unknown: { ...EVERYWHERE("challenge"), sheddable: "closed" },
  },
  "static-only": {
    machine: CRITICAL_ONLY,
    clinician: CRITICAL_ONLY,
    resident: EVERYWHERE("closed"),
    cleared: EVERYWHERE("closed"),
    unknown: EVERYWHERE("closed"),
  },
};

describe("each posture does to each lane, on routes of each importance, what the table says", () => {
  const visitors: Partial<Record<Lane, () => Record<string, string>>> = {};
  beforeAll(async () => {
    const [clinician, resident, cleared] = [
      await lab.signIn(edge(), "dr.ozola"),
      await lab.signIn(edge(), "res.liepa"),
      await lab.earnClearance(edge()),
    ];
    visitors.machine = () => ({
      Host: SYSTEMS_HOST,
      "MF-CF-Blob": JSON.stringify({ tlsClientAuth: tlsClientAuth({ serial: "0A1B" }) }),
    });
    visitors.clinician = () => ({ Cookie: clinician });
    visitors.resident = () => ({ Cookie: resident });
    visitors.cleared = () => ({ Cookie: cleared });
    visitors.unknown = () => ({});
  });

  it.each(Object.keys(TABLE) as Posture[])("%s", async (posture) => {
    expect((await setPosture(posture)).status).toBe(200);
    const seen: Cells = {};
    for (const [lane, headers] of Object.entries(visitors) as [Lane, () => Record<string, string>][]) {
      const row = EVERYWHERE("");
      for (const importance of Object.keys(PATHS) as Importance[])
        row[importance] = outcome(await visit(PATHS[importance], 0, headers()));
      seen[lane] = row;
    }
    expect(seen).toEqual(TABLE[posture]);
  });

  it("and the static page says what works, what to do on paper, whom to call, and as of when", async () => {
    await setPosture("static-only");
    const page = await visit("/news");
    expect(page.status).toBe(503);
    expect(Buffer.byteLength(page.body)).toBeLessThanOrEqual(14_000);
    for (const words of ["Kas darbojas", "uz papīra", "tel:+37167803300", "Pēdējoreiz atjaunināts", "What works"])
      expect(page.body).toContain(words);
    expect(page.body).not.toContain("<script");
    expect(page.headers["retry-after"]).toBeDefined();
    await setPosture("automatic");
  });
});

describe("a sheddable route that an operator switches off", () => {
  const off = {
    site: SITE,
    route: "search",
    off: true,
    minutes: 30,
    reason: "the search engine is on fire",
    notice: { lv: "Meklēšana <izslēgta>.", en: "Search is <off>." },
  };
  it("is closed to everybody with its notice in both languages, the rest goes on, until it is switched on", async () => {
    expect((await lab.operate(edge(), "/.shield/routes", off)).status).toBe(200);
    const [, page] = await lab.eventually(
      () => Promise.all(edges.map((_, i) => visit("/search?q=x", i))),
      (pages) => pages.every(({ body }) => body.includes("Meklēšana &lt;izslēgta&gt;.")),
    );
    expect(page && outcome(page)).toBe("closed");
    expect(page?.body).toContain("Search is &lt;off&gt;.");
    expect(page?.body).not.toContain("on fire");
    const program = await lab.ask(edge(1), "/search?q=x", { headers: { Accept: "application/json" } });
    expect([program.status, program.headers["content-type"]]).toEqual([503, "application/problem+json"]);
    expect(JSON.parse(program.body).detail).toContain(" Meklēšana <izslēgta>. ");
    expect(outcome(await visit("/news", 1))).toBe("through");

    const shown = JSON.parse((await lab.operate(edge(2), "/.shield/posture")).body);
    expect(shown.sites[0].switchedOff).toMatchObject([{ route: "search", because: off.reason }]);
    expect((await lab.operate(edge(), "/.shield/routes", { site: SITE, route: "search", off: false })).status).toBe(
      200,
    );
    await lab.eventually(
      () => Promise.all(edges.map((_, i) => visit("/search?q=x", i))),
      (pages) => pages.every((got) => outcome(got) === "through"),
    );
  });
  it("must be sheddable, and people must be told", async () => {
    const critical = await lab.operate(edge(), "/.shield/routes", { ...off, route: "prescriptions" });
    expect([critical.status, critical.body]).toEqual([422, expect.stringContaining("At this site: assets, search")]);
    expect((await lab.operate(edge(), "/.shield/routes", { ...off, notice: undefined })).status).toBe(422);
  });
});

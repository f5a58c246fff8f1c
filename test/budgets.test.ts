/**
 * Budgets in every isolate: the shield in the real runtime, with budgets that do not recover while a test runs. What passes is
 * so a number, whatever time the machine takes.
 */
import type { OutgoingHttpHeaders } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startEdges } from "./lab/edge.ts";
import { type Asked, ask, eventually, type Got, NAVIGATION, signIn } from "./lab/visitors.ts";

/** Bursts of "one address" and "one clinician" in src/rules.ts. */
const BURST = 100;
const WITHIN_MS = 5000;

let lab: Lab;
let here: URL;
let elsewhere: URL;
beforeAll(async () => {
  const rulesModule = new URL("lab/steady-rules.ts", import.meta.url).pathname;
  lab = await startEdges({ edges: 2, portalCapacity: 0, patient: true, rulesModule });
  [here = new URL("http://nowhere"), elsewhere = here] = lab.shieldUrls;
});
afterAll(() => lab.stop());

/** @returns how many of so many at once were served; all others were refused */
async function servedOf(times: number, edge: URL, path: string, asked: Asked): Promise<number> {
  const statuses = (await Promise.all(Array.from({ length: times }, () => ask(edge, path, asked)))).map(
    ({ status }) => status,
  );
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  return statuses.filter((status) => status === 200).length;
}

describe("a doctor who signed in", () => {
  it("has a budget of her own: an abuser behind her address takes nothing from her", async () => {
    const Cookie = await signIn(here, "dr.berzina");
    const hospital = { "CF-Connecting-IP": "198.51.100.20" };
    expect(await servedOf(BURST + 50, here, "/", { headers: hospital })).toBe(BURST);
    expect((await ask(here, "/app/prescriptions", { headers: { ...hospital, Cookie } })).status).toBe(200);
  });
  it("is held to it herself, and the other isolate hears of it", async () => {
    const hers = { headers: { Cookie: await signIn(here, "dr.kalnina") } };
    expect(await servedOf(BURST + 50, here, "/echo/x", hers)).toBe(BURST);
    let served = 0;
    const isRefused = ({ status }: Got): boolean => {
      if (status === 200) served++;
      return status === 429;
    };
    await eventually(() => ask(elsewhere, "/echo/x", hers), isRefused);
    // By its own count alone it would have served as many as the first.
    expect(served).toBeLessThan(BURST);
    for (const edge of [here, elsewhere]) expect(await servedOf(BURST, edge, "/echo/x", hers)).toBe(0);
  });
});

describe("two isolates that each see half of a client", () => {
  it("hold it to one budget, and beyond it what one of them lets through until the news arrives", async () => {
    const client = { headers: { "CF-Connecting-IP": "198.51.100.77" } };
    const servedAt: [number[], number[]] = [[], []];
    for (let refused = 0; refused < 2; ) {
      const answers = await Promise.all([ask(here, "/echo/x", client), ask(elsewhere, "/echo/x", client)]);
      for (const [edge, { status }] of answers.entries()) if (status === 200) servedAt[edge]?.push(Date.now());
      refused = answers.filter(({ status }) => status === 429).length;
      await pause(100);
    }
    const mostUntilNews = Math.max(...servedAt.flatMap((times) => times.map((until) => countIn(times, until))));
    expect(servedAt.flat().length).toBeGreaterThanOrEqual(BURST);
    expect(servedAt.flat().length).toBeLessThanOrEqual(BURST + mostUntilNews);
  });
  /** How many of these times lie within the time that news may take, up to then. */
  const countIn = (times: readonly number[], until: number): number =>
    times.filter((time) => time <= until && time > until - WITHIN_MS).length;
});

describe("an address over its budget", () => {
  const from = (headers: OutgoingHttpHeaders = {}) => ({
    headers: { "CF-Connecting-IP": "198.51.100.99", ...headers },
  });
  const envelope = { method: "POST", body: "<x/>", ...from({ "Content-Type": "text/xml", SOAPAction: '""' }) };
  beforeAll(async () => {
    expect(await servedOf(BURST + 30, here, "/", from())).toBe(BURST);
  });

  it("is told so in each client's own words, however often", async () => {
    const [problem, soap, fhir, problemAgain] = [
      await ask(here, "/", from()),
      await ask(here, "/soap/x", envelope),
      await ask(here, "/fhir/Patient", from({ Accept: "application/fhir+json", "Accept-Language": "en" })),
      await ask(here, "/", from()),
    ];
    expect([problem, soap, fhir, problemAgain].map(({ status }) => status)).toEqual([429, 429, 429, 429]);
    expect(problem.headers).toMatchObject({
      "content-type": "application/problem+json",
      "content-language": "lv",
      "shield-mitigated": "limit",
      "cache-control": "no-store",
    });
    expect(problem.headers["shield-support"]).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
    expect(Number(problem.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(problemAgain.headers["content-type"]).toBe("application/problem+json");
    expect(soap.headers["content-type"]).toBe("text/xml; charset=utf-8");
    expect(soap.body).toContain("<soap:Fault>");
    expect(fhir.headers).toMatchObject({ "content-type": "application/fhir+json", "content-language": "en" });
    expect((await ask(here, "/", { ...from(), method: "HEAD" })).body).toBe("");
  });
  it("leaves people behind it the way through a challenge, and our own paths", async () => {
    const person = await ask(here, "/", from({ ...NAVIGATION, "Accept-Language": "lv" }));
    expect([person.status, person.headers["shield-mitigated"]]).toEqual([403, "challenge"]);
    expect((await ask(here, "/.shield/solver.js", from())).status).toBe(200);
  });
});

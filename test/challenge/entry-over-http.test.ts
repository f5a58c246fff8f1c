/** The way round the check and the help desk's grant, through the production bundle over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRANTS_PER_HOUR } from "../../src/counters/help-desk.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

let running: Lab;
let edge: URL;
beforeAll(async () => {
  running = await startEdges({
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "../lab/roomy-rules.ts"),
    vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
  const [first] = running.shieldUrls;
  if (!first) throw new Error("the lab has no shield");
  edge = first;
  const posture = { site: "e-health portal", posture: "elevated", minutes: 60, reason: "a test" };
  expect((await lab.operate(edge, "/.shield/posture", posture)).status).toBe(200);
});
afterAll(() => running?.stop());

const visit = (path: string, headers = {}) => lab.ask(edge, path, { headers: { ...lab.NAVIGATION, ...headers } });
const grant = (code: unknown) => lab.operate(edge, "/.shield/grant", { code });

interface Held {
  readonly code: string;
  readonly link: string;
  readonly refresh: string;
  readonly seconds: number;
}

/** What a challenge page holds for whoever runs no script. */
function readPage({ status, headers, body }: lab.Got): Held {
  expect(status).toBe(403);
  const code = String(headers["shield-support"]);
  expect(body).toContain(`<span class="code">${code}</span>`);
  const [, seconds = "", refresh = ""] = /http-equiv="refresh" content="(\d+);url=([^"]+)"/.exec(body) ?? [];
  const [, link = ""] = /href="([^"]*\/\.shield\/enter[^"]*)"/.exec(body) ?? [];
  expect(body).not.toMatch(/[\uE000-\uE0FF]/);
  const read = (attribute: string) => attribute.replaceAll("&amp;", "&");
  return { code, link: read(link), refresh: read(refresh), seconds: Number(seconds) };
}

describe("a challenge page", () => {
  it("holds a ticket and a code of its own, and opens by itself after 20 s where no script runs", async () => {
    const [one, two] = [readPage(await visit("/news")), readPage(await visit("/news"))];
    expect(one.code).not.toBe(two.code);
    expect(one.refresh).not.toBe(two.refresh);
    expect([one.seconds, one.refresh, one.link]).toEqual([
      20,
      expect.stringMatching(/^\/\.shield\/enter\?ticket=[\w-]+&to=%2Fnews$/),
      `${one.refresh}&desk=1`,
    ]);
  });

  it("comes again with the same ticket and less time to go to whoever is too early", async () => {
    const first = readPage(await visit("/news"));
    const again = await lab.eventually(
      async () => readPage(await visit(first.refresh)),
      ({ seconds }) => seconds < first.seconds,
    );
    expect([again.refresh, again.code]).toEqual([first.refresh, first.code]);
    expect(again.seconds).toBeGreaterThan(0);
  });

  it("is told to software in its own media type, though it holds a ticket", async () => {
    const { refresh } = readPage(await visit("/news"));
    const got = await lab.ask(edge, refresh, { headers: { Accept: "application/json" } });
    expect([got.status, got.headers["content-type"]]).toEqual([429, "application/problem+json"]);
    expect(Number(got.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("leads home, and nowhere else, with a ticket that is none, or from another site", async () => {
    const { refresh } = readPage(await visit("/news"));
    const home = `http://${lab.HOST}/`;
    for (const [path, headers] of [
      ["/.shield/enter", {}],
      ["/.shield/enter?ticket=x", {}],
      [`${refresh}A`, {}],
      [refresh.replace("%2Fnews", "%2F"), {}],
      [refresh.replace("%2Fnews", encodeURIComponent("//evil.example/")), {}],
      [refresh.replace("&to=%2Fnews", ""), {}],
      ["/.shield/enter?ticket=//evil.example", {}],
      [`/.shield/enter?ticket=javascript:alert(1)&target=//evil.example&redir=https://evil.example`, {}],
      [`/.shield/enter?ticket=${"A".repeat(5000)}`, {}],
      [refresh, { "Sec-Fetch-Site": "cross-site" }],
    ] as const) {
      const got = await visit(path, headers);
      expect([path, got.status, got.headers.location, got.headers["set-cookie"]]).toEqual([path, 303, home, undefined]);
    }
  });
});

describe("the help desk", () => {
  it("lets in whoever holds the page, once, as `cleared` and nothing more", async () => {
    const page = readPage(await visit("//evil.example/echo/x?a=1"));
    const stranger = readPage(await visit("/news"));
    const granted = await grant(page.code.toLowerCase().replace("-", " "));
    expect([granted.status, JSON.parse(granted.body)]).toMatchObject([200, { code: page.code, minutes: 10 }]);

    readPage(await visit(stranger.link)); // of no use to anybody else
    const entered = await visit(page.link);
    expect([entered.status, entered.headers.location]).toEqual([303, `http://${lab.HOST}//evil.example/echo/x?a=1`]);
    expect(entered.headers["cache-control"]).toBe("no-store");
    const cookie = lab.cookiesOf(entered);
    expect(cookie).toMatch(/^__Host-shield-clearance=[\w-]+$/);
    expect((await visit("/echo/x", { Cookie: cookie })).body).toMatch(/"cleared"/);

    expect((await visit(page.link)).headers["set-cookie"]).toBeUndefined();
    const reloaded = await visit(page.link, { Cookie: cookie });
    expect([reloaded.status, reloaded.headers.location, reloaded.headers["set-cookie"]]).toEqual([
      303,
      entered.headers.location,
      undefined,
    ]);
  });

  it("can ask what any code of ours says", async () => {
    const explain = async (code: string) => {
      const got = await lab.operate(edge, `/.shield/explain?code=${encodeURIComponent(code)}`);
      return { status: got.status, said: JSON.parse(got.body) };
    };
    const page = readPage(await visit("/news"));
    const asked = await explain(page.code.toLowerCase());
    expect(asked).toMatchObject({ status: 200, said: { code: page.code } });
    // Where two reasons have the same hash it names both: so there may be another one beside it.
    const who = { lane: "unknown", posture: "elevated", alone: false, opens: true };
    expect(asked.said.readings).toContainEqual(
      expect.objectContaining({ verdict: "challenge", reason: "elevated", ...who }),
    );
    const agoMs = Date.now() - Date.parse(asked.said.readings[0].at);
    expect(agoMs).toBeGreaterThanOrEqual(0);
    expect(agoMs).toBeLessThan(150_000);

    const rehearsed = await lab.ask(edge, "/.shield/echo?rehearse=503");
    const tooLong = await lab.ask(edge, `/${"x".repeat(20_000)}`);
    expect((await explain(String(rehearsed.headers["shield-support"]))).said.readings).toContainEqual(
      expect.objectContaining({ verdict: "wait", reason: "rehearsal" }),
    );
    expect((await explain(String(tooLong.headers["shield-support"]))).said.readings).toContainEqual(
      expect.objectContaining({ verdict: "fault", reason: "url-too-long" }),
    );
    const useless = await grant(rehearsed.headers["shield-support"]);
    expect([useless.status, useless.body]).toEqual([409, expect.stringContaining("cannot be opened")]);
    expect((await explain("ABCD-EFG0")).status).toBe(422);
  });

  it("is open to operators only", async () => {
    expect((await visit("/.shield/explain?code=ABCD-EFGH")).status).toBe(404);
    const { code } = readPage(await visit("/news"));
    const body = JSON.stringify({ code });
    const json = { "Content-Type": "application/json" };
    const asked = (headers: Record<string, string>) =>
      lab.ask(edge, "/.shield/grant", { method: "POST", headers, body });
    expect((await asked(json)).status).toBe(404);
    expect((await asked({ ...json, Host: lab.ADMIN_HOST })).status).toBe(401);
    expect((await asked({ Host: lab.ADMIN_HOST, Authorization: `Bearer ${lab.ADMIN_TOKEN}` })).status).toBe(415);
    for (const wrong of ["", "ABCD-EFG0", 7, null, ["ABCD-EFGH"]]) expect((await grant(wrong)).status).toBe(422);
  });

  it(`lets in ${GRANTS_PER_HOUR} within an hour for each operator, no more`, async () => {
    const statuses: number[] = [];
    for (let call = 0; call < GRANTS_PER_HOUR + 2; call++) {
      const address = { "CF-Connecting-IP": lab.freshAddress() };
      const got = await lab.operate(edge, "/.shield/grant", { code: "ABCD-EFGH" }, address);
      statuses.push(got.status);
    }
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(GRANTS_PER_HOUR);
    expect(statuses.slice(0, GRANTS_PER_HOUR - 2)).toEqual(Array(GRANTS_PER_HOUR - 2).fill(200));
    expect(statuses.at(-1)).toBe(429);
  });
});

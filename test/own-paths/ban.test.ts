/** Whom an operator bans is shut out everywhere, and no doctor with him: through the production bundle, over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

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
const ban = (said: object) => lab.operate(edge(), "/.shield/ban", said);
const BOT = "192.0.2.66";
const outcome = ({ headers }: lab.Got): string => String(headers["shield-mitigated"] ?? "through");

/** What each edge answers whoever comes from an address. */
const outcomes = async (headers: Record<string, string>): Promise<string[]> =>
  (await Promise.all(edges.map((url) => lab.ask(url, "/news", { headers: { ...lab.NAVIGATION, ...headers } })))).map(
    outcome,
  );
const untilAllAnswer = (expected: string, headers: Record<string, string>) =>
  lab.eventually(
    () => outcomes(headers),
    (seen) => seen.every((one) => one === expected),
  );

describe("a network that an operator bans", () => {
  it("is shut out of every isolate with traffic, a doctor within it is not, and it ends when she says so", async () => {
    const from = { "CF-Connecting-IP": BOT };
    const Cookie = await lab.signIn(edge(), "dr.ozola");
    await untilAllAnswer("through", from);

    const banned = Date.now();
    const made = await ban({ ban: "192.0.2.64/27", reason: "a rented botnet", minutes: 30 });
    expect([made.status, JSON.parse(made.body)]).toMatchObject([
      200,
      { ban: "192.0.2.64/27", by: "administrator's token" },
    ]);
    await untilAllAnswer("block", from);
    for (const headers of [{ ...from, Cookie }, { "CF-Connecting-IP": "192.0.2.33" }])
      expect(await outcomes(headers)).toEqual(edges.map(() => "through"));

    const { bans } = JSON.parse((await lab.operate(edge(2), "/.shield/ban")).body);
    expect(bans).toMatchObject([{ ban: "192.0.2.64/27", reason: "a rented botnet" }]);
    expect(Date.parse(bans[0].until)).toBeGreaterThanOrEqual(banned + 30 * 60_000);

    expect((await ban({ ban: "192.0.2.64/27", lift: true })).status).toBe(200);
    await untilAllAnswer("through", from);
  });
});

describe("a ban", () => {
  it.each<[string, object, string]>([
    ["of nobody", { reason: "x", minutes: 5 }, "ban"],
    ["of what is no network", { ban: "the bots", reason: "x", minutes: 5 }, "no network"],
    ["of half the world", { ban: "0.0.0.0/1", reason: "x", minutes: 5 }, "wider"],
    ["without a reason", { ban: BOT, minutes: 5 }, "reason"],
    ["for ever", { ban: BOT, reason: "x" }, "minutes"],
    ["for more than a day", { ban: BOT, reason: "x", minutes: 1441 }, "minutes"],
  ])("%s is refused, and the answer says why", async (_, said, why) => {
    const got = await ban(said);
    expect([got.status, got.body]).toEqual([422, expect.stringContaining(why)]);
  });
  it("is no business of anybody but operators", async () => {
    const got = await lab.ask(edge(), "/.shield/ban", { method: "POST", body: "{}" });
    expect(got.status).toBe(404);
  });
});

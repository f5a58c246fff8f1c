/** Whom an operator calls back is called back everywhere: through the production bundle, over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET } from "../identity/proving.ts";
import { serviceKeyHeader, serviceKeyOf } from "../lab/credentials.ts";
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
    vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN, SHIELD_SECRET: SECRET },
  });
  edges = running.shieldUrls;
});
afterAll(() => running.stop());

const edge = (i = 0): URL => edges[i] ?? new URL("http://nowhere");
const revoke = (said: object) => lab.operate(edge(), "/.shield/revoke", said);

/** Lane and principal as each edge tells the origin of whoever presents this. */
async function toldBy(presented: () => Record<string, string>) {
  const told = await Promise.all(edges.map((url) => lab.ask(url, "/echo/x", { headers: presented() })));
  return told.map((got) => ({
    lane: lab.seenByOrigin(got, "shield-lane"),
    principal: lab.seenByOrigin(got, "shield-principal"),
  }));
}
const untilAllTell = (presented: () => Record<string, string>, lane: string) =>
  lab.eventually(
    () => toldBy(presented),
    (told) => told.every((one) => one.lane === lane),
  );

describe("a stolen pass that an operator calls back", () => {
  it("is worth nothing in every isolate with traffic, and its owner signs in anew", async () => {
    const Cookie = await lab.signIn(edge(), "dr.ozola");
    await untilAllTell(() => ({ Cookie }), "clinician");
    const [told] = await toldBy(() => ({ Cookie }));
    const { principal } = told ?? {};
    const got = await revoke({ principal, reason: "her laptop was stolen", hours: 24 });
    expect([got.status, JSON.parse(got.body)]).toMatchObject([200, { principal, by: "administrator's token" }]);
    await untilAllTell(() => ({ Cookie }), "unknown");

    const shown = JSON.parse((await lab.operate(edge(1), "/.shield/revoke")).body);
    expect(shown.revocations).toMatchObject([{ principal, reason: "her laptop was stolen" }]);
    const anew = await lab.signIn(edge(), "dr.ozola");
    await untilAllTell(() => ({ Cookie: anew }), "clinician");

    expect((await revoke({ principal, lift: true })).status).toBe(200);
    await untilAllTell(() => ({ Cookie }), "clinician");
  });
});

describe("a service key that got out", () => {
  it("is called back by its id", async () => {
    const id = "praxis-0042";
    const presented = () => ({
      "Shield-Key": serviceKeyHeader({
        id,
        key: serviceKeyOf(SECRET, id),
        method: "GET",
        host: lab.HOST,
        target: "/echo/x",
        timeMs: Date.now(),
      }),
    });
    await untilAllTell(presented, "machine");
    expect((await revoke({ serviceKey: id, reason: "on a public file share", hours: 24 })).status).toBe(200);
    await untilAllTell(presented, "unknown");
  });
});

describe("a revocation", () => {
  it.each<[string, unknown]>([
    ["of nobody", { reason: "x", hours: 1 }],
    ["of what is no principal", { principal: "dr.ozola", reason: "x", hours: 1 }],
    ["without a reason", { principal: "0".repeat(32), hours: 1 }],
    ["for ever", { principal: "0".repeat(32), reason: "x" }],
    ["for longer than a proof lives", { principal: "0".repeat(32), reason: "x", hours: 2161 }],
  ])("%s is refused", async (_, said) => expect((await revoke(said as object)).status).toBe(422));
  it("is no business of anybody but operators", async () => {
    const got = await lab.ask(edge(), "/.shield/revoke", { method: "POST", body: "{}" });
    expect(got.status).toBe(404);
  });
});

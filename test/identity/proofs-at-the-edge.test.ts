/** Every kind of proof in the real runtime, over real sockets, with a real issuer of tokens. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import { ask, seenByOrigin } from "../lab/visitors.ts";
import { AUDIENCE, ISSUER, Issuer } from "./issuer.ts";
import { SECRET } from "./proving.ts";

const issuer = new Issuer();
const published = { asked: 0, ofMended: 0, down: false };
const MENDED = "https://mended.example";
const folder = mkdtempSync(join(tmpdir(), "rules-"));
let publisher: Server;
let lab: Lab;

beforeAll(async () => {
  await issuer.addKey("k1");
  publisher = createServer(({ url }, response) => {
    if (url === "/mended") published.ofMended++;
    else published.asked++;
    if (url === "/mended" && published.ofMended === 1) response.writeHead(200).end("<h1>Under maintenance</h1>");
    else if (published.down) response.writeHead(503).end();
    else void issuer.keySet().then((text) => response.writeHead(200, { "Content-Type": "application/json" }).end(text));
  });
  publisher.keepAliveTimeout = 0; // or it might end a connection just when it is asked
  await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
  const keys = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/keys`;
  const tokens = {
    name: "login",
    issuer: ISSUER,
    keys,
    audience: AUDIENCE,
    algorithms: "ES256",
    laneBy: { claim: "role", values: { doctor: "clinician", system: "machine" } },
  };
  const mended = { ...tokens, name: "mended", issuer: MENDED, keys: keys.replace("/keys", "/mended") };
  const rulesModule = join(folder, "with-tokens.ts");
  writeFileSync(
    rulesModule,
    `import rules from ${JSON.stringify(join(import.meta.dirname, "../lab/roomy-rules.ts"))};
     export default { ...rules, proofs: { ...rules.proofs, tokens: ${JSON.stringify([tokens, mended])} } };`,
  );
  lab = await startEdges({ edges: 2, portalCapacity: 0, patient: true, rulesModule, vars: { SHIELD_SECRET: SECRET } });
});
afterAll(async () => {
  await lab.stop();
  publisher.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the edge found out by itself. */
  readonly cf?: object;
  readonly edge?: number;
}

/** The lane and the principal that the origin was told. */
async function toldToOrigin({ host = "portal.example.lv", headers = {}, cf = {}, edge = 0 }: Asked) {
  const url = lab.shieldUrls[edge] ?? new URL("http://nowhere");
  const got = await ask(url, "/echo/x", { headers: { ...headers, Host: host, "MF-CF-Blob": JSON.stringify(cf) } });
  expect(got.status).toBe(200);
  return { lane: seenByOrigin(got, "shield-lane"), principal: seenByOrigin(got, "shield-principal"), got };
}
const bearing = (token: string): Asked => ({ headers: { Authorization: `Bearer ${token}` } });

describe("at the edge", () => {
  it("a verified certificate is a machine, the same one in every isolate", async () => {
    const asked = { host: SYSTEMS_HOST, cf: { tlsClientAuth: tlsClientAuth({ serial: "0A1B" }) } };
    const one = await toldToOrigin(asked);
    expect(one).toMatchObject({ lane: "machine", principal: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect((await toldToOrigin({ ...asked, edge: 1 })).principal).toBe(one.principal);
  });
  it("one that was only presented, or withdrawn, is nobody", async () => {
    for (const certificate of [{ serial: "0A1B", verified: "FAILED:self signed certificate" }, { serial: "DEAD01" }])
      expect(
        await toldToOrigin({ host: SYSTEMS_HOST, cf: { tlsClientAuth: tlsClientAuth(certificate) } }),
      ).toMatchObject({ lane: "unknown", principal: undefined });
  });
  it("a service key is a machine, and never reaches the origin", async () => {
    const sign = () =>
      serviceKeyHeader({
        id: "praxis-0042",
        key: serviceKeyOf(SECRET, "praxis-0042"),
        method: "GET",
        host: "portal.example.lv",
        target: "/echo/x",
        timeMs: Date.now(),
      });
    const header = sign();
    const { lane, got } = await toldToOrigin({ headers: { "Shield-Key": header, Authorization: "Basic eDp5" } });
    expect(lane).toBe("machine");
    expect(seenByOrigin(got, "shield-key")).toBeUndefined();
    expect(seenByOrigin(got, "authorization")).toBe("Basic eDp5");
    expect(await toldToOrigin({ headers: { "Shield-Key": header } })).toMatchObject({ lane: "unknown" });
    expect(await toldToOrigin({ headers: { "Shield-Key": sign() } })).toMatchObject({ lane: "machine" });
  });
  it("a token is a clinician; fifty at once in a fresh isolate bring the keys once", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, i) => issuer.token(Date.now(), { subject: `d${i}`, claims: { role: "doctor" } })),
    );
    const told = await Promise.all(tokens.map((token) => toldToOrigin(bearing(token))));
    expect(told.map(({ lane }) => lane)).toEqual(tokens.map(() => "clinician"));
    expect(new Set(told.map(({ principal }) => principal)).size).toBe(50);
    expect(published.asked).toBe(1);
  });
  it("an isolate that starts while the issuer is down knows the keys from the edge's copy", async () => {
    published.down = true;
    const token = await issuer.token(Date.now(), { claims: { role: "system" } });
    expect(await toldToOrigin({ ...bearing(token), edge: 1 })).toMatchObject({ lane: "machine" });
    published.down = false;
  });
  it("a page with status 200 instead of keys is kept nowhere: the next isolate asks the issuer, and knows", async () => {
    const token = await issuer.token(Date.now(), { issuer: MENDED, claims: { role: "doctor" } });
    expect(await toldToOrigin(bearing(token))).toMatchObject({ lane: "unknown" });
    expect(await toldToOrigin({ ...bearing(token), edge: 1 })).toMatchObject({ lane: "clinician" });
  });
  it("a forged token leaves its bearer where she was", async () => {
    const stranger = new Issuer();
    await stranger.addKey("k1");
    const forged = await stranger.token(Date.now(), { claims: { role: "doctor" } });
    expect(await toldToOrigin(bearing(forged))).toMatchObject({ lane: "unknown", principal: undefined });
  });
});

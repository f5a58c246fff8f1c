/** Each cell of the table of failures, proved by breaking the real thing under the production bundle. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LANES, type Lane } from "../../src/identity/identity.ts";
import { FAILURES } from "../../src/policy/failures.ts";
import { IMPORTANCES, type Importance } from "../../src/policy/tables.ts";
import { failuresTable } from "../../src/tools/failures-table.ts";
import { AUDIENCE, ISSUER, Issuer } from "../identity/issuer.ts";
import { SYSTEMS_HOST, tlsClientAuth } from "../lab/credentials.ts";
import { type EdgeOptions, type Lab, startEdges } from "../lab/edge.ts";
import * as visitors from "../lab/visitors.ts";

const folder = mkdtempSync(join(tmpdir(), "rules-"));
const ROOMY = join(import.meta.dirname, "../lab/roomy-rules.ts");
const SECRET = randomBytes(32).toString("base64url");
let lab: Lab | undefined;
let cookies: Partial<Record<Lane, string>> = {};

/** Earned while all is well: the seals are good under the same secret, whatever breaks later. */
beforeAll(async () => {
  const well = await startEdges({ portalCapacity: 0, rulesModule: ROOMY, vars: { SHIELD_SECRET: SECRET } });
  const [edge] = well.shieldUrls;
  if (!edge) throw new Error("no edge");
  cookies = {
    clinician: await visitors.signIn(edge, "dr.ozola"),
    resident: await visitors.signIn(edge, "res.liepa"),
    cleared: await visitors.earnClearance(edge),
  };
  await well.stop();
});
afterEach(() => lab?.stop());
afterAll(() => rmSync(folder, { recursive: true }));

async function start(options: EdgeOptions): Promise<URL> {
  lab = await startEdges({
    portalCapacity: 0,
    rulesModule: ROOMY,
    ...options,
    vars: { SHIELD_SECRET: SECRET, ...options.vars },
  });
  return lab.shieldUrls[0] ?? new URL("http://nowhere");
}

/** Routes of each importance. The first two have strict budgets beside them: beginnings of sign-in, password reset. */
const PATHS: Record<Importance, string> = {
  critical: "/login",
  high: "/app/patients",
  normal: "/password/forgot",
  sheddable: "/search?q=x",
};

function headersOf(lane: Lane): Record<string, string> {
  if (lane === "machine")
    return {
      Host: SYSTEMS_HOST,
      "MF-CF-Blob": JSON.stringify({ tlsClientAuth: tlsClientAuth({ serial: "0A1B" }) }),
      Accept: "application/json",
    };
  const cookie = cookies[lane];
  return { ...(visitors.NAVIGATION as Record<string, string>), ...(cookie ? { Cookie: cookie } : {}) };
}

type Seen = Record<Lane, Record<Importance, string>>;

/** What becomes of each lane on a route of each importance. */
async function outcomes(edge: URL, more: Partial<Record<Lane, Record<string, string>>> = {}): Promise<Seen> {
  const seen = {} as Seen;
  for (const lane of LANES) {
    const row = {} as Record<Importance, string>;
    for (const importance of IMPORTANCES) {
      const got = await visitors.ask(edge, PATHS[importance], { headers: more[lane] ?? headersOf(lane) });
      row[importance] = String(got.headers["shield-mitigated"] ?? "forward");
    }
    seen[lane] = row;
  }
  return seen;
}

/** Stands before the bundle in the Worker of the Durable Objects and breaks some of their methods. */
const broken = (name: "ClientCounter" | "Watch", methods: readonly string[]): string => {
  const others = name === "Watch" ? "ClientCounter" : "Watch";
  const body = methods.map((method) => `${method}() { throw new Error("a bad day"); }`).join("\n");
  return `import shield, { ${name} as Well } from "./index.js";
    export { ${others} } from "./index.js";
    export class ${name} extends Well { ${body} }
    export default shield;`;
};

it("all is forwarded while nothing is broken", async () => {
  const seen = await outcomes(await start({}));
  for (const lane of LANES) for (const importance of IMPORTANCES) expect(seen[lane][importance]).toBe("forward");
});

describe("when it fails, each lane on routes of each importance meets what the table says:", () => {
  it("the shards", async () => {
    const objectsEntry = broken("ClientCounter", ["exchange", "merge", "grant", "spendOnce"]);
    expect(await outcomes(await start({ objectsEntry }))).toEqual(FAILURES.shards);
  });

  it("the watch", async () => {
    const edge = await start({ objectsEntry: broken("Watch", ["report", "setMode", "endMode", "modesOf"]) });
    expect(await outcomes(edge)).toEqual(FAILURES.watch);
  });

  it("the origin", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    expect(await outcomes(await start({ origin: `http://127.0.0.1:${port}` }))).toEqual(FAILURES.origin);
  });

  it("the keys of an issuer", async () => {
    const issuer = new Issuer();
    await issuer.addKey("k1");
    const rulesModule = join(folder, "tokens.ts");
    const tokens = {
      name: "login",
      issuer: ISSUER,
      keys: "http://127.0.0.1:9/keys",
      audience: AUDIENCE,
      algorithms: "ES256",
      laneBy: { claim: "role", values: { doctor: "clinician", system: "machine", person: "resident" } },
    };
    // Under a posture that asks strangers, so that it shows who is one.
    writeFileSync(
      rulesModule,
      `import rules from ${JSON.stringify(ROOMY)};
       const posture = { is: "clinicians-first", until: "2099-01-01T00:00Z", because: "a test" };
       export default { ...rules, sites: rules.sites.map((site) => ({ ...site, posture })),
         proofs: { ...rules.proofs, tokens: [${JSON.stringify(tokens)}] } };`,
    );
    const edge = await start({ rulesModule });
    const bearer = async (role: string) => ({
      ...(visitors.NAVIGATION as Record<string, string>),
      Authorization: `Bearer ${await issuer.token(Date.now(), { claims: { role } })}`,
    });
    const seen = await outcomes(edge, {
      machine: await bearer("system"),
      clinician: await bearer("doctor"),
      resident: await bearer("person"),
    });
    for (const lane of LANES)
      for (const importance of IMPORTANCES)
        expect([lane, importance, seen[lane][importance]]).toEqual([
          lane,
          importance,
          FAILURES.keys[lane][importance] === "unproven" || lane === "unknown" ? seen.unknown[importance] : "forward",
        ]);
    // And strangers are asked there, so that the above says something.
    expect(seen.unknown).toMatchObject({ critical: "challenge", sheddable: "closed" });
  });

  it("the shield itself, while it decides", async () => {
    // A pattern that no editor lets anybody write: what it finds when it is used is no text.
    const rulesModule = join(folder, "throwing.ts");
    writeFileSync(
      rulesModule,
      `import rules from ${JSON.stringify(ROOMY)};
       const pattern = { toLowerCase: () => ({ split: () => [/x/, ""] }) };
       export default { ...rules, rules: [{ name: "throws", when: { path: [pattern] }, then: "block" }] };`,
    );
    expect(await outcomes(await start({ rulesModule }))).toEqual(FAILURES.shield);
  });

  it("the shield itself, while it says no: that stays a no for everybody", async () => {
    // A name that is no text cannot be sealed into a support code.
    const rulesModule = join(folder, "speechless.ts");
    writeFileSync(
      rulesModule,
      `import rules from ${JSON.stringify(ROOMY)};
       const name = { toString: () => "speechless" };
       export default { ...rules, rules: [{ name, when: { path: ["/*"] }, then: "block" }] };`,
    );
    const seen = await outcomes(await start({ rulesModule }));
    for (const lane of LANES) for (const importance of IMPORTANCES) expect(seen[lane][importance]).toBe("closed");
  });
});

it("the table can be read: npm run check -- --failures", () => {
  const text = failuresTable();
  for (const dependency of Object.keys(FAILURES)) expect(text).toContain(`${dependency}: `);
  expect(text).toMatch(/ {2}resident +forward +forward +closed +closed/);
});

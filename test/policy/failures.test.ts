/** Each cell of the table of failures, proved by breaking the real thing under the production bundle. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LANES, type Lane } from "../../src/identity/identity.ts";
import { type Dependency, FAILURES } from "../../src/policy/failures.ts";
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
  const well = await startEdges({
    portalCapacity: 0,
    patient: true,
    rulesModule: ROOMY,
    vars: { SHIELD_SECRET: SECRET },
  });
  const [edge] = well.shieldUrls;
  if (!edge) throw new Error("no edge");
  cookies = {
    clinician: await visitors.signIn(edge, "dr.ozola"),
    resident: await visitors.signIn(edge, "res.liepa"),
    cleared: await visitors.earnClearance(edge),
  };
  await well.stop();
});
afterEach(stop);
afterAll(() => rmSync(folder, { recursive: true }));

async function stop(): Promise<void> {
  await lab?.stop();
  lab = undefined;
}

async function start(options: EdgeOptions): Promise<URL> {
  // What is broken throws at once. What is well may be slow: it counts as broken in no cell.
  lab = await startEdges({
    portalCapacity: 0,
    patient: true,
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

/** Everything of ours that a client may meet, in the words of the table. */
const IN_WORDS: Readonly<Record<string, string>> = { challenge: "asked" };

/** For each lane and importance, one after another. */
async function eachCell(find: (lane: Lane, importance: Importance) => string | Promise<string>): Promise<Seen> {
  const seen = {} as Seen;
  for (const lane of LANES) {
    const row = {} as Record<Importance, string>;
    for (const importance of IMPORTANCES) row[importance] = await find(lane, importance);
    seen[lane] = row;
  }
  return seen;
}

/** What becomes of each lane on a route of each importance. */
const outcomes = (edge: URL, more: Partial<Record<Lane, Record<string, string>>> = {}): Promise<Seen> =>
  eachCell(async (lane, importance) => {
    const got = await visitors.ask(edge, PATHS[importance], { headers: more[lane] ?? headersOf(lane) });
    const outcome = String(got.headers["shield-mitigated"] ?? "forward");
    return IN_WORDS[outcome] ?? outcome;
  });

/** Stands before the bundle in the Worker of the Durable Objects and breaks all that a counter may be called for. */
const COUNTERS_BROKEN = `import shield, { ClientCounter as Well } from "./index.js";
  export { Watch } from "./index.js";
  export class ClientCounter extends Well {}
  for (const method of Object.getOwnPropertyNames(Well.prototype))
    if (method !== "constructor") ClientCounter.prototype[method] = () => { throw new Error("a bad day"); };
  export default shield;`;

/** Orders what it would in a flood, until an operator looks: then it is gone. */
const WATCH_IN_A_FLOOD = `import shield, { Watch as Well } from "./index.js";
  export { ClientCounter } from "./index.js";
  let gone = false;
  export class Watch extends Well {
    report(report) {
      if (gone) throw new Error("a bad day");
      return super.report(report).map((order) => ({ ...order, posture: "elevated", because: "a test" }));
    }
    facilities() {
      gone = true;
      throw new Error("a bad day");
    }
  }
  export default shield;`;

/** The path of rules under which a minute takes fifteen seconds. @param more what else they do, source text */
function minuteInFifteenSeconds(name: string, more: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `import rules from ${JSON.stringify(ROOMY)};
     const clock = Date.now;
     let from = 0;
     Date.now = () => {
       const now = clock();
       if (from === 0) from = now;
       return from + 4 * (now - from);
     };
     export default { ...rules, sites: rules.sites.map((site) => ({ ...site, ${more} })) };`,
  );
  return path;
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** Breaks each thing, and says what becomes of everybody. There is no row of the table without an entry here. */
const BROKEN: Record<Dependency, () => Promise<Seen>> = {
  async shards() {
    return outcomes(await start({ objectsEntry: COUNTERS_BROKEN }));
  },

  /** In a flood, and for longer than a minute: what it ordered last must not hold for ever, though counters hand it on. */
  async watch() {
    const rulesModule = minuteInFifteenSeconds("watched.ts", "");
    const vars = { ADMIN_HOST: visitors.ADMIN_HOST, SHIELD_ADMIN_TOKEN: visitors.ADMIN_TOKEN };
    const edge = await start({ rulesModule, vars, objectsEntry: WATCH_IN_A_FLOOD });
    const becomes = (outcome: string | undefined) =>
      visitors.eventually(
        () => visitors.ask(edge, PATHS.normal, { headers: visitors.NAVIGATION }),
        ({ headers }) => headers["shield-mitigated"] === outcome,
      );
    await becomes("challenge");
    expect((await visitors.operate(edge, "/.shield/posture")).status).toBe(200);
    await becomes(undefined);
    return outcomes(edge);
  },

  async origin() {
    return outcomes(await start({ origin: `http://127.0.0.1:${await closedPort()}` }));
  },

  /** Under a posture that asks strangers, so that it shows who is one. */
  async keys() {
    const issuer = new Issuer();
    await issuer.addKey("k1");
    const keySet = await issuer.keySet();
    const publisher = createHttpServer((_, response) => response.end(keySet));
    publisher.keepAliveTimeout = 0; // or it might end a connection just when it is asked
    await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
    const { port } = publisher.address() as AddressInfo;
    const roles = { machine: "system", clinician: "doctor", resident: "person" } as const;
    const bearers: Partial<Record<Lane, Record<string, string>>> = {};
    for (const [lane, role] of Object.entries(roles)) {
      const token = await issuer.token(Date.now(), { claims: { role } });
      bearers[lane as Lane] = {
        ...(visitors.NAVIGATION as Record<string, string>),
        Authorization: `Bearer ${token}`,
      };
    }
    const withKeysAt = async (keysPort: number): Promise<Seen> => {
      await stop();
      const rulesModule = join(folder, `tokens-${keysPort}.ts`);
      const tokens = {
        name: "login",
        issuer: ISSUER,
        keys: `http://127.0.0.1:${keysPort}/keys`,
        audience: AUDIENCE,
        algorithms: "ES256",
        laneBy: { claim: "role", values: { doctor: "clinician", system: "machine", person: "resident" } },
      };
      writeFileSync(
        rulesModule,
        `import rules from ${JSON.stringify(ROOMY)};
         const posture = { is: "clinicians-first", until: "2099-01-01T00:00Z", because: "a test" };
         export default { ...rules, sites: rules.sites.map((site) => ({ ...site, posture })),
           proofs: { ...rules.proofs, tokens: [${JSON.stringify(tokens)}] } };`,
      );
      return outcomes(await start({ rulesModule }), bearers);
    };
    try {
      const well = await withKeysAt(port);
      const ill = await withKeysAt(await closedPort());
      return eachCell((lane, importance) => {
        if (ill[lane][importance] === well[lane][importance]) return "forward";
        return ill[lane][importance] === ill.unknown[importance] ? "unproven" : ill[lane][importance];
      });
    } finally {
      publisher.close();
    }
  },

  /** While it decides: a pattern that no editor lets anybody write, as what it finds when it is used is no text. */
  async shield() {
    const rulesModule = join(folder, "throwing.ts");
    writeFileSync(
      rulesModule,
      `import rules from ${JSON.stringify(ROOMY)};
       const pattern = { toLowerCase: () => ({ split: () => [/x/, ""] }) };
       export default { ...rules, rules: [{ name: "throws", when: { path: [pattern] }, then: "block" }] };`,
    );
    return outcomes(await start({ rulesModule }));
  },
};

it("all is forwarded while nothing is broken", async () =>
  expect(await outcomes(await start({}))).toEqual(await eachCell(() => "forward")));

describe("when it fails, each lane on routes of each importance meets what the table says:", () => {
  it.each(Object.keys(FAILURES) as Dependency[])("%s", async (dependency) => {
    const seen = await BROKEN[dependency]();
    expect(seen).toEqual(await eachCell((lane, importance) => FAILURES[dependency][lane][importance]));
  });
});

it("what the shield said no to stays a no for everybody, when it fails while it says so", async () => {
  // From a rule's name the support code is made. This one can be read while the rules are compiled, and not later.
  const rulesModule = join(folder, "speechless.ts");
  writeFileSync(
    rulesModule,
    `import rules from ${JSON.stringify(ROOMY)};
     let compiled = false;
     Promise.resolve().then(() => { compiled = true; });
     const name = { toString() { if (compiled) throw new Error("speechless"); return "speechless"; } };
     export default { ...rules, rules: [{ name, when: { path: ["/*"] }, then: "block" }] };`,
  );
  expect(await outcomes(await start({ rulesModule }))).toEqual(await eachCell(() => "closed"));
});

it("the table can be read: npm run check -- --failures", () => {
  const text = failuresTable();
  for (const dependency of Object.keys(FAILURES)) expect(text).toContain(`${dependency}: `);
  expect(text).toMatch(/ {2}resident +forward +forward +closed +closed/);
});

describe("whoever is asked while all counters are away", () => {
  /** Operators ask strangers for ever. */
  const asking = (): Promise<URL> => {
    const posture = '{ is: "clinicians-first", until: "2099-01-01T00:00Z", because: "a test" }';
    const rulesModule = minuteInFifteenSeconds("asking.ts", `posture: ${posture}`);
    return start({ rulesModule, objectsEntry: COUNTERS_BROKEN });
  };

  it("has no clearance for a puzzle: it stays good, and she is told to hand it in again", async () => {
    const redeemed = await visitors.redeem(await asking());
    expect(redeemed.status).toBe(503);
    expect(JSON.parse(redeemed.body)).toMatchObject({ code: "unavailable" });
    expect(Number(redeemed.headers["retry-after"])).toBeGreaterThan(0);
    expect(visitors.cookiesOf(redeemed)).toBe("");
  });

  it("and runs no script gets the page again once she has waited, which tries again by itself", async () => {
    const edge = await asking();
    const opens = (path: string) => visitors.ask(edge, path, { headers: visitors.NAVIGATION });
    const [, link = ""] = /http-equiv="refresh" content="40;url=([^"]+)"/.exec((await opens("/news")).body) ?? [];
    const once = await visitors.eventually(
      () => opens(link.replaceAll("&amp;", "&")),
      ({ body }) => body.includes(`content="5;url=${link}"`),
    );
    expect([once.status, visitors.cookiesOf(once)]).toEqual([403, ""]);
    // After a minute without counters nobody is asked any more, and it leads on.
    const on = await visitors.eventually(
      () => opens(link.replaceAll("&amp;", "&")),
      ({ status }) => status === 303,
    );
    expect([new URL(on.headers.location ?? "").pathname, visitors.cookiesOf(on)]).toEqual(["/news", ""]);
  });

  it("gets to sign in after a minute all the same, as nobody is asked what nobody can answer", async () => {
    const edge = await asking();
    const signIn = () => visitors.ask(edge, PATHS.critical, { headers: headersOf("unknown") });
    expect((await signIn()).headers["shield-mitigated"]).toBe("challenge");
    const got = await visitors.eventually(signIn, ({ headers }) => headers["shield-mitigated"] === undefined);
    expect([got.status, visitors.cookiesOf(got)]).toEqual([200, expect.not.stringContaining("clearance")]);
    const headers = { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" };
    expect(await visitors.ask(edge, "/.shield/puzzle", { method: "POST", headers, body: "{}" })).toMatchObject({
      status: 204,
    });
  });
});

/**
 * A shift with twenty deploys and a rotation of the secret, through the real bundle: each deploy brings other rules, names and
 * budgets, restarts every edge and object, and for a while runs beside the version before. Nobody who was let in is asked again,
 * and whatever somebody holds while it happens is still good after it.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { search } from "../src/challenge/browser/search.ts";
import type { Puzzle } from "../src/challenge/puzzle.ts";
import { type Lab, startEdges } from "./lab/edge.ts";
import { constant, type RecordingOrigin, startRecordingOrigin } from "./lab/recording-origin.ts";
import * as lab from "./lab/visitors.ts";
import { carriedBy } from "./resend/lab.ts";

const DEPLOYS = 20;
const OPERATOR = { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN };
const RULES = join(import.meta.dirname, "../src/rules.ts");
const folder = mkdtempSync(join(tmpdir(), "deploys-"));
const [first, second] = [randomBytes(32), randomBytes(32)].map((secret) => secret.toString("base64url"));
/** The way of a rotation: accepted before it is used. */
const SECRETS = [
  { SHIELD_SECRET: first },
  { SHIELD_SECRET: first, SHIELD_SECRET_PREVIOUS: second },
  { SHIELD_SECRET: second, SHIELD_SECRET_PREVIOUS: first },
];

/** What the n-th deploy sends out. */
function version(n: number) {
  const rulesModule = join(folder, `rules-${n}.ts`);
  writeFileSync(
    rulesModule,
    `import rules from ${JSON.stringify(RULES)};
export default {
  ...rules,
  sites: rules.sites.map((site) => ({ ...site, capacityPerSecond: 1_000_000 + ${n} })),
  budgets: rules.budgets.map((budget) => ({ ...budget, name: budget.name + " ${n}", burst: budget.burst + ${n} })),
  rules: [
    { name: "tried ${n}", when: { userAgent: "bot ${n}*" }, then: "observe", because: "tuning" },
    ...rules.rules,
    { name: "strangers ${n}", when: { lane: "unknown", path: ["/app/*", "/news*"] }, then: "challenge", because: "a test" },
  ],
};`,
  );
  return { rulesModule, vars: { ...OPERATOR, ...SECRETS[Math.floor((n * SECRETS.length) / (DEPLOYS + 1))] } };
}

let origin: RecordingOrigin;
let running: Lab;
beforeAll(async () => {
  origin = await startRecordingOrigin();
  origin.on("/login", constant({ headers: [["Shield-Vouch", "session-1; ttl=43200; lane=clinician"]] }));
  running = await startEdges({ edges: 2, origin: origin.url, patient: true, ...version(0) });
});
afterAll(async () => {
  await running?.stop();
  await origin?.stop();
  rmSync(folder, { recursive: true });
});

/** The edge that still has the version before, and the one that has the new one. */
const edges = (): readonly [URL, URL] => {
  const [older, newer] = running.shieldUrls;
  if (!older || !newer) throw new Error("the lab has two edges");
  return [older, newer];
};

/** A browser with its cookies, at an address of its own, which counts how often it was asked to prove something. */
class Visitor {
  readonly #cookies = new Map<string, string>();
  readonly #address = lab.freshAddress();
  asked = 0;

  async ask(edge: URL, path: string, { headers, ...more }: lab.Asked = {}): Promise<lab.Got> {
    const Cookie = Array.from(this.#cookies, (pair) => pair.join("=")).join("; ");
    const sent = { ...lab.NAVIGATION, "CF-Connecting-IP": this.#address, Cookie, ...headers };
    const got = await lab.ask(edge, path, { ...more, headers: sent });
    for (const cookie of (got.headers["set-cookie"] ?? []).map((value) => value.split(";", 1)[0] ?? ""))
      this.#cookies.set(cookie.slice(0, cookie.indexOf("=")), cookie.slice(cookie.indexOf("=") + 1));
    if (got.headers["shield-mitigated"] === "challenge") this.asked++;
    return got;
  }

  send(edge: URL, path: string, body: string, type = "application/x-www-form-urlencoded"): Promise<lab.Got> {
    const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body), Origin: `http://${lab.HOST}` };
    return this.ask(edge, path, { method: "POST", headers, body });
  }

  /** The proof of a puzzle, to be handed in later. */
  async work(edge: URL): Promise<string> {
    const { body } = await this.send(edge, "/.shield/puzzle", "{}", "application/json");
    const { id, hashes, difficulty, challenge } = JSON.parse(body) as Puzzle;
    const answers = hashes.map((hash, index) => search({ id, index, hash, limit: difficulty }));
    return JSON.stringify({ challenge, answers });
  }
}

/** Posts a form that meets the challenge, and solves it. @returns what she does once the next version is there */
async function formInHand(edge: URL, text: string) {
  const newcomer = new Visitor();
  const turnedAway = await newcomer.send(edge, "/app/prescriptions", text);
  const carried = carriedBy(turnedAway);
  if (!carried) throw new Error(`nothing is carried: ${turnedAway.status}`);
  const proof = await newcomer.work(edge);
  return async (next: URL): Promise<void> => {
    expect((await newcomer.send(next, "/.shield/redeem", proof, "application/json")).status).toBe(204);
    expect((await newcomer.send(next, "/app/prescriptions", carried.fields, "text/plain")).status).toBe(200);
    expect(newcomer.asked).toBe(1);
  };
}

/** Calls the help desk from a challenge page. @returns what she does once the next version is there */
async function codeInHand(edge: URL) {
  const caller = new Visitor();
  const page = await caller.ask(edge, "/news");
  const [, link = ""] = /href="([^"]*\/\.shield\/enter[^"]*)"/.exec(page.body) ?? [];
  expect((await lab.operate(edge, "/.shield/grant", { code: page.headers["shield-support"] })).status).toBe(200);
  return async (next: URL): Promise<void> => {
    const entered = await caller.ask(next, link.replaceAll("&amp;", "&"));
    expect([entered.status, entered.headers.location]).toEqual([303, `http://${lab.HOST}/news`]);
    expect((await caller.ask(next, "/news")).status).toBe(200);
    expect(caller.asked).toBe(1);
  };
}

it(`${DEPLOYS} deploys and a rotation ask nobody anew, and what people hold meanwhile stays good`, async () => {
  const [doctor, resident] = [new Visitor(), new Visitor()];
  const [edge] = edges();
  expect((await doctor.send(edge, "/login", "user=dr.ozola")).status).toBe(200);
  await resident.send(edge, "/.shield/redeem", await resident.work(edge), "application/json");
  const written: string[] = [];

  for (let deploy = 1; deploy <= DEPLOYS; deploy++) {
    const [, before] = edges();
    const text = `note=${deploy}`;
    const goOn = [await formInHand(before, text), await codeInHand(before)];
    written.push(text);
    await running.reload({ versions: [version(deploy - 1), version(deploy)] });

    for (const side of edges()) {
      expect((await doctor.ask(side, "/app/prescriptions")).status).toBe(200);
      const hers = `dr=${deploy}${side.port}`;
      written.push(hers);
      expect((await doctor.send(side, "/app/prescriptions", hers)).status).toBe(200);
      expect((await resident.ask(side, "/news")).status).toBe(200);
      expect((await new Visitor().ask(side, "/news")).headers["shield-mitigated"]).toBe("challenge");
    }
    for (const [i, goesOn] of goOn.entries()) await goesOn(edges()[(deploy + i) % 2 === 0 ? 0 : 1]);
  }

  expect([doctor.asked, resident.asked]).toEqual([0, 0]);
  const posts = origin.seen.filter(({ method, target }) => method === "POST" && target === "/app/prescriptions");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  expect(posts.map((post) => post.sha256).sort()).toEqual(written.map(sha256).sort());
});

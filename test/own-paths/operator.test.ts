/** Who may operate the shield, and who may not. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { Jwks } from "../../src/identity/jwks.ts";
import { nameInLog } from "../../src/own-paths/name-in-log.ts";
import { adminTokenProblem, authorizeOperator, type OperatorsEnv } from "../../src/own-paths/operator.ts";
import { createSealer } from "../../src/seal.ts";
import { Issuer, type TokenWishes } from "../identity/issuer.ts";
import { factsOf } from "../request/requests.ts";

const TOKEN = "correct-horse-battery-staple-0123456789";
const ADMIN = { ADMIN_HOST: "admin.example.lv", SHIELD_ADMIN_TOKEN: TOKEN } satisfies OperatorsEnv;

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** 200 when let in. */
async function statusFor(
  env: OperatorsEnv,
  { url = "https://admin.example.lv/.shield/posture", method = "GET", headers = {} }: Asked,
) {
  const facts = factsOf({ url, method, headers });
  const outcome = await authorizeOperator(new Request(url, { method, headers }), facts, env, () => {
    throw new Error("a bearer needs no keys");
  });
  return outcome.ok ? 200 : outcome.response.status;
}
const bearer = (token: string, more: Record<string, string> = {}) => ({ Authorization: `Bearer ${token}`, ...more });
const JSON_TYPE = { "Content-Type": "application/json" };

describe("an operator's path", () => {
  it("is open to the administrator's token", async () => {
    expect(await statusFor(ADMIN, { headers: bearer(TOKEN) })).toBe(200);
    expect(await statusFor(ADMIN, { headers: { Authorization: `bearer ${TOKEN}` } })).toBe(200);
  });
  it.each<[string, Record<string, string>]>([
    ["no token", {}],
    ["an empty one", { Authorization: "Bearer " }],
    ["another one", bearer(`${TOKEN.slice(0, -1)}8`)],
    ["a part of it", bearer(TOKEN.slice(0, -1))],
    ["more than it", bearer(`${TOKEN}x`)],
    ["one of 100,000 characters", bearer("x".repeat(100_000))],
    ["another scheme", { Authorization: `Basic ${TOKEN}` }],
  ])("is closed to %s", async (_, headers) => {
    expect(await statusFor(ADMIN, { headers })).toBe(401);
  });
  it("does not exist on another host, nor when no host is named", async () => {
    expect(await statusFor(ADMIN, { url: "https://portal.example.lv/.shield/posture", headers: bearer(TOKEN) })).toBe(
      404,
    );
    for (const where of [{}, { ADMIN_HOST: "" }])
      expect(await statusFor({ SHIELD_ADMIN_TOKEN: TOKEN, ...where }, { headers: bearer(TOKEN) })).toBe(404);
  });
  it("is closed to everybody while the token is missing or short", async () => {
    const { ADMIN_HOST } = ADMIN;
    expect(await statusFor({ ADMIN_HOST }, { headers: bearer("undefined") })).toBe(401);
    for (const token of ["", "short"])
      expect(await statusFor({ ADMIN_HOST, SHIELD_ADMIN_TOKEN: token }, { headers: bearer(token) })).toBe(401);
  });
  it("takes JSON only, so that no form of another site can write", async () => {
    const write = (headers: Record<string, string>) => statusFor(ADMIN, { method: "POST", headers });
    expect(await write(bearer(TOKEN, JSON_TYPE))).toBe(200);
    expect(await write(bearer(TOKEN, { "Content-Type": "application/json; charset=utf-8" }))).toBe(200);
    expect(await write(bearer(TOKEN, { "Content-Type": "text/plain" }))).toBe(415);
    expect(await write(bearer(TOKEN))).toBe(415);
  });
});

describe("who signed in at Cloudflare Access", () => {
  const ACCESS = { ADMIN_HOST: "admin.example.lv", ACCESS_TEAM: "agency", ACCESS_AUD: "tag-1" };
  const url = "https://admin.example.lv/.shield/posture";
  const access = new Issuer("RS256");
  const fetched: string[] = [];
  const keys = new Jwks("", {
    fetch: async (from) => {
      fetched.push(from);
      return { text: await access.keySet(), fetchedAtMs: Date.now() };
    },
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: Date.now,
  });
  const asked: string[] = [];
  const keysAt = (from: string) => {
    asked.push(from);
    return keys;
  };
  beforeAll(() => access.addKey("k1"));

  async function outcomeFor(wishes: TokenWishes, { method = "GET", headers = {} }: Asked = {}, env = ACCESS) {
    const token = await access.token(Date.now(), {
      issuer: "https://agency.cloudflareaccess.com",
      audience: "tag-1",
      claims: { email: "a.berzina@agency.example" },
      ...wishes,
    });
    const sent = { url, method, headers: { "Cf-Access-Jwt-Assertion": token, ...headers } };
    const outcome = await authorizeOperator(new Request(url, sent), factsOf(sent), env, keysAt);
    return outcome.ok ? outcome.operator : outcome.response.status;
  }

  it("is an operator by her own name", async () => {
    expect(await outcomeFor({})).toBe("a.berzina@agency.example");
    expect(asked[0]).toBe("https://agency.cloudflareaccess.com/cdn-cgi/access/certs");
  });
  it.each<[string, TokenWishes]>([
    ["of another team", { issuer: "https://other.cloudflareaccess.com" }],
    ["for another application", { audience: "tag-2" }],
    ["that has expired", { issuedAtS: 1_000, expiresAtS: 2_000 }],
    ["signed by a key that Access does not have", { kid: "k2" }],
  ])("is not with a token %s", async (_, wishes) => {
    expect(await outcomeFor(wishes)).toBe(401);
  });
  it("is not where no team is configured, whatever the token says", async () => {
    expect(await outcomeFor({}, {}, { ...ACCESS, ACCESS_AUD: "" })).toBe(401);
    expect(await outcomeFor({}, {}, { ...ACCESS, ACCESS_TEAM: "evil.example/" })).toBe(401);
  });
  it("writes from a page of the same host only", async () => {
    const write = (site: string) =>
      outcomeFor({}, { method: "POST", headers: { ...JSON_TYPE, "Sec-Fetch-Site": site } });
    expect(await write("same-origin")).toBe("a.berzina@agency.example");
    expect([await write("cross-site"), await write("same-site"), await write("none")]).toEqual([403, 403, 403]);
    expect(await outcomeFor({}, { method: "POST", headers: JSON_TYPE })).toBe(403);
  });
  it("costs us no look at her issuer when the token is garbage", async () => {
    const before = fetched.length;
    for (const token of ["x", "a.b.c", "e30.e30.e30", "x".repeat(100_000)]) {
      const sent = { url, headers: { "Cf-Access-Jwt-Assertion": token } };
      expect((await authorizeOperator(new Request(url, sent), factsOf(sent), ACCESS, keysAt)).ok).toBe(false);
    }
    expect(fetched.length).toBe(before);
  });
});

it("a token of less than 32 bytes is refused by the deploy gate", () => {
  expect(adminTokenProblem("x".repeat(31))).toBe("short");
  expect(adminTokenProblem("x".repeat(32))).toBeNull();
});

describe("the deploy gate", () => {
  async function check(adminHost: string): Promise<string> {
    const cwd = await mkdtemp(join(tmpdir(), "check-"));
    await writeFile(join(cwd, "wrangler.toml"), `[vars]\nADMIN_HOST = "${adminHost}"\n`);
    const script = join(import.meta.dirname, "../../src/tools/check.ts");
    const env = { PATH: process.env.PATH };
    return promisify(execFile)(process.execPath, [script, "--quiet"], { cwd, env }).then(
      () => "",
      ({ stderr }: { readonly stderr: string }) => stderr,
    );
  }
  it("refuses to give the operators a host that the rules protect", async () => {
    expect(await check("admin.example.lv")).toBe("");
    expect(await check("Portal.example.lv")).toMatch(
      /wrangler\.toml: ADMIN_HOST .* is a host that .* Give the operators/,
    );
  });
});

it("a log line tells operators apart without naming them", async () => {
  const sealer = await createSealer({ current: randomBytes(32).toString("base64url") });
  const [one, other] = [await nameInLog(sealer, "a@example.lv"), await nameInLog(sealer, "b@example.lv")];
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(one).not.toBe(other);
});

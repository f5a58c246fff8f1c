/** Who may operate the shield, and who may not. */
import { describe, expect, it } from "vitest";
import { adminTokenProblem, authorizeOperator, type OperatorsEnv } from "../src/operator.ts";
import { factsOf } from "./request/requests.ts";

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
  const outcome = await authorizeOperator(new Request(url, { method, headers }), facts, env);
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

it("a token of less than 32 bytes is refused by the deploy gate", () => {
  expect(adminTokenProblem("x".repeat(31))).toBe("short");
  expect(adminTokenProblem("x".repeat(32))).toBeNull();
});

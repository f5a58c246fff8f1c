import { beforeAll, describe, expect, it } from "vitest";
import type { TokenRules } from "../../src/identity/token.ts";
import { factsOf } from "../request/requests.ts";
import { AUDIENCE, ISSUER, Issuer, type TokenWishes } from "./issuer.ts";
import { desk, NOW } from "./proving.ts";

const rules: TokenRules = {
  name: "the national identity provider",
  issuer: ISSUER,
  keys: `${ISSUER}/keys`,
  audience: AUDIENCE,
  algorithms: "ES256",
  laneBy: { claim: "role", values: { doctor: "clinician", patient: "resident", system: "machine" } },
};

let issuer: Issuer;
beforeAll(async () => {
  issuer = new Issuer();
  await issuer.addKey("k1");
});

/** One isolate that believes the issuer, and how often the keys were asked for. */
async function proving(different: Partial<TokenRules> = {}) {
  const world = { fetched: 0, down: false };
  const made = await desk({
    proofs: { tokens: [{ ...rules, ...different }] },
    outside: {
      fetch: async () => {
        world.fetched++;
        if (world.down) throw new Error("down");
        return { text: await issuer.keySet(), fetchedAtMs: NOW };
      },
      wait: () => new Promise((resolve) => setTimeout(resolve, 50)),
      now: () => NOW,
    },
  });
  return { made, world };
}
const bearing = (token: string) => factsOf({ headers: { Authorization: `Bearer ${token}` } });
const doctor = (wishes: TokenWishes = {}) => issuer.token(NOW, { claims: { role: "doctor" }, ...wishes });

describe("a bearer token", () => {
  it.each([
    ["doctor", "clinician"],
    ["patient", "resident"],
    ["system", "machine"],
    [["guest", "doctor"], "clinician"],
  ])("whose claim says %j makes a %s of its bearer", async (role, lane) => {
    const { made } = await proving();
    const who = await made.prove(bearing(await issuer.token(NOW, { claims: { role } })));
    expect(who).toMatchObject({ lane, evidence: "token", proof: { expiresAt: NOW + 3_600_000 } });
    expect(who.principal).toMatch(/^[0-9a-f]{32}$/);
  });
  it("names its bearer by issuer and subject, however often it is renewed", async () => {
    const { made } = await proving();
    const principal = async (wishes: TokenWishes) => (await made.prove(bearing(await doctor(wishes)))).principal;
    const first = await principal({ subject: "a" });
    expect(await principal({ subject: "a", expiresAtS: NOW / 1000 + 60 })).toBe(first);
    expect(await principal({ subject: "b" })).not.toBe(first);
  });
  it("that says nothing of a lane proves nothing, unless the rules give one", async () => {
    const none = await issuer.token(NOW, { claims: { role: "guest" } });
    expect(await (await proving()).made.prove(bearing(none))).toMatchObject({
      lane: "unknown",
      refusal: { proof: "token", why: "not-accepted" },
    });
    expect(await (await proving({ lane: "resident" })).made.prove(bearing(none))).toMatchObject({ lane: "resident" });
  });
  it("of somebody whom the rules give no lane is verified once as well", async () => {
    const { made } = await proving();
    const guest = await issuer.token(NOW, { claims: { role: "guest" } });
    await made.prove(bearing(guest));
    made.mayTry = false;
    expect(await made.prove(bearing(guest))).toMatchObject({ lane: "unknown", refusal: { why: "not-accepted" } });
  });
  it("tells since when a person is signed in; a system was known before", async () => {
    const { made } = await proving();
    const signedInAtS = NOW / 1000 - 7200;
    const since = async (claims: Record<string, unknown>) =>
      (await made.prove(bearing(await issuer.token(NOW, { claims })))).proof?.since;
    expect(await since({ role: "doctor", auth_time: signedInAtS })).toBe(signedInAtS * 1000);
    expect(await since({ role: "doctor" })).toBe(NOW);
    expect(await since({ role: "system" })).toBe(0);
  });
  it("is verified once in each isolate, and then known", async () => {
    const { made } = await proving();
    const token = await doctor();
    await made.prove(bearing(token));
    made.mayTry = false;
    expect(await made.prove(bearing(token))).toMatchObject({ lane: "clinician" });
    expect(await made.prove(bearing(token), NOW + 11 * 60_000)).toMatchObject({ refusal: { why: "not-checked" } });
  });
  it("has its end, known or not", async () => {
    const { made } = await proving();
    const token = await doctor({ expiresAtS: NOW / 1000 + 10 });
    expect(await made.prove(bearing(token))).toMatchObject({ lane: "clinician" });
    expect(await made.prove(bearing(token), NOW + 71_000)).toMatchObject({
      lane: "unknown",
      refusal: { why: "expired" },
    });
  });
  it("that is forged costs its address an attempt once, and is then known as bad", async () => {
    const { made, world } = await proving();
    const stranger = new Issuer();
    await stranger.addKey("k1");
    const forged = await stranger.token(NOW, { claims: { role: "doctor" } });
    for (let i = 0; i < 5; i++)
      expect(await made.prove(bearing(forged))).toMatchObject({ lane: "unknown", refusal: { why: "forged" } });
    expect(made.failures).toBe(1);
    expect(world.fetched).toBe(1);
  });
  it("that was forged under one key may be good under the next of the same name, ten minutes later", async () => {
    const { made } = await proving();
    const next = new Issuer();
    await next.addKey("k1");
    const token = await next.token(NOW, { claims: { role: "doctor" } });
    expect(await made.prove(bearing(token))).toMatchObject({ refusal: { why: "forged" } });
    expect(await made.prove(bearing(token), NOW + 599_999)).toMatchObject({ refusal: { why: "forged" } });
    expect(made.failures).toBe(1);
    await made.prove(bearing(token), NOW + 600_000);
    expect(made.failures).toBe(2); // looked at again
  });
  it("of somebody else's service is no attempt at all: the origin may know it", async () => {
    const { made, world } = await proving();
    for (const token of ["opaque-session-token", await issuer.token(NOW, { issuer: "https://other.example" })])
      expect(await made.prove(bearing(token))).toMatchObject({ lane: "unknown", refusal: { proof: "token" } });
    expect(made.failures).toBe(0);
    expect(world.fetched).toBe(0);
  });
  it("that comes while no keys are to be had leaves its bearer where she was, and is believed later", async () => {
    const { made, world } = await proving();
    world.down = true;
    const token = await doctor();
    expect(await made.prove(bearing(token))).toMatchObject({ lane: "unknown", refusal: { why: "not-accepted" } });
    world.down = false;
    const other = await proving();
    expect(await other.made.prove(bearing(token))).toMatchObject({ lane: "clinician" });
  });
  it("is believed for each of several issuers by its own keys only", async () => {
    const second = new Issuer();
    await second.addKey("k1");
    const made = await desk({
      proofs: {
        tokens: [rules, { ...rules, name: "another", issuer: "https://b.example", keys: "https://b.example/k" }],
      },
      outside: {
        fetch: async (url) => ({
          text: await (url.startsWith(ISSUER) ? issuer : second).keySet(),
          fetchedAtMs: NOW,
        }),
        wait: () => new Promise((resolve) => setTimeout(resolve, 50)),
        now: () => NOW,
      },
    });
    const claims = { role: "doctor" };
    const own = await made.prove(bearing(await second.token(NOW, { issuer: "https://b.example", claims })));
    expect(own).toMatchObject({ lane: "clinician" });
    // Whose it is says why it is refused, whatever the others would say.
    const over = await doctor({ expiresAtS: NOW / 1000 - 3600 });
    expect(await made.prove(bearing(over))).toMatchObject({ refusal: { why: "expired" } });
    expect(await made.prove(bearing(await second.token(NOW, { claims })))).toMatchObject({
      refusal: { why: "forged" },
    });
  });
});

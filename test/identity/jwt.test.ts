import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { Jwks, readKeySet, type TokenAlgorithm } from "../../src/identity/jwks.ts";
import { glance, TOKEN_MAX_CHARACTERS, type TokenExpectations, verifyToken } from "../../src/identity/jwt.ts";
import { AUDIENCE, ISSUER, Issuer, type TokenWishes } from "./issuer.ts";

const NOW = 1_800_000_000_000;
const NOW_S = NOW / 1000;
const expected: TokenExpectations = { issuer: ISSUER, audience: [AUDIENCE], algorithms: ["ES256"], clockSkewS: 60 };
const never = () => undefined;

let issuer: Issuer;
beforeAll(async () => {
  issuer = new Issuer();
  await issuer.addKey("k1");
});

/** Keys as the issuer publishes them, and how often one was asked for. */
async function keysOf(whose: Issuer) {
  const text = await whose.keySet();
  const jwks = new Jwks("https://login.example.lv/keys", {
    fetch: async () => ({ text, fetchedAtMs: NOW }),
    wait: pause,
    now: () => NOW,
  });
  return {
    asked: 0,
    async keyFor(kid: string, algorithm: TokenAlgorithm) {
      this.asked++;
      return await jwks.keyFor(kid, algorithm, never);
    },
  };
}

describe("a token of the issuer", () => {
  it.each<TokenAlgorithm>(["RS256", "PS256", "ES256", "ES384", "EdDSA"])(
    "signed with %s is believed",
    async (algorithm) => {
      const own = new Issuer(algorithm);
      await own.addKey("k1");
      const outcome = await verifyToken(
        await own.token(NOW, { claims: { role: "system" } }),
        { ...expected, algorithms: [algorithm] },
        await keysOf(own),
        NOW,
        never,
      );
      expect(outcome).toMatchObject({ kind: "verified", claims: { sub: "installation-7", role: "system" } });
    },
  );
  it("may be as much before or behind our clock as the rules say", async () => {
    const keys = await keysOf(issuer);
    for (const wishes of [{ expiresAtS: NOW_S - 59 }, { notBeforeS: NOW_S + 59 }, { issuedAtS: NOW_S + 59 }])
      expect(await verifyToken(await issuer.token(NOW, wishes), expected, keys, NOW, never)).toMatchObject({
        kind: "verified",
      });
  });
});

describe("garbage", () => {
  it.each<[string, string, TokenWishes]>([
    ["expired", "expired", { expiresAtS: NOW_S - 61 }],
    ["of another issuer", "other-issuer", { issuer: "https://evil.example" }],
    ["for somebody else", "other-audience", { audience: "shop" }],
  ])("%s is refused before a key is looked up", async (_, why, wishes) => {
    const keys = await keysOf(issuer);
    expect(await verifyToken(await issuer.token(NOW, wishes), expected, keys, NOW, never)).toEqual({
      kind: "refused",
      why,
    });
    expect(keys.asked).toBe(0);
  });
  it("without signature, or signed with what was public, is refused before a key is looked up", async () => {
    const keys = await keysOf(issuer);
    const unsigned = new UnsecuredJWT({})
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime(NOW_S + 60)
      .encode();
    const withPublicKey = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime(NOW_S + 60)
      .sign(new TextEncoder().encode(await issuer.keySet()));
    expect(await verifyToken(unsigned, expected, keys, NOW, never)).toMatchObject({ kind: "refused" });
    expect(await verifyToken(withPublicKey, expected, keys, NOW, never)).toEqual({
      kind: "refused",
      why: "other-algorithm",
    });
    expect(keys.asked).toBe(0);
  });
  it("longer than 4 kB is not even taken apart", async () =>
    expect(glance(await issuer.token(NOW, { claims: { fat: "x".repeat(TOKEN_MAX_CHARACTERS) } }), expected, NOW)).toBe(
      "too-long",
    ));
  it("of any kind is refused without an exception", () => {
    const part = fc.oneof(
      fc.base64String().map((text) => text.replaceAll("=", "")),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 5 }).map((parts) => parts.join(".")),
        ),
        (token) => {
          expect(typeof glance(token, expected, NOW)).toBe("string");
        },
      ),
    );
  });
  it("that a known key did not sign is refused", async () => {
    const keys = await keysOf(issuer);
    const stranger = new Issuer();
    await stranger.addKey("k1");
    expect(await verifyToken(await stranger.token(NOW), expected, keys, NOW, never)).toEqual({
      kind: "refused",
      why: "bad-signature",
    });
    const token = await issuer.token(NOW);
    const [head, , signature] = token.split(".");
    const other = Buffer.from(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, exp: NOW_S + 9, sub: "root" }));
    expect(
      await verifyToken(`${head}.${other.toString("base64url")}.${signature}`, expected, keys, NOW, never),
    ).toMatchObject({ kind: "refused", why: "bad-signature" });
  });
  it("that is not valid yet, or made in the future, is refused", async () => {
    const keys = await keysOf(issuer);
    expect(await verifyToken(await issuer.token(NOW, { notBeforeS: NOW_S + 61 }), expected, keys, NOW, never)).toEqual({
      kind: "refused",
      why: "not-yet-valid",
    });
  });
});

describe("a key set", () => {
  /** An issuer that can be down, a clock that is moved by hand, and how often it was asked. */
  async function issuerOnline() {
    const world = { now: NOW, down: false, fetched: 0, hangs: false };
    const jwks = new Jwks("https://login.example.lv/keys", {
      fetch: async () => {
        world.fetched++;
        if (world.hangs) await new Promise(() => undefined);
        if (world.down) throw new Error("down");
        return { text: await issuer.keySet(), fetchedAtMs: world.now };
      },
      // Twenty times as fast as the real one, and never faster than a fetch that does not hang. All wait at the same time.
      wait: async (ms) => {
        const until = world.now + ms;
        await pause(ms / 20);
        world.now = Math.max(world.now, until);
      },
      now: () => world.now,
    });
    const later: Promise<unknown>[] = [];
    const key = (kid = "k1") => jwks.keyFor(kid, "ES256", (work) => later.push(work));
    return { world, key, settle: () => Promise.all(later.splice(0)) };
  }
  const HOUR_MS = 3_600_000;

  it("is fetched once for all who come at the same time", async () => {
    const { world, key } = await issuerOnline();
    const keys = await Promise.all(Array.from({ length: 50 }, () => key()));
    expect(keys.every((found) => found !== null)).toBe(true);
    expect(world.fetched).toBe(1);
  });
  it("is refreshed behind the back of who asks", async () => {
    const { world, key, settle } = await issuerOnline();
    await key();
    world.now += HOUR_MS;
    world.hangs = true;
    expect(await key()).not.toBeNull();
    world.hangs = false;
    world.now += 60_000;
    await key();
    expect(world.fetched).toBe(3);
    await Promise.race([settle(), Promise.resolve()]);
  });
  it("is believed for a day while the issuer is down, and no longer", async () => {
    const { world, key, settle } = await issuerOnline();
    await key();
    await settle();
    world.down = true;
    world.now += 23 * HOUR_MS;
    expect(await key()).not.toBeNull();
    await settle();
    world.now += 2 * HOUR_MS;
    expect(await key()).toBeNull();
  });
  it("that cannot be had is not asked for by every request", async () => {
    const { world, key } = await issuerOnline();
    world.down = true;
    for (let i = 0; i < 100; i++) expect(await key()).toBeNull();
    expect(world.fetched).toBe(1);
    world.down = false;
    world.now += 10_000;
    expect(await key()).not.toBeNull();
  });
  it("holds nobody up for longer than 1.5 s", async () => {
    const { world, key } = await issuerOnline();
    world.hangs = true;
    const from = world.now;
    expect(await key()).toBeNull();
    expect(world.now - from).toBeLessThanOrEqual(1_500);
  });
  it("is asked for a key that is not in it at most twice a minute", async () => {
    const { world, key, settle } = await issuerOnline();
    await key();
    for (let i = 0; i < 600; i++) {
      world.now += 100;
      await key(`made up ${i}`);
      await settle();
    }
    expect(world.fetched).toBeLessThanOrEqual(3);
  });
  it("knows a new key soon after somebody came with it, and forgets one that was withdrawn", async () => {
    const own = new Issuer();
    await own.addKey("old");
    const world = { now: NOW };
    const later: Promise<unknown>[] = [];
    const jwks = new Jwks("https://login.example.lv/keys", {
      fetch: async () => ({ text: await own.keySet(), fetchedAtMs: world.now }),
      wait: pause,
      now: () => world.now,
    });
    const key = (kid: string) => jwks.keyFor(kid, "ES256", (work) => later.push(work));
    expect(await key("old")).not.toBeNull();
    await own.addKey("new");
    own.withdrawKey("old");
    world.now += 31_000;
    expect(await key("new")).toBeNull();
    await Promise.all(later);
    expect(await key("new")).not.toBeNull();
    expect(await key("old")).toBeNull();
  });
  it("knows a new key although the edge's copy is fresh, and the copy is asked before the issuer all the same", async () => {
    const own = new Issuer();
    await own.addKey("old");
    let copy = { text: await own.keySet(), fetchedAtMs: NOW };
    const world = { now: NOW + 60_000, fetched: 0 };
    const later: Promise<unknown>[] = [];
    const jwks = new Jwks("https://login.example.lv/keys", {
      fetch: async (_, copyFreshMs) => {
        if (world.now - copy.fetchedAtMs < copyFreshMs) return copy;
        world.fetched++;
        copy = { text: await own.keySet(), fetchedAtMs: world.now };
        return copy;
      },
      wait: pause,
      now: () => world.now,
    });
    const key = (kid: string) => jwks.keyFor(kid, "ES256", (work) => later.push(work));
    expect(await key("old")).not.toBeNull();
    expect(world.fetched).toBe(0);
    await own.addKey("new");
    world.now += 31_000;
    await key("new");
    await Promise.all(later);
    expect(await key("new")).not.toBeNull();
    // Another isolate has just brought a copy: for a made-up key that is news enough.
    copy = { ...copy, fetchedAtMs: world.now + 20_000 };
    world.now += 31_000;
    await key("made up");
    await Promise.all(later);
    expect(world.fetched).toBe(1);
  });
  it("gives no private, symmetric or encryption key, nor one without a name", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const open = await exportJWK(publicKey);
    const keys = readKeySet(
      JSON.stringify({
        keys: [
          { ...(await exportJWK(privateKey)), kid: "private" },
          { kty: "oct", k: "c2VjcmV0", kid: "symmetric" },
          { ...open, kid: "encryption", use: "enc" },
          open,
          { ...open, kid: "good" },
          "nonsense",
        ],
      }),
    );
    expect([...(keys?.keys() ?? [])]).toEqual(["good"]);
  });
  it("of any other shape is none", () => {
    for (const text of ["", "<html>", "[]", "{}", '{"keys":1}', "null"]) expect(readKeySet(text)).toBeNull();
  });
});

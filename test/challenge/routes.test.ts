import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { CLEARANCE_COOKIE, readClearance } from "../../src/challenge/clearance.ts";
import { type ChallengeContext, challengeRoutes } from "../../src/challenge/routes.ts";
import type { Sealer } from "../../src/seal.ts";
import { HOST, memorySpend, NOW_MS, newPuzzle, newSealer, OPEN, proofOf, SMALL } from "./lab.ts";

const AUTHORITY = `https://${HOST}`;
const OWN = { "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json" };

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

function contextWith(change: Partial<ChallengeContext> = {}): ChallengeContext {
  return {
    sealer,
    host: HOST,
    authority: AUTHORITY,
    network: async () => "net-1",
    difficulty: async () => SMALL,
    needsNone: () => Promise.resolve(false),
    spend: memorySpend().spend,
    issuance: OPEN,
    nowMs: NOW_MS,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    ...change,
  };
}

function call(path: string, init: RequestInit = {}, context = contextWith()): Promise<Response> {
  const route = challengeRoutes.find((each) => each.path === path);
  if (!route) throw new Error(`no route ${path}`);
  return route.handle(new Request(`${AUTHORITY}${path}`, { method: route.method, ...init }), context);
}

const post = (path: string, body: string, headers: Record<string, string> = OWN, context = contextWith()) =>
  call(path, { body, headers }, context);

describe("POST /.shield/puzzle and /.shield/redeem", () => {
  it("lead from nothing to a clearance cookie", async () => {
    const asked = await post("/.shield/puzzle", "{}");
    expect(asked.status).toBe(200);
    expect(asked.headers.get("Cache-Control")).toBe("no-store");
    const redeemed = await post("/.shield/redeem", proofOf(await asked.json()));
    expect(redeemed.status).toBe(204);
    expect(redeemed.headers.get("Cache-Control")).toBe("no-store");
    const cookie = redeemed.headers.get("Set-Cookie") ?? "";
    const value = cookie.slice(CLEARANCE_COOKIE.length + 1, cookie.indexOf(";"));
    expect(await readClearance(sealer, value, HOST, NOW_MS)).toMatchObject({ network: "net-1" });
  });

  it("give no puzzle to whoever needs none", async () => {
    const asked = await post("/.shield/puzzle", "{}", OWN, contextWith({ needsNone: () => Promise.resolve(true) }));
    expect([asked.status, await asked.text()]).toEqual([204, ""]);
  });

  it("answer refusals as problem+json, without a cookie", async () => {
    const proof = proofOf(await newPuzzle(sealer));
    const { spend } = memorySpend();
    const context = contextWith({ spend });
    expect((await post("/.shield/redeem", proof, OWN, context)).status).toBe(204);
    const cases: readonly [string, ChallengeContext, number, string][] = [
      ["{", context, 400, "syntax"],
      ["x".repeat(4_097), context, 413, "size"],
      [proof.replace(/[A-Za-z]{4}/g, "AAAA"), context, 400, "syntax"],
      [proofOf(await newPuzzle(await newSealer())), context, 403, "mac"],
      [proof, contextWith({ nowMs: NOW_MS + 300_000 }), 403, "expired"],
      [proof, contextWith({ nowMs: NOW_MS - 300_000 }), 403, "future"],
      [proof, contextWith({ host: "other" }), 403, "host"],
      [proof, context, 409, "already-spent"],
      [proof, contextWith({ issuance: { ...OPEN, waitS: 3 } }), 429, "too-many"],
      [proof, contextWith({ sealer: null }), 503, "unavailable"],
    ];
    for (const [body, where, status, code] of cases) {
      const response = await post("/.shield/redeem", body, OWN, where);
      expect([response.status, await response.json()]).toMatchObject([status, { status, code }]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("Set-Cookie")).toBeNull();
      if (status === 429 || status === 503)
        expect(Number(response.headers.get("Retry-After"))).toBeGreaterThanOrEqual(2);
    }
    expect((await post("/.shield/puzzle", "{}", OWN, contextWith({ sealer: null }))).status).toBe(503);
  });

  it("serve this site's own page only", async () => {
    const json = { "Content-Type": "application/json" };
    const cases: readonly [Record<string, string>, number][] = [
      [OWN, 200],
      [{ ...json, Origin: AUTHORITY }, 200],
      [{ "Sec-Fetch-Site": "same-origin", "Content-Type": "Application/JSON; charset=utf-8" }, 200],
      [json, 403],
      [{ ...json, Origin: "https://evil.example" }, 403],
      [{ ...json, Origin: "null" }, 403],
      [{ ...json, Origin: AUTHORITY, "Sec-Fetch-Site": "cross-site" }, 403],
      [{ ...json, Origin: AUTHORITY, "Sec-Fetch-Site": "same-site" }, 403],
      [{ ...json, Origin: AUTHORITY, "Sec-Fetch-Site": "none" }, 403],
      [{ "Sec-Fetch-Site": "same-origin" }, 415],
      [{ ...OWN, "Content-Type": "text/plain" }, 415],
      [{ ...OWN, "Content-Type": "application/jsonp" }, 415],
      [{ ...OWN, "Content-Type": "application/x-www-form-urlencoded" }, 415],
      [{ ...OWN, "Content-Length": "4097" }, 413],
      [{ ...OWN, "Content-Length": "-" }, 413],
    ];
    for (const [headers, status] of cases) {
      expect([headers, (await post("/.shield/puzzle", "{}", headers)).status]).toEqual([headers, status]);
    }
  });

  it("read no more of a body than a proof can have, and survive one that breaks off", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(1_024));
      },
    });
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("reset")) });
    const headers = new Headers(OWN);
    const route = challengeRoutes.find((each) => each.path === "/.shield/redeem");
    expect((await route?.handle({ headers, body: endless }, contextWith()))?.status).toBe(413);
    expect(pulled).toBeLessThan(8);
    expect((await route?.handle({ headers, body: broken }, contextWith()))?.status).toBe(400);
    expect((await route?.handle({ headers, body: null }, contextWith()))?.status).toBe(400);
  });
});

describe("the scripts", () => {
  it("are served as JavaScript that browsers may keep for an hour", async () => {
    for (const path of ["/.shield/challenge.js", "/.shield/solver.js"]) {
      const response = await call(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Type")).toBe("text/javascript; charset=utf-8");
      expect(response.headers.get("Cache-Control")).toBe("public, max-age=3600");
      expect((await response.text()).length).toBeGreaterThan(500);
      const again = await call(path, { headers: { "If-None-Match": response.headers.get("ETag") ?? "" } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
  });
});

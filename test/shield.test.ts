/** The whole shield: the production bundle in the real runtime, over real sockets, before the demo portal. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOver } from "../src/counters/bound.ts";
import type { Spend } from "../src/counters/gcra.ts";
import { type Lab, startEdges } from "./lab/edge.ts";
import { type Asked, ask as askEdge, eventually, type Got } from "./lab/visitors.ts";

let lab: Lab;
beforeAll(async () => {
  const rulesModule = new URL("lab/roomy-rules.ts", import.meta.url).pathname;
  lab = await startEdges({ edges: 2, portalCapacity: 0, patient: true, rulesModule });
});
afterAll(() => lab.stop());

/** @param asked `edge`: which isolate is asked */
function ask(path: string, { edge = 0, ...asked }: Asked & { readonly edge?: number } = {}): Promise<Got> {
  return askEdge(lab.shieldUrls[edge] ?? new URL("http://nowhere"), path, asked);
}

/** What the portal's echo saw. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}
const seenBy = (got: Got): Seen => JSON.parse(got.body) as Seen;
const header = (seen: Seen, name: string) => seen.headers.find(([key]) => key.toLowerCase() === name)?.[1];

async function signIn(user: string): Promise<string> {
  const got = await ask("/login/password", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: `user=${user}&password=demo`,
  });
  expect(got.status).toBe(303);
  return (got.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ");
}

describe("a doctor who signed in", () => {
  it("is known at the edge, by a principal that is no name", async () => {
    const cookies = await signIn("dr.ozola");
    const seen = seenBy(await ask("/echo/me", { headers: { Cookie: cookies } }));
    expect(header(seen, "shield-lane")).toBe("clinician");
    expect(header(seen, "shield-principal")).toMatch(/^[0-9a-f]{32}$/);
    expect(header(seen, "cookie")).toMatch(/^portal-session=[^;]+$/);
  });
});

describe("an address over its budget", () => {
  const flooded = { headers: { "CF-Connecting-IP": "198.51.100.99" } };
  /** Asks until it is refused. @returns how often it was let through before */
  async function untilRefused(): Promise<{ readonly passed: number; readonly refusal: Got }> {
    for (let passed = 0; ; ) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask("/", flooded)));
      passed += answers.filter(({ status }) => status === 200).length;
      const refusal = answers.find(({ status }) => status === 429);
      if (refusal) return { passed, refusal };
    }
  }
  it("is told what it may have, and has that again as time goes by", async () => {
    const from = Date.now();
    const first = await untilRefused();
    expect(first.refusal.headers["shield-mitigated"]).toBe("limit");
    expect(first.refusal.headers["ratelimit-policy"]).toBe('"one address";q=300;w=60');
    await eventually(
      () => ask("/", flooded),
      ({ status }) => status === 200,
    );
    const second = await untilRefused();
    const spend: Spend = { incrementMs: 200, toleranceMs: 100 * 200 };
    expect(first.passed).toBeGreaterThan(0);
    expect(first.passed + 1 + second.passed).toBeLessThanOrEqual(budgetOver(spend, Date.now() - from));
  });
});

describe("what the origin hears", () => {
  it("is never what a client forged", async () => {
    const forged = {
      "Shield-Lane": "machine",
      "Shield-Principal": "root",
      "Shield-Client-IP": "192.0.2.1",
      "Shield-Anything": "1",
      "X-Forwarded-For": "192.0.2.1",
      "X-Forwarded-Host": "evil.example",
      "X-Original-URI": "/assets/app.css",
      Forwarded: "for=192.0.2.1",
      "X-Rewrite-URL": "/assets/app.css",
      "X-Real-IP": "192.0.2.1",
      Cookie: "__Host-shield-pass=forged; mine=1",
    };
    const seen = seenBy(await ask("/echo/x", { headers: { ...forged, "CF-Connecting-IP": "198.51.100.5" } }));
    expect(header(seen, "shield-lane")).toBe("unknown");
    expect(header(seen, "shield-client-ip")).toBe("198.51.100.5");
    expect(header(seen, "x-forwarded-for")).toBe("198.51.100.5");
    expect(header(seen, "x-forwarded-host")).toBe("portal.example.lv");
    for (const name of [
      "shield-principal",
      "shield-anything",
      "x-original-uri",
      "forwarded",
      "x-rewrite-url",
      "x-real-ip",
    ])
      expect(header(seen, name), name).toBeUndefined();
    expect(header(seen, "cookie")).toBe("mine=1");
    expect(header(seen, "shield-origin-key")).toBeTruthy();
  });
});

describe("a vouch", () => {
  const vouch = encodeURIComponent("sess-1; ttl=3600; lane=clinician");
  it("from a route that may not vouch makes no pass, and the client never sees it", async () => {
    const got = await ask(`/echo/x?vouch=${vouch}`);
    expect(got.headers["shield-vouch"]).toBeUndefined();
    expect(String(got.headers["set-cookie"])).not.toContain("__Host-shield-pass");
  });
  it("from the client itself is not heard", async () => {
    const got = await ask("/login", { headers: { "Shield-Vouch": "sess-1; ttl=3600; lane=clinician" } });
    expect(String(got.headers["set-cookie"])).not.toContain("__Host-shield-pass");
  });
  it("under an unusual spelling of the route is not heard either", async () => {
    const got = await ask("//login/password", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "user=dr.x&password=demo",
    });
    expect(String(got.headers["set-cookie"])).not.toContain("__Host-shield-pass");
  });
});

describe("bad input", () => {
  const garbage = "A".repeat(200);
  it.each<[string, string, Asked, readonly number[]]>([
    ["an oversized URL", `/?${"x".repeat(9000)}`, {}, [414]],
    ["an oversized cookie", "/", { headers: { Cookie: `a=${"x".repeat(20_000)}` } }, [431]],
    [
      "200 headers",
      "/",
      { headers: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, "1"])) },
      [431],
    ],
    ["NUL in the path", "/a%00b", {}, [400]],
    ["malformed percent-encoding", "/echo/%zz%", {}, [200]],
    ["a double slash", "//echo//x", {}, [200, 404]],
    ["dot segments", "/echo/./x", {}, [200]],
    ["encoded dot segments", "/assets/%2e%2e/echo/x", {}, [200]],
    ["encoded slashes", "/echo/..%2f..%2fapp", {}, [200]],
    ["backslashes", "/echo\\x", {}, [200]],
    ["2,000 equal query keys", `/echo/x?${"a=1&".repeat(2000)}`, {}, [200]],
    ["an invalid client address", "/echo/x", { headers: { "CF-Connecting-IP": "not-an-address" } }, [200]],
    ["an empty client address", "/echo/x", { headers: { "CF-Connecting-IP": "" } }, [200]],
    ["an unknown host", "/", { headers: { Host: "nobody.example" } }, [400]],
    ["an unknown method", "/echo/x", { method: "PROPFIND" }, [200, 400, 404, 405, 501]],
    ["a garbage pass", "/echo/x", { headers: { Cookie: `__Host-shield-pass=${garbage}` } }, [200]],
    ["a truncated clearance", "/echo/x", { headers: { Cookie: "__Host-shield-clearance=AAAA" } }, [200]],
    [
      "a cookie header that is one long name",
      "/echo/x",
      { headers: { Cookie: "__Host-shield-pass".repeat(300) } },
      [200],
    ],
    [
      "a proof that is garbage",
      "/.shield/redeem",
      { method: "POST", headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" }, body: "{" },
      [400],
    ],
    [
      "a proof that is huge",
      "/.shield/redeem",
      {
        method: "POST",
        headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" },
        body: "x".repeat(10_000),
      },
      [413],
    ],
    ["a path of ours that there is not", "/.shield/nothing", {}, [404]],
    ["a path of ours spelt unusually", "//.shield//puzzle", { method: "POST" }, [404]],
  ])("%s gets a short, chosen answer", async (_, path, asked, statuses) => {
    const got = await ask(path, asked);
    expect(statuses).toContain(got.status);
    if (got.headers["shield-mitigated"] !== undefined) expect(got.body.length).toBeLessThan(14_000);
    if (path.startsWith("/echo") && got.status === 200) expect(header(seenBy(got), "shield-lane")).toBe("unknown");
  });

  it("does not let an encoded path reach more than the plain one", async () => {
    const [plain, encoded] = [await ask("/xmlrpc.php"), await ask("/%78mlrpc.php;a=b")];
    expect([plain.status, encoded.status]).toEqual([403, 403]);
    expect(plain.headers["shield-mitigated"]).toBe("block");
  });
});

describe("static files", () => {
  it("are kept at the edge under the query names that matter, so that a random query reaches nobody", async () => {
    const before = await assetsServed();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`/assets/app.css?${i}=${i}`)));
    expect(answers.every(({ status, body }) => status === 200 && body === answers[0]?.body)).toBe(true);
    expect((await assetsServed()) - before).toBeLessThanOrEqual(40);
    // It is kept after it was answered: soon, however busy the machine is.
    const reached = async (edge: number): Promise<number> => {
      const from = await assetsServed();
      await ask(`/assets/app.css?soon=${from}`, { edge });
      return (await assetsServed()) - from;
    };
    for (const edge of [0, 1])
      await eventually(
        () => reached(edge),
        (count) => count === 0,
      );
    const kept = await assetsServed();
    for (let i = 0; i < 40; i++) await ask(`/assets/app.css?more=${i}`, { edge: i & 1 });
    expect(await assetsServed()).toBe(kept);
  });
  it("are not kept for others when they came with a cookie, a vouch or as private", async () => {
    const got = await ask("/assets/app.css", { headers: { Authorization: "Bearer x" } });
    expect(got.headers["cf-cache-status"]).toBeUndefined();
    expect(got.headers["set-cookie"]).toBeUndefined();
  });
});

async function assetsServed(): Promise<number> {
  const state = (await (await fetch(new URL("/.portal/state?brief=1", lab.portalUrl ?? ""))).json()) as {
    routes: Record<string, { requests: number }>;
  };
  return Object.entries(state.routes).reduce(
    (sum, [route, { requests }]) => sum + (route.includes("/assets") ? requests : 0),
    0,
  );
}

it("never rejects, not even when it cannot begin", async () => {
  // Not a literal: the Worker's globals are no part of the tests' types.
  const path: string = "../src/shield.ts";
  const { shield } = (await import(path)) as { shield(request: Request, env: object, ctx: object): Promise<Response> };
  const env = {
    get SHIELD_SECRET() {
      throw new Error("no such binding");
    },
  };
  const got = await shield(new Request("https://portal.example.lv/app/patients"), env, {});
  expect([got.status, got.headers.get("Retry-After")]).toEqual([503, "10"]);
});

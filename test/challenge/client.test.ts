/** What the portal's own scripts meet: `fetch` with our help. In Node, whose Request and streams are the real ones. */
import { describe, expect, it } from "vitest";
import type { Helper } from "../../src/challenge/browser/client.ts";
import { helpedFetch } from "../../src/challenge/browser/client-fetch.ts";
import { type Answered, nextStep, type Step } from "../../src/challenge/browser/next-step.ts";

const HERE = "https://portal.example.lv";

describe("what follows an answer", () => {
  const fresh = { proofs: 0, waits: 0 };
  const answered = (status: number, mitigated: string | null, retryAfter: string | null = null): Answered => ({
    status,
    mitigated,
    retryAfter,
  });
  const wait = (seconds: number): Step => ({ kind: "wait", ms: seconds * 1_000 });
  it.each<[string, Answered, string, typeof fresh, Step]>([
    ["a challenge", answered(403, "challenge"), "POST", fresh, { kind: "prove" }],
    ["a challenge after a proof", answered(403, "challenge"), "GET", { proofs: 1, waits: 0 }, { kind: "deliver" }],
    ["a block", answered(403, "block"), "GET", fresh, { kind: "deliver" }],
    ["the portal's own 403", answered(403, null), "GET", fresh, { kind: "deliver" }],
    ["the portal's own 503", answered(503, null, "3"), "GET", fresh, { kind: "deliver" }],
    ["a limit", answered(429, "limit", "3"), "GET", fresh, wait(3)],
    ["no room", answered(503, "wait", "20"), "PUT", fresh, wait(20)],
    ["no room, after a proof", answered(503, "wait", "20"), "DELETE", { proofs: 1, waits: 1 }, wait(20)],
    ["no room, a third time", answered(503, "wait", "20"), "GET", { proofs: 0, waits: 2 }, { kind: "deliver" }],
    ["no room for a POST", answered(503, "wait", "20"), "POST", fresh, { kind: "deliver" }],
    ["too long a wait", answered(503, "closed", "31"), "GET", fresh, { kind: "deliver" }],
    ["no time given", answered(503, "closed"), "GET", fresh, { kind: "deliver" }],
    ["nonsense for a time", answered(429, "limit", "soon"), "GET", fresh, { kind: "deliver" }],
    ["an ordinary answer", answered(200, null), "GET", fresh, { kind: "deliver" }],
  ])("%s", (_, what, method, spent, step) => expect(nextStep(what, method, spent)).toEqual(step));
});

/** A shield that answers in order; the last answer repeats. */
function lab(answers: readonly (readonly [status: number, mitigated?: string, retryAfter?: string])[], proves = true) {
  const got: { method: string; url: string; body: string; type: string | null; mark: string | null }[] = [];
  const done = { proofs: 0, vain: 0, waits: [] as number[] };
  const helper: Helper = {
    mark: "Shield-Client",
    concerns: (url) => url.startsWith(`${HERE}/`),
    prove: async () => {
      done.proofs++;
      return proves;
    },
    inVain: () => void done.vain++,
    pause: async (ms) => void done.waits.push(ms),
  };
  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { method, url, headers } = request;
    const [status, mitigated, retryAfter] = answers[Math.min(got.length, answers.length - 1)] ?? [200];
    got.push({
      method,
      url,
      body: await request.text(),
      type: headers.get("Content-Type"),
      mark: headers.get("Shield-Client"),
    });
    const answer = new Response(`answer ${got.length}`, {
      status,
      headers: {
        ...(mitigated && { "Shield-Mitigated": mitigated }),
        ...(retryAfter && { "Retry-After": retryAfter }),
      },
    });
    Object.defineProperty(answer, "url", { value: url });
    return answer;
  };
  return { fetch: helpedFetch(send as typeof fetch, helper), got, done };
}

const HELPER: Helper = {
  mark: "Shield-Client",
  concerns: () => true,
  prove: async () => false,
  inVain: () => undefined,
  pause: async () => undefined,
};

const CHALLENGED = [[403, "challenge"], [200]] as const;

describe("a request that meets a challenge", () => {
  const bytes = new Uint8Array([0, 255, 13, 10, 38, 61]);
  const form = () => {
    const data = new FormData();
    data.append("note", "2× dienā + \"lēni\"\r\n& 'uzmanīgi'");
    data.append("file", new Blob([bytes]), "rīts.bin");
    return data;
  };
  it.each<[string, () => RequestInit]>([
    ["text", () => ({ body: "a=1&b=ģ" })],
    ["URLSearchParams", () => ({ body: new URLSearchParams({ a: "1 + 1", b: "ģ" }) })],
    ["FormData with a file", () => ({ body: form() })],
    ["a Blob", () => ({ body: new Blob([bytes], { type: "application/x-thing" }) })],
    ["an ArrayBuffer", () => ({ body: bytes.slice().buffer })],
    ["a view of one", () => ({ body: new Uint8Array(bytes.buffer, 2, 3) })],
    ["a stream", () => ({ body: new Blob(["x".repeat(200_000)]).stream(), duplex: "half" }) as RequestInit],
    ["nothing", () => ({})],
  ])("is sent again as it was: %s", async (_, init) => {
    const { fetch, got, done } = lab(CHALLENGED);
    const response = await fetch(`${HERE}/save?x=1&x=2`, { method: "POST", headers: { "X-Mine": "1" }, ...init() });
    expect([response.status, await response.text()]).toEqual([200, "answer 2"]);
    expect(got).toHaveLength(2);
    expect(got[1]).toEqual(got[0]);
    expect(got[0]?.mark).toBe("1");
    expect(done.proofs).toBe(1);
  });

  it("is sent again with the body that it had, not with what became of it", async () => {
    const { fetch, got } = lab(CHALLENGED);
    const body = new URLSearchParams({ a: "1" });
    const sending = fetch(`${HERE}/save`, { method: "POST", body });
    body.set("a", "2");
    await sending;
    expect(got.map((each) => each.body)).toEqual(["a=1", "a=1"]);
  });

  it("may be a Request, which is used up as ever", async () => {
    const { fetch, got } = lab(CHALLENGED);
    const request = new Request(`${HERE}/save`, { method: "PUT", body: "once" });
    await fetch(request);
    expect(got.map(({ method, body }) => `${method} ${body}`)).toEqual(["PUT once", "PUT once"]);
    await expect(fetch(request)).rejects.toThrow(TypeError);
  });

  it("is given the shield's own answer when nothing can be proven, and never proves twice", async () => {
    const refused = lab(CHALLENGED, false);
    const response = await refused.fetch(`${HERE}/x`);
    expect([response.status, await response.text(), refused.got.length]).toEqual([403, "answer 1", 1]);
    const endless = lab([[403, "challenge"]]);
    expect((await endless.fetch(`${HERE}/x`)).status).toBe(403);
    expect([endless.got.length, endless.done]).toEqual([2, { proofs: 1, vain: 1, waits: [] }]);
  });

  it("is not sent again after a redirect of what it had sent: only the way on is asked again", async () => {
    const sent: string[] = [];
    const redirecting = helpedFetch(
      async (input) => {
        const request = input as Request;
        sent.push(`${request.method} ${request.url} ${await request.text()}`);
        const first = sent.length === 1;
        const answer = new Response("", first ? { status: 403, headers: { "Shield-Mitigated": "challenge" } } : {});
        Object.defineProperties(answer, { url: { value: `${HERE}/list` }, redirected: { value: first } });
        return answer;
      },
      { ...HELPER, prove: async () => true },
    );
    await redirecting(`${HERE}/save`, { method: "POST", body: "once" });
    expect(sent).toEqual([`POST ${HERE}/save once`, `GET ${HERE}/list `]);
  });
});

describe("other requests", () => {
  it("wait as told, at most twice", async () => {
    const { fetch, got, done } = lab([[429, "limit", "2"]]);
    expect((await fetch(`${HERE}/x`)).status).toBe(429);
    expect([got.length, done.waits]).toEqual([3, [2_000, 2_000]]);
  });

  it("to other origins go as they came, without our mark", async () => {
    const { fetch, got, done } = lab(CHALLENGED);
    expect((await fetch("https://other.example.lv/x", { method: "POST", body: "b" })).status).toBe(403);
    expect([got.length, got[0]?.mark, done.proofs]).toEqual([1, null, 0]);
  });

  it("that are aborted meanwhile fail with the signal's reason", async () => {
    const controller = new AbortController();
    const held = helpedFetch(
      async () => {
        const answer = new Response("", { status: 403, headers: { "Shield-Mitigated": "challenge" } });
        Object.defineProperty(answer, "url", { value: HERE });
        return answer;
      },
      { ...HELPER, prove: () => new Promise(() => undefined) },
    );
    const sending = held(`${HERE}/x`, { signal: controller.signal });
    const why = new Error("she left");
    setTimeout(() => controller.abort(why), 10);
    await expect(sending).rejects.toBe(why);
  });

  it("that fetch itself refuses are refused with its own words", async () => {
    const { fetch } = lab([[200]]);
    await expect(fetch(`${HERE}/x`, { method: "GET", body: "no" })).rejects.toThrow(TypeError);
  });
});

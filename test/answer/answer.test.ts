import { describe, expect, it } from "vitest";
import { answer } from "../../src/answer/answer.ts";
import type { AnswerKind, Recipient } from "../../src/answer/answer-kinds.ts";
import type { AnswerFormat } from "../../src/request/facts.ts";
import { ALL, answerTo, budget, FORMATS, SAMPLES, SERVICE } from "./samples.ts";

const TYPES: Readonly<Record<AnswerFormat, string | null>> = {
  html: "text/html; charset=utf-8",
  problem: "application/problem+json",
  soap11: "text/xml; charset=utf-8",
  soap12: "application/soap+xml; charset=utf-8",
  fhir: "application/fhir+json",
  none: null,
};

const PERSON: Recipient = {
  format: "html",
  language: "lv",
  method: "GET",
  frame: "none",
  carries: false,
  signInAt: null,
  corsOrigin: null,
};

const TABLE: readonly { kind: AnswerKind; status: number; retryAfter: string | null }[] = [
  { kind: "challenge", status: 403, retryAfter: null },
  { kind: "block", status: 403, retryAfter: null },
  { kind: "limit", status: 429, retryAfter: "12" },
  { kind: "wait", status: 503, retryAfter: "12" },
  { kind: "closed", status: 503, retryAfter: "12" },
  { kind: "fault", status: 502, retryAfter: null },
];

describe.each(TABLE)("$kind", ({ kind, status, retryAfter }) => {
  it.each(FORMATS)("in %s", (format) => {
    const response = answerTo(SAMPLES[kind], { format });
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toEqual({
      "shield-mitigated": kind,
      "shield-support": "ABCD-EFGH",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(retryAfter === null ? {} : { "retry-after": retryAfter }),
      ...(kind === "limit"
        ? { "ratelimit-policy": '"one clinician";q=600;w=60', ratelimit: '"one clinician";r=0;t=12' }
        : {}),
      ...(format === "none" ? {} : { "content-type": TYPES[format], "content-language": "lv" }),
      ...(format === "html" ? { "content-security-policy": expect.any(String), "referrer-policy": "same-origin" } : {}),
    });
  });
});

describe("an answer", () => {
  it.each(ALL)("%s has no body where none is read", async (_, what) => {
    expect(answerTo(what, { format: "none" }).body).toBeNull();
    for (const format of FORMATS) {
      const head = answerTo(what, { format, method: "HEAD" });
      expect(head.body).toBeNull();
      expect([...head.headers]).toEqual([...answerTo(what, { format }).headers]);
    }
  });

  it("has no support code where there is none", async () => {
    for (const format of FORMATS) {
      const response = answerTo({ ...SAMPLES.limit, supportCode: null }, { format });
      expect(response.headers.has("Shield-Support")).toBe(false);
      expect(await response.text()).not.toMatch(/null|undefined|support_id|supportId|Atbalsta kods/);
    }
  });

  it("names no budget where a rule decided", () => {
    expect(answerTo({ ...SAMPLES.limit, budget: null }).headers.has("RateLimit")).toBe(false);
  });

  it("writes a budget's name as a structured string", () => {
    const named = { ...SAMPLES.limit, budget: { ...budget, name: 'a "b" \\ č\r\n' } };
    expect(answerTo(named).headers.get("RateLimit")).toBe('"a \\"b\\" \\\\ ";r=0;t=12');
  });

  it.each(FORMATS)("in %s lets scripts of another origin read it only where that is allowed", (format) => {
    const none = answerTo(SAMPLES.limit, { format });
    expect([...none.headers.keys()].filter((name) => /^access-control|^vary/.test(name))).toEqual([]);
    const { headers } = answerTo(SAMPLES.limit, { format, corsOrigin: "https://app.example.lv" });
    expect(headers.get("Access-Control-Allow-Origin")).toBe("https://app.example.lv");
    expect(headers.get("Access-Control-Allow-Credentials")).toBe("true");
    expect(headers.get("Vary")).toBe("Origin");
    expect(headers.get("Access-Control-Expose-Headers")).toBe(
      "Shield-Mitigated, Shield-Unsent, Shield-Support, Retry-After, RateLimit, RateLimit-Policy",
    );
  });

  it("is told apart from every other that was prebuilt", async () => {
    const recipients = FORMATS.flatMap((format) =>
      ["GET", "POST", "HEAD"].flatMap((method) =>
        [null, "https://a.lv"].flatMap((corsOrigin) =>
          (["none", "own", "foreign"] as const).map((frame) => ({ format, method, frame, corsOrigin })),
        ),
      ),
    );
    for (const [, what] of ALL)
      for (const some of recipients) {
        const to = { ...some, language: "en", carries: false, signInAt: null } as const;
        const [kept, fresh] = [answer(what, to, SERVICE), answer(what, to, { ...SERVICE })];
        expect([kept.status, [...kept.headers], await kept.text()]).toEqual([
          fresh.status,
          [...fresh.headers],
          await fresh.text(),
        ]);
      }
  });

  it("given out again does not carry what was done to an earlier one", async () => {
    answerTo(SAMPLES.block, {}, SERVICE).headers.set("Set-Cookie", "a=b");
    const again = answer(SAMPLES.block, PERSON, SERVICE);
    again.headers.set("Set-Cookie", "a=b");
    expect(await again.text()).not.toBe("");
    const third = answer(SAMPLES.block, PERSON, SERVICE);
    expect(third.headers.has("Set-Cookie")).toBe(false);
    expect(await third.text()).not.toBe("");
  });
});

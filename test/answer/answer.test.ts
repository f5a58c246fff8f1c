import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, type AnswerKind, answer, jittered, STYLE_HASH } from "../../src/answer/answer.ts";
import { challengePage, escapeMarkup, STYLE } from "../../src/answer/pages.ts";
import { compile } from "../../src/policy/compile.ts";
import type { AnswerFormat, FaultCode } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";

const KINDS: readonly AnswerKind[] = ["challenge", "limit", "block", "wait", "closed", "fault"];
const FORMATS: readonly AnswerFormat[] = ["html", "problem", "soap11", "soap12", "fhir", "none"];
const budget = compile(rules).budgets[0] ?? null;

function make(different: Partial<Answer>): Response {
  const kind = different.kind ?? "limit";
  return answer({
    kind,
    format: "html",
    posted: false,
    language: "lv",
    languages: ["lv", "en"],
    supportCode: "ABCD-EFGH",
    supportPhone: "+371 6780 3300",
    retryAfterS: kind === "limit" || kind === "wait" || kind === "closed" ? 12 : null,
    budget: kind === "limit" ? budget : null,
    fault: kind === "fault" ? { status: 502, code: "origin-unreachable" } : null,
    ...different,
  });
}

const all = KINDS.flatMap((kind) => FORMATS.map((format) => [kind, format] as const));

describe("an answer", () => {
  it.each(all)("%s in %s says what it is and may not be kept", (kind, format) => {
    const { status, headers } = make({ kind, format });
    expect(status).toBe({ challenge: 403, block: 403, limit: 429, wait: 503, closed: 503, fault: 502 }[kind]);
    expect(headers.get("Shield-Mitigated")).toBe(kind);
    expect(headers.get("Shield-Support")).toBe("ABCD-EFGH");
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("Location")).toBeNull();
    expect(headers.has("Retry-After")).toBe(status === 429 || status === 503);
  });

  it.each(all.filter(([, format]) => format !== "html"))("%s in %s is never HTML", async (kind, format) => {
    const response = make({ kind, format });
    expect(response.headers.get("Content-Type") ?? "").not.toContain("html");
    expect(await response.text()).not.toMatch(/<(html|body|script)/i);
  });

  it("names the budget that is spent, as the draft has it", () => {
    const { headers } = make({});
    expect(headers.get("RateLimit")).toBe('"one clinician";r=0;t=12');
    expect(headers.get("RateLimit-Policy")).toBe('"one clinician";q=600;w=60');
  });

  it("without a body has none", async () => expect(await make({ format: "none" }).text()).toBe(""));

  it("is well-formed for machines", async () => {
    for (const kind of KINDS) {
      expect(JSON.parse(await make({ kind, format: "problem" }).text())).toMatchObject({
        status: make({ kind }).status,
      });
      expect(JSON.parse(await make({ kind, format: "fhir" }).text())).toMatchObject({
        resourceType: "OperationOutcome",
        issue: [{ severity: "error" }],
      });
      for (const format of ["soap11", "soap12"] as const)
        expect(openTags(await make({ kind, format }).text())).toEqual([]);
    }
    expect(JSON.parse(await make({ kind: "challenge", format: "problem" }).text())).toMatchObject({
      challenge: "/.shield/puzzle",
    });
  });
});

describe("a page", () => {
  it.each(KINDS.flatMap((kind) => (["lv", "en"] as const).map((language) => [kind, language] as const)))(
    "%s in %s stands in both languages, the asked one first",
    async (kind, language) => {
      const response = make({ kind, language });
      const html = await response.text();
      const other = language === "lv" ? "en" : "lv";
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).toContain(`<section class="other" lang="${other}">`);
      expect(html.match(/<h1>/g)).toHaveLength(1);
      expect(html.match(/<main>/g)).toHaveLength(1);
      expect(html).toContain("ABCD-EFGH");
      expect(html).toContain('href="tel:+37167803300"');
      expect(html).not.toContain("{seconds}");
      expect(html).not.toMatch(/ on\w+=|<script>|https?:\/\//);
      expect(gzipSync(html).length).toBeLessThan(14_000);
      expect(openTags(html.replace(/<(meta|progress|br)\b[^>]*>|<\/progress>|<!doctype html>/g, ""))).toEqual([]);
    },
  );

  it("allows itself one style sheet, scripts of its own host, and nothing else", () => {
    const csp = make({ kind: "challenge" }).headers.get("Content-Security-Policy") ?? "";
    expect(csp).toContain("default-src 'none'");
    expect(csp).not.toContain("unsafe");
    expect(STYLE_HASH).toBe(`sha256-${createHash("sha256").update(STYLE).digest("base64")}`);
  });

  it("for every fault says what may have become of what was sent", async () => {
    const codes: FaultCode[] = ["origin-unreachable", "origin-timeout"];
    for (const code of codes) {
      const html = await make({ kind: "fault", language: "en", fault: { status: 504, code } }).text();
      expect(html).toContain("not known whether it arrived");
    }
  });

  it("waits at least 20 s before it comes back by itself", async () => {
    expect(await make({ kind: "wait", retryAfterS: 3 }).text()).toContain('http-equiv="refresh" content="20"');
  });

  it("never reloads a form that was posted: it says how to send it after all", async () => {
    const html = await make({ kind: "challenge", posted: true, language: "en" }).text();
    expect(html).not.toContain("<script");
    expect(html).toContain("Your browser normally keeps what you typed");
    expect(html).toContain('target="_blank"');
  });

  it("shows no phone where none is configured", () => {
    const html = challengePage({ language: "en", languages: ["en"], supportCode: null, supportPhone: "", seconds: 0 });
    expect(html).not.toMatch(/tel:|Support code|class="other"/);
  });

  it("lets nothing that is put in become markup", () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => !/[<>"']/.test(escapeMarkup(text)) && unescapeMarkup(escapeMarkup(text)) === text,
      ),
    );
  });
});

it("waits are spread by thirty per cent and never nothing", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.double({ min: 0, max: 1, noNaN: true }), (seconds, random) => {
      const waits = jittered(seconds, random);
      return waits >= 1 && waits >= Math.floor(seconds * 0.7) && waits <= Math.ceil(seconds * 1.3);
    }),
  );
});

/** Tags that were opened and not closed, or closed and not opened. */
function openTags(markup: string): string[] {
  const open: string[] = [];
  for (const [, close, name = "", self] of markup.matchAll(/<(\/?)([a-zA-Z][\w:]*)[^>]*?(\/?)>/g)) {
    if (self) continue;
    if (!close) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

function unescapeMarkup(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../src/answer/answer-kinds.ts";
import { escapeMarkup } from "../../src/answer/escape.ts";
import { STYLE_HASH } from "../../src/answer/headers.ts";
import { STYLE } from "../../src/answer/layout.ts";
import type { FaultCode } from "../../src/request/facts.ts";
import { ALL, answerTo, FAULT_CODES, faultOf, NOTICE, SAMPLES, unbalanced } from "./samples.ts";

const html = (...asked: Parameters<typeof answerTo>) => answerTo(...asked).text();
const cases = ALL.flatMap(([name, what]) =>
  (["lv", "en"] as const).flatMap((language) =>
    ["GET", "POST"].map((method) => [name, language, method, what] as const),
  ),
);

describe("a page", () => {
  it.each(cases)("%s in %s after %s", async (_, language, method, what) => {
    const page = await html(what, { language, method });
    const other = language === "lv" ? "en" : "lv";
    expect(page).toContain(`<html lang="${language}">`);
    expect(page.match(/<section class="other" lang="(..)">/g)).toEqual([`<section class="other" lang="${other}">`]);
    for (const once of [/<h1>/g, /<main /g, /<title>/g]) expect(page.match(once)).toHaveLength(1);
    const title = /<title>(.*)<\/title>/.exec(page)?.[1];
    expect(page).toContain(`<h1>${title}</h1>`);
    expect(page).toContain('<span class="code">ABCD-EFGH</span>');
    expect(page).toContain('href="tel:+37167803300"');
    // Nothing left to fill in, nothing from elsewhere, no script but the one.
    expect(page.replace(STYLE, "")).not.toMatch(/[{}]|undefined|null|https?:\/\/| on\w+=| style=/);
    const scripted = (what.kind === "challenge" || what.kind === "wait") && method === "GET";
    expect(page.match(/<script/g) ?? []).toHaveLength(scripted ? 1 : 0);
    expect(unbalanced(page.replace(/<(meta|br)\b[^>]*>|<!doctype html>/g, ""))).toEqual([]);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(what.kind === "challenge" ? 6_000 : 14_000);
  });

  it("shows one language where one is configured, and no phone where there is none", async () => {
    const page = await html({ ...SAMPLES.limit, supportCode: null }, {}, { languages: ["lv"], supportPhone: "" });
    expect(page).not.toMatch(/class="other"|lang="en"|tel:|Ja vajadzīga palīdzība/);
  });

  it("allows itself one style sheet, scripts of its own host, and nothing else", () => {
    expect(STYLE_HASH).toBe(`sha256-${createHash("sha256").update(STYLE).digest("base64")}`);
    expect(answerTo(SAMPLES.challenge).headers.get("Content-Security-Policy")).toBe(
      `default-src 'none'; style-src '${STYLE_HASH}'; script-src 'self'; worker-src 'self'; connect-src 'self'; ` +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
  });

  it("says numbers as people do", async () => {
    const says = async (retryAfterS: number) => html({ ...SAMPLES.closed, retryAfterS });
    expect(await says(1)).toMatch(/pēc 1 sekundes.*in 1 second\./s);
    expect(await says(11)).toMatch(/pēc 11 sekundēm.*in 11 seconds\./s);
    expect(await says(21)).toMatch(/pēc 21 sekundes.*in 21 seconds\./s);
    expect(await says(121)).toMatch(/pēc 3 minūtēm.*in 3 minutes\./s);
    expect(await html({ ...SAMPLES.limit, retryAfterS: 31 })).toContain("Uzgaidiet 31 sekundi un");
  });
});

describe("whoever came back from signing in and was not let through", () => {
  const back = { method: "POST", signInAt: "/login" } as const;
  const WORDS = [
    [/Jūsu pierakstīšanās vēl nav pabeigta/, 'href="/login">Sākt pierakstīšanos vēlreiz</a>'],
    [/Your sign-in is not complete yet/, 'href="/login">Start signing in again</a>'],
  ] as const;

  it.each(["wait", "limit", "closed"] as const)(
    "is led to its start with one click, in both languages: %s",
    async (kind) => {
      const page = await html(SAMPLES[kind], back);
      for (const [words, link] of WORDS) {
        expect(page).toMatch(words);
        expect(page).toContain(link);
      }
      // Reloading would send what the identity provider made for her a moment ago.
      expect(page).not.toMatch(/pārlādējiet|reload/);
    },
  );

  it("is not led there in vain: while only critical routes work, or where it is not welcome", async () => {
    for (const what of [{ ...SAMPLES.closed, page: "static" } as const, SAMPLES.block, faultOf("body-too-large")])
      expect(await html(what, back)).not.toContain('href="/login"');
    expect(await html(SAMPLES.wait, { method: "POST" })).not.toContain('href="/login"');
  });
});

describe("what staff tell", () => {
  it("stands first on closed pages, each language in its part, as text, with its time in Riga", async () => {
    const page = await html({ ...SAMPLES.closed, page: "static", ...NOTICE });
    const [latvian = "", english = ""] = page.split('<section class="other"');
    expect(latvian).toContain("<p>Meklēšana &lt;b&gt;nedarbojas&lt;/b&gt;.</p>\n<p>Zvaniet 113 &amp; gaidiet.</p>");
    expect(english).toContain("<p>Search is &quot;off&quot;.</p>\n<p>Call &lt;113&gt; &amp; wait.</p>");
    expect(latvian).toContain("Pēdējoreiz atjaunināts 26.11.2026. plkst. 13:20");
    expect(english).toContain("Last update: 26.11.2026, 13:20");
    expect(latvian.indexOf("nedarbojas")).toBeLessThan(latvian.indexOf("Kas darbojas"));
    expect(await html({ ...SAMPLES.closed, page: "off", ...NOTICE })).not.toContain("Kas darbojas");
  });
});

describe("the challenge page", () => {
  it.each(["lv", "en"] as const)("in %s has what its script looks for", async (language) => {
    const page = await html(SAMPLES.challenge, { language });
    for (const part of [
      '<main data-shield="challenge">',
      '<p id="shield-status" role="status" aria-live="polite" data-working="',
      '<progress id="shield-progress" max="100"',
      '<section id="shield-failed" class="failed" hidden>',
      '<a id="shield-retry" class="button" href="">',
      '<script src="/.shield/challenge.js" defer></script>',
      "<noscript><p>",
    ])
      expect(page).toContain(part);
    for (const text of ["working", "done", "stay", "failed", "again", "no-cookies", "framed"])
      expect(page).toMatch(new RegExp(`data-${text}="[^"]+"`));
  });

  it("does not reload what was sent: the check is made in another tab", async () => {
    const page = await html(SAMPLES.challenge, { method: "POST" });
    expect(page).toContain('<main data-shield="unsent">');
    expect(page).toContain('<a class="button" href="/.shield/check" target="_blank" rel="noopener">');
  });
});

describe("in a frame", () => {
  const policyOf = (what: Answer, frame: "own" | "foreign") =>
    answerTo(what, { frame }).headers.get("Content-Security-Policy") ?? "";

  it.each(["GET", "POST"])(
    "of another site the challenge to a %s offers a window of its own, and has no script",
    async (method) => {
      const page = await html(SAMPLES.challenge, { frame: "foreign", method });
      expect(page).toContain('<main data-shield="framed">');
      expect(page).toContain(
        `<a class="button" href="${method === "GET" ? "" : "/"}" target="_blank" rel="noopener">Atvērt jaunā logā</a>`,
      );
      expect(page).not.toContain("<script");
      expect(page.includes("nav pieņemts un nav saglabāts")).toBe(method === "POST");
      expect(policyOf(SAMPLES.challenge, "foreign")).not.toMatch(/script-src|frame-ancestors|form-action 'self'/);
    },
  );

  it("of its own site it is solved there", async () => {
    expect(await html(SAMPLES.challenge, { frame: "own" })).toContain('src="/.shield/challenge.js"');
    expect(policyOf(SAMPLES.challenge, "own")).not.toContain("frame-ancestors");
  });
});

describe("the waiting page", () => {
  it.each([
    [3, 20],
    [45, 45],
  ])("told to wait %i s opens again after %i", async (retryAfterS, refreshS) => {
    const page = await html({ ...SAMPLES.wait, retryAfterS }, { language: "en" });
    expect(page).toContain(`<noscript><meta http-equiv="refresh" content="${refreshS}"></noscript>`);
    expect(page).toContain(`data-seconds="${refreshS}"`);
    expect(page).toContain(`in ${refreshS} seconds`);
  });

  it("does not open again by itself where that would lose what was sent", async () => {
    expect(await html(SAMPLES.wait, { method: "POST" })).not.toMatch(/http-equiv="refresh"|pati mēģinās/);
  });
});

const { fault: unreachable } = SAMPLES;

describe("whoever sent something", () => {
  const held = /has not been passed on yet/;
  const refused = /was not accepted and not kept/;
  const uncertain = /not certain whether it was received/;
  const itself: Readonly<Record<string, RegExp>> = {
    "already-sent": /was already sent at 13:20/,
    "form-expired": /kept what you entered for a limited time/,
    "form-foreign": /kept for another address/,
  };
  const told: readonly (readonly [name: string, what: Answer, fate: RegExp])[] = [
    ["limit", SAMPLES.limit, held],
    ["wait", SAMPLES.wait, held],
    ["closed", SAMPLES.closed, held],
    ["closed, perhaps received", { ...SAMPLES.closed, received: "unknown" }, uncertain],
    ["challenge", SAMPLES.challenge, held],
    ["block", SAMPLES.block, refused],
    ["unreachable, certainly not received", { ...unreachable, fault: { ...unreachable.fault, received: "no" } }, held],
    ...FAULT_CODES.filter((code) => !(code in itself)).map((code) => {
      const reached = code.startsWith("origin-") || code === "internal";
      return [code, faultOf(code), reached ? uncertain : refused] as const;
    }),
  ];
  it.each(told)("%s is told the truth about it, and nobody else is", async (_, what, expected) => {
    const sent = await html(what, { language: "en", method: "POST" });
    expect([held, refused, uncertain].filter((fate) => fate.test(sent))).toEqual([expected]);
    const asked = await html(what, { language: "en" });
    expect([held, refused, uncertain].filter((fate) => fate.test(asked))).toEqual([]);
  });

  it.each(Object.entries(itself))("%s is a page about just that", async (code, about) => {
    const sentAtMs = Date.UTC(2026, 0, 1, 11, 20); // winter: two hours behind Riga
    const fault = { status: 400, code: code as FaultCode, sentAtMs } as const;
    const sent = await html({ kind: "fault", supportCode: null, fault }, { language: "en", method: "POST" });
    expect(sent).toMatch(about);
    expect([held, refused, uncertain].filter((fate) => fate.test(sent))).toEqual([]);
  });
});

describe("text that is put in", () => {
  const text = fc.string({ unit: "binary" });
  it("never becomes markup, and reads the same", () => {
    fc.assert(
      fc.property(text, (given) => {
        const escaped = escapeMarkup(given);
        return (
          !/[<>"']/.test(escaped) && !/&(?!amp;|lt;|gt;|quot;|#39;)/.test(escaped) && read(escaped) === writable(given)
        );
      }),
    );
  });

  it("never leaves its place on a page or in a message", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        const plain = await html(SAMPLES.block, {}, { supportPhone: "1" });
        const page = await html(SAMPLES.block, {}, { supportPhone: `1${given}` });
        expect(page.match(/</g)?.length).toBe(plain.match(/</g)?.length);
      }),
      { numRuns: 50 },
    );
  });
});

function read(escaped: string): string {
  const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return escaped.replace(/&([^;]+);/g, (_, name: string) => characters[name] ?? "");
}

/** What XML 1.0 can say of it. */
function writable(given: string): string {
  return given.toWellFormed().replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, "\uFFFD");
}

/** Pages that carry back what was posted. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answer } from "../../src/answer/answer.ts";
import type { Answer, Recipient } from "../../src/answer/answer-kinds.ts";
import { backPage } from "../../src/answer/back-page.ts";
import { toBase64url } from "../../src/bytes.ts";
import type { Carried } from "../../src/resend/carried.ts";
import { bundleBrowserScripts } from "../../src/tools/build.ts";
import { SAMPLES, SERVICE, unbalanced } from "./samples.ts";

const CARRYING: readonly (readonly [name: string, what: Answer])[] = [
  ["challenge", SAMPLES.challenge],
  ["limit", SAMPLES.limit],
  ["wait", SAMPLES.wait],
  ["closed", SAMPLES.closed],
  ["closed, static only", { ...SAMPLES.closed, page: "static" }],
  ["unreachable", { ...SAMPLES.fault, fault: { ...SAMPLES.fault.fault, received: "no" } }],
];
const CONTENTS = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 31) & 255);

function carriedOf(action = "https://portal.example.lv/a?b=1&c=2"): Carried & { doneTimes: number } {
  const carried = {
    action,
    deadline: "dead-line",
    contents: CONTENTS,
    doneTimes: 0,
    done: () => void carried.doneTimes++,
  };
  return carried;
}

function carrying(what: Answer, carried: Carried, language: Recipient["language"] = "lv"): Response {
  const to = {
    format: "html",
    language,
    method: "POST",
    frame: "none",
    carries: true,
    signInAt: null,
    corsOrigin: null,
  } as const;
  return answer(what, to, SERVICE, carried);
}

describe.each(CARRYING)("%s", (name, what) => {
  it.each(["lv", "en"] as const)("in %s holds the form whole, once, and says so", async (language) => {
    const carried = carriedOf();
    const page = await carrying(what, carried, language).text();
    expect(/ name="shield-form" value="([\w-]+)"/.exec(page)?.[1]).toBe(toBase64url(CONTENTS));
    expect(page).toContain(' name="shield-until" value="dead-line"');
    expect(page).toContain(
      'method="post" enctype="text/plain" autocomplete="off" action="https://portal.example.lv/a?b=1&amp;c=2"',
    );
    expect(page.match(/<form /g)).toHaveLength(1);
    expect(page.match(/<button>/g)).toHaveLength(1);
    expect(page.match(/What you sent has not been passed on yet. It is kept on this page/g)).toHaveLength(1);
    expect(page.match(/vēl nav nodots tālāk. Tas ir saglabāts šajā lapā/g)).toHaveLength(1);
    expect(page.includes("<progress")).toBe(name === "challenge");
    // Another reload, or a refresh, would throw it away.
    const shown = page.replace(/<noscript>.*?<\/noscript>/g, "");
    expect(shown).not.toMatch(/http-equiv="refresh"|reload th|pārlādējiet/);
    expect(page).not.toContain("\u0001");
    expect(unbalanced(page.replace(/<(meta|br|input)\b[^>]*>|<!doctype html>/g, ""))).toEqual([]);
    expect(carried.doneTimes).toBe(1);
  });

  it("is below 14 kB with its script, besides the form", async () => {
    const page = await carrying(what, { ...carriedOf(), contents: new Uint8Array(0) }).text();
    const { challenge, solver } = await bundleBrowserScripts();
    expect(gzipSync(page).length + gzipSync(challenge).length + gzipSync(solver).length).toBeLessThan(14_000);
  });
});

it("shows nobody what another one sent", async () => {
  const other = { ...carriedOf("https://portal.example.lv/other"), deadline: "hers", contents: new Uint8Array([1]) };
  await carrying(SAMPLES.wait, other).text();
  const page = await carrying(SAMPLES.wait, carriedOf()).text();
  expect(page).not.toMatch(/hers|portal\.example\.lv\/other/);
});

it("puts no address into the page that could become markup", async () => {
  const page = await carrying(SAMPLES.wait, carriedOf(`https://portal.example.lv//'"><script>`)).text();
  expect(page).toContain('action="https://portal.example.lv//&#39;&quot;&gt;&lt;script&gt;"');
});

it("lets what was posted lead on to another host, as browsers hold redirects to form-action as well", () => {
  const policy = carrying(SAMPLES.wait, carriedOf()).headers.get("Content-Security-Policy");
  expect(policy).not.toContain("form-action");
  expect(policy).toContain("frame-ancestors 'none'");
});

it("gives its room back when nobody takes it", async () => {
  const carried = carriedOf();
  await carrying(SAMPLES.wait, carried).body?.cancel();
  expect(carried.doneTimes).toBe(1);
});

it.each(["lv", "en"] as const)("what Back meets in %s passes people on and is never kept", async (language) => {
  const response = backPage(language);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  const page = await response.text();
  expect(page).toContain('<main data-shield="back">');
  expect(page).toContain('<script src="/.shield/challenge.js" defer></script>');
  expect(unbalanced(page.replace(/<(meta|br)\b[^>]*>|<!doctype html>/g, ""))).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { ALL, answerTo, FAULT_CODES, faultOf, MACHINE_FORMATS, NOTICE, SAMPLES, unbalanced } from "./samples.ts";

const cases = ALL.flatMap(([name, what]) => MACHINE_FORMATS.map((format) => [name, format, what] as const));

describe("software", () => {
  it.each(cases)("%s in %s is never HTML nor a redirect", async (_, format, what) => {
    for (const language of ["lv", "en"] as const)
      for (const method of ["GET", "POST"]) {
        const response = answerTo(what, { format, language, method });
        expect(response.headers.get("Content-Type")).not.toContain("html");
        expect(response.headers.has("Location")).toBe(false);
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(await response.text()).not.toMatch(/<!doctype|<(html|body|script|meta|p)\b/i);
      }
  });

  it.each(cases)("%s in %s is well-formed", async (_, format, what) => {
    const text = await answerTo(what, { format }).text();
    if (format === "problem" || format === "fhir") expect(JSON.parse(text)).toBeTypeOf("object");
    else {
      expect(text.startsWith('<?xml version="1.0" encoding="utf-8"?><soap:Envelope ')).toBe(true);
      expect(unbalanced(text)).toEqual([]);
      expect(text).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
    }
  });

  it("gets problem details", async () => {
    const response = answerTo(SAMPLES.limit, { format: "problem", language: "en" });
    expect(await response.json()).toEqual({
      type: "urn:vairogs:problem:limit",
      title: "Too many requests.",
      status: 429,
      detail: "Too many requests. Try again in 12 seconds. Support code: ABCD-EFGH.",
      retry_after: 12,
      support_id: "ABCD-EFGH",
    });
  });

  const off = { ...SAMPLES.closed, page: "off", ...NOTICE } as const;
  it.each([
    [
      "lv",
      "Šī iespēja uz laiku ir izslēgta. Meklēšana <b>nedarbojas</b>. Zvaniet 113 & gaidiet. Mēģiniet vēlreiz pēc 12 sekundēm. Atbalsta kods: ABCD-EFGH.",
    ],
    [
      "en",
      'This function is switched off for the time being. Search is "off". Call <113> & wait. Try again in 12 seconds. Support code: ABCD-EFGH.',
    ],
  ] as const)("is told why something is switched off, in its language: %s", async (language, detail) => {
    const told = (format: (typeof MACHINE_FORMATS)[number]) => answerTo(off, { format, language });
    expect(await told("problem").json()).toMatchObject({ status: 503, detail });
    expect(await told("fhir").json()).toMatchObject({ issue: [{ code: "transient", diagnostics: detail }] });
    const escaped = detail
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;");
    expect(await told("soap11").text()).toContain(`<faultstring xml:lang="${language}">${escaped}</faultstring>`);
    expect(await told("soap12").text()).toContain(`<soap:Text xml:lang="${language}">${escaped}</soap:Text>`);
  });
  it("is told what staff say while pages are closed, as a sentence of its own", async () => {
    const notice = { lv: "Strādājam", en: "We are at work" };
    const closed = answerTo({ ...SAMPLES.closed, notice }, { format: "problem", language: "en" });
    expect(await closed.json()).toMatchObject({
      detail:
        "The service is not available for the time being. We are at work. Try again in 12 seconds. Support code: ABCD-EFGH.",
    });
  });

  it("is told where the puzzle is", async () => {
    const response = answerTo(SAMPLES.challenge, { format: "problem" });
    expect(await response.json()).toMatchObject({
      status: 403,
      puzzle: "/.shield/puzzle",
      redeem: "/.shield/redeem",
      client: "/.shield/client.js",
    });
  });

  it.each([
    ["limit", "Server", "Receiver"],
    ["wait", "Server", "Receiver"],
    ["closed", "Server", "Receiver"],
    ["fault", "Server", "Receiver"],
    ["block", "Client", "Sender"],
    ["challenge", "Client", "Sender"],
  ] as const)("learns whose fault %s is", async (kind, soap11, soap12) => {
    expect(await answerTo(SAMPLES[kind], { format: "soap11" }).text()).toContain(`<faultcode>soap:${soap11}</`);
    expect(await answerTo(SAMPLES[kind], { format: "soap12" }).text()).toContain(`<soap:Value>soap:${soap12}</`);
  });

  it.each([
    ["challenge", "security"],
    ["limit", "throttled"],
    ["block", "forbidden"],
    ["wait", "transient"],
    ["closed", "transient"],
    ["fault", "transient"],
  ] as const)("gets an OperationOutcome for %s with code %s", async (kind, code) => {
    const outcome = await answerTo(SAMPLES[kind], { format: "fhir", language: "en" }).json();
    expect(outcome).toMatchObject({
      resourceType: "OperationOutcome",
      language: "en",
      issue: [{ severity: "error", code }],
    });
  });

  it.each(FAULT_CODES)("that posted is told by %s that it may have been received only where it may", async (code) => {
    const uncertain = /not known whether/;
    const may = ["origin-unreachable", "origin-timeout", "internal"].includes(code);
    for (const format of MACHINE_FORMATS) {
      const posted = await answerTo(faultOf(code), { format, language: "en", method: "POST" }).text();
      expect(uncertain.test(posted)).toBe(may);
      expect(await answerTo(faultOf(code), { format, language: "en" }).text()).not.toMatch(uncertain);
    }
  });
});

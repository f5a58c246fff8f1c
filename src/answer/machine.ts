/**
 * Answers for software, in its own media type: problem details (RFC 9457), SOAP 1.1 and 1.2 faults (W3C), FHIR
 * OperationOutcome (HL7 FHIR R4). Never HTML, never a redirect.
 */
import type { AnswerFormat, FaultCode } from "../request/facts.ts";
import { type Answer, type AnswerKind, fateOf, type Recipient, sends, statusOf } from "./answer-kinds.ts";
import { escapeMarkup } from "./escape.ts";
import { type Language, say, TEXTS, type Texts } from "./texts.ts";

export type MachineFormat = Exclude<AnswerFormat, "html" | "none">;

/** What every format says in its own way. */
interface Message {
  readonly kind: AnswerKind;
  readonly code: Exclude<AnswerKind, "fault"> | FaultCode;
  readonly status: number;
  readonly language: Language;
  readonly title: string;
  readonly detail: string;
  /** Seconds, null where coming back later does not help. */
  readonly retryAfterS: number | null;
  readonly supportCode: string | null;
}

export function machineBody(format: MachineFormat, what: Answer, to: Recipient): string {
  const message = messageOf(what, to);
  switch (format) {
    case "problem":
      return problem(message);
    case "soap11":
      return soap11(message);
    case "soap12":
      return soap12(message);
    case "fhir":
      return fhir(message);
  }
}

function messageOf(what: Answer, { language, method }: Recipient): Message {
  const texts = TEXTS[language];
  const retryAfterS = "retryAfterS" in what ? what.retryAfterS : null;
  const code = what.kind === "fault" ? what.fault.code : what.kind;
  const title = titleOf(what, texts);
  const sentences = [
    title,
    what.kind === "closed" && what.notice ? inOneLine(what.notice[language]) : "",
    sends(method) && fateOf(what) === "uncertain" ? texts.machine.uncertain : "",
    retryAfterS === null ? "" : say(texts, texts.machine.retry, retryAfterS),
    what.supportCode === null ? "" : `${texts.help.code}: ${what.supportCode}.`,
  ];
  return {
    kind: what.kind,
    code,
    status: statusOf(what),
    language,
    title,
    detail: sentences.filter((sentence) => sentence !== "").join(" "),
    retryAfterS,
    supportCode: what.supportCode,
  };
}

function titleOf(what: Answer, { pages, faults, machine }: Texts): string {
  if (what.kind === "fault") return `${faults[what.fault.code].title}.`;
  return what.kind === "closed" && what.page === "off" ? `${pages.off.title}.` : machine.titles[what.kind];
}

/** What staff tell people, for whoever reads a program's log: other sentences follow. */
function inOneLine(notice: string): string {
  const line = notice.replace(/\s+/g, " ").trim();
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

/**
 * How a script takes the challenge. POST `{}` to `puzzle`: 200 with a puzzle, or 204 when the browser needs none any more. POST
 * `{"challenge", "answers"}` to `redeem`: 204 with a cookie. Then send the request again. `client` is a script that does it all.
 */
const CHALLENGE = { puzzle: "/.shield/puzzle", redeem: "/.shield/redeem", client: "/.shield/client.js" } as const;

function problem({ kind, code, status, title, detail, retryAfterS, supportCode }: Message): string {
  return JSON.stringify({
    type: `urn:vairogs:problem:${code}`,
    title,
    status,
    detail,
    ...(retryAfterS === null ? {} : { retry_after: retryAfterS }),
    ...(supportCode === null ? {} : { support_id: supportCode }),
    ...(kind === "challenge" ? CHALLENGE : {}),
  });
}

/** SOAP 1.1 section 4.4: four children without namespace, in this order. */
function soap11(message: Message): string {
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:${isSendersFault(message) ? "Client" : "Server"}</faultcode><faultstring xml:lang="${message.language}">${escapeMarkup(message.detail)}</faultstring><detail>${xmlDetail(message)}</detail></soap:Fault></soap:Body></soap:Envelope>`;
}

/** SOAP 1.2 part 1, section 5.4. */
function soap12(message: Message): string {
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><soap:Fault><soap:Code><soap:Value>soap:${isSendersFault(message) ? "Sender" : "Receiver"}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="${message.language}">${escapeMarkup(message.detail)}</soap:Text></soap:Reason><soap:Detail>${xmlDetail(message)}</soap:Detail></soap:Fault></soap:Body></soap:Envelope>`;
}

/** Too many requests are no sender's fault in SOAP's sense: the same message may be sent again. */
function isSendersFault({ status }: Message): boolean {
  return status < 500 && status !== 429;
}

function xmlDetail({ code, retryAfterS, supportCode }: Message): string {
  const fields = [
    `<s:code>${escapeMarkup(code)}</s:code>`,
    retryAfterS === null ? "" : `<s:retryAfter>${retryAfterS}</s:retryAfter>`,
    supportCode === null ? "" : `<s:supportId>${escapeMarkup(supportCode)}</s:supportId>`,
  ];
  return `<s:shield xmlns:s="urn:vairogs:problem">${fields.join("")}</s:shield>`;
}

/** From http://hl7.org/fhir/R4/valueset-issue-type.html. `throttled`, `transient` and `timeout` may be tried again. */
const FHIR_CODES: Readonly<Record<Message["code"], string>> = {
  challenge: "security",
  limit: "throttled",
  block: "forbidden",
  wait: "transient",
  closed: "transient",
  "url-too-long": "too-long",
  "cookie-too-long": "too-long",
  "too-many-headers": "too-long",
  "malformed-path": "invalid",
  "unknown-host": "not-found",
  "clock-skew": "login",
  "body-too-large": "too-long",
  "origin-unreachable": "transient",
  "origin-timeout": "timeout",
  "already-sent": "duplicate",
  "form-expired": "expired",
  "form-foreign": "forbidden",
  internal: "exception",
};

function fhir({ code, language, title, detail }: Message): string {
  return JSON.stringify({
    resourceType: "OperationOutcome",
    language,
    issue: [{ severity: "error", code: FHIR_CODES[code], details: { text: title }, diagnostics: detail }],
  });
}

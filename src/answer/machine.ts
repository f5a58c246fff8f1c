/**
 * Answers for software, in its own media type: problem details (RFC 9457), SOAP 1.1 and 1.2 faults (W3C), FHIR
 * OperationOutcome (HL7 FHIR R4, http-equiv codes of the issue-type value set). Never HTML, never a redirect.
 */
import type { AnswerFormat, Fault } from "../request/facts.ts";
import type { AnswerKind } from "./answer.ts";
import { escapeMarkup } from "./pages.ts";
import { FAULTS, PAGES } from "./texts.ts";

export type MachineFormat = Exclude<AnswerFormat, "html" | "none">;

export const MEDIA_TYPES: Record<MachineFormat, string> = {
  problem: "application/problem+json",
  soap11: "text/xml; charset=utf-8",
  soap12: "application/soap+xml; charset=utf-8",
  fhir: "application/fhir+json",
};

export interface MachineSlots {
  readonly status: number;
  readonly supportCode: string | null;
  readonly retryAfterS: number | null;
  readonly fault: Fault | null;
}

/** FHIR issue type for each kind: `throttled` and `transient` are what clients may repeat. */
const FHIR_CODES: Record<AnswerKind, string> = {
  challenge: "login",
  limit: "throttled",
  block: "forbidden",
  wait: "transient",
  closed: "transient",
  fault: "exception",
};

export function machineBody(format: MachineFormat, kind: AnswerKind, slots: MachineSlots): string {
  const code = slots.fault?.code ?? kind;
  const title = kind === "fault" ? FAULTS.en[slots.fault?.code ?? "internal"].title : PAGES.en[kind].title;
  const detail = sentence(slots, title);
  switch (format) {
    case "problem":
      return JSON.stringify({
        type: `urn:vairogs:${code}`,
        title,
        status: slots.status,
        detail,
        ...(slots.retryAfterS === null ? {} : { retry_after: slots.retryAfterS }),
        ...(slots.supportCode === null ? {} : { support_code: slots.supportCode }),
        ...(kind === "challenge" ? { challenge: "/.shield/puzzle" } : {}),
      });
    case "soap11":
      return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:${party(slots.status, "Client", "Server")}</faultcode><faultstring>${escapeMarkup(detail)}</faultstring><detail>${xmlDetail(code, slots)}</detail></soap:Fault></soap:Body></soap:Envelope>`;
    case "soap12":
      return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body><soap:Fault><soap:Code><soap:Value>soap:${party(slots.status, "Sender", "Receiver")}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">${escapeMarkup(detail)}</soap:Text></soap:Reason><soap:Detail>${xmlDetail(code, slots)}</soap:Detail></soap:Fault></soap:Body></soap:Envelope>`;
    case "fhir":
      return JSON.stringify({
        resourceType: "OperationOutcome",
        issue: [{ severity: "error", code: FHIR_CODES[kind], details: { text: title }, diagnostics: detail }],
      });
  }
}

function sentence({ retryAfterS, supportCode }: MachineSlots, title: string): string {
  const when = retryAfterS === null ? "" : ` Try again in ${retryAfterS} seconds.`;
  return `${title}.${when}${supportCode === null ? "" : ` Support code ${supportCode}.`}`;
}

/** Who is to blame: too many requests are not the client's mistake in SOAP's sense, it may send them again. */
function party(status: number, client: string, server: string): string {
  return status < 500 && status !== 429 ? client : server;
}

function xmlDetail(code: string, { retryAfterS, supportCode }: MachineSlots): string {
  const fields = [
    `<s:code>${escapeMarkup(code)}</s:code>`,
    retryAfterS === null ? "" : `<s:retryAfter>${retryAfterS}</s:retryAfter>`,
    supportCode === null ? "" : `<s:supportCode>${escapeMarkup(supportCode)}</s:supportCode>`,
  ];
  return `<s:shield xmlns:s="urn:vairogs">${fields.join("")}</s:shield>`;
}

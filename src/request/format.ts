/** In which media type and language our own answers reach this client. */
import type { AnswerFormat, Asker } from "./facts.ts";

export interface FormatClues {
  readonly method: string;
  readonly asker: Asker;
  /** Header values, "" when absent. */
  readonly accept: string;
  readonly contentType: string;
  /** Whether there is a SOAPAction header: SOAP 1.1 section 6.1.1 requires it, also when it is empty. */
  readonly soapAction: boolean;
}

/** Whoever can read no body: it would cost us bytes, and a picture that is a page is broken all the same. */
const NOTHING_TO_READ: ReadonlySet<Asker> = new Set(["subresource", "prefetch", "preflight", "websocket"]);

/** People get pages; a program never gets HTML, whatever it says that it accepts. */
export function formatFor({ method, asker, accept, contentType, soapAction }: FormatClues): AnswerFormat {
  if (method === "HEAD" || NOTHING_TO_READ.has(asker)) return "none";
  if (asker === "navigation" || asker === "frame") return "html";
  const type = carriesContent(method) ? contentType.toLowerCase() : "";
  // SOAP 1.2 (RFC 3902), also as the root of an MTOM message.
  if (type.includes("application/soap+xml")) return "soap12";
  if (soapAction || type.startsWith("text/xml")) return "soap11";
  return namesFhir(type) || namesFhir(accept.toLowerCase()) ? "fhir" : "problem";
}

/** Whether Content-Type has anything to describe: a GET has no content (RFC 9110 section 9.3.1). */
export function carriesContent(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** HL7 FHIR R4, section 3.1.0.1.11. Who asked for XML gets JSON too: still an OperationOutcome. */
function namesFhir(mediaTypes: string): boolean {
  return mediaTypes.includes("fhir+json") || mediaTypes.includes("fhir+xml");
}

/** RFC 9110 section 12.5.4. Latvian, unless English is named with more weight than Latvian. */
export function languageFor(acceptLanguage: string): "lv" | "en" {
  if (acceptLanguage === "") return "lv";
  let latvian = 0;
  let english = 0;
  for (const item of acceptLanguage.toLowerCase().split(",")) {
    const [range = "", ...parameters] = item.split(";");
    const tag = range.trim();
    const weight = weightOf(parameters);
    if (tag === "lv" || tag.startsWith("lv-")) latvian = Math.max(latvian, weight);
    else if (tag === "en" || tag.startsWith("en-")) english = Math.max(english, weight);
  }
  return english > latvian ? "en" : "lv";
}

/** The q parameter, 0 to 1; what is no weight counts as 0. */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim() !== "q") continue;
    const weight = Number(value.trim());
    return weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

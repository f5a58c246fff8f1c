/** In which media type this client reads our answers. */
import type { AnswerFormat, Asker } from "./facts.ts";

/** Machines never get HTML; who can show nothing gets no body. */
export function formatOf(
  asker: Asker,
  method: string,
  accept: string,
  contentType: string,
  soapAction: boolean,
): AnswerFormat {
  if (method === "HEAD" || asker === "subresource" || asker === "websocket" || asker === "preflight") return "none";
  if (contentType.startsWith("application/soap+xml") || accept.startsWith("application/soap+xml")) return "soap12";
  if (soapAction || (method === "POST" && asker === "program" && contentType.startsWith("text/xml"))) return "soap11";
  if (contentType.includes("fhir+json") || accept.includes("fhir+json")) return "fhir";
  return asker === "navigation" || asker === "frame" ? "html" : "problem";
}

/** Latvian, unless English is asked for before it. */
export function languageOf(acceptLanguage: string): "lv" | "en" {
  for (const part of acceptLanguage.slice(0, 200).toLowerCase().split(",", 16)) {
    const tag = part.trim().slice(0, 2);
    if (tag === "lv") return "lv";
    if (tag === "en") return "en";
  }
  return "lv";
}

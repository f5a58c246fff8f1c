/**
 * `/.shield/echo`: for those who connect a system. Shows what the shield knows about it: lane, principal, why a proof was
 * refused, clock skew, expiry of the certificate. With `?rehearse=429` or `?rehearse=503` it answers as it would in an attack,
 * so that a vendor can try that before one. In the client's own media type, never HTML to software, and nothing of it
 * reaches the origin.
 */
import { escapeMarkup } from "../answer/escape.ts";
import type { Identity } from "../identity/identity.ts";
import { type Finding, findings } from "../integrate/findings.ts";
import { REASONS } from "../policy/reasons.ts";
import type { Facts } from "../request/facts.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

const REHEARSAL_RETRY_S = { limit: 5, wait: 20 } as const;

export const echoRoutes: readonly OwnRoute[] = [
  { method: "GET", path: "/.shield/echo", handle: echo },
  // SOAP knows nothing but POST. A body is not read.
  { method: "POST", path: "/.shield/echo", handle: echo },
];

async function echo(asked: OwnRequest): Promise<Response> {
  const { facts, now } = asked;
  const identity = await asked.prove();
  const query = new URLSearchParams(facts.target.split("?", 2)[1] ?? "");
  const rehearsed = query.get("rehearse");
  if (rehearsed === "429" || rehearsed === "503") return rehearse(rehearsed, identity, asked);
  const shown = findings(facts, identity, Number(query.get("time")) * 1000 || null, now);
  const headers = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Shield-Time": String(Math.floor(now / 1000)),
  };
  if (facts.method === "HEAD") return new Response(null, { headers });
  const { type, body } = written(shown, facts);
  return new Response(body, { headers: { ...headers, "Content-Type": type } });
}

/** The very answer of an attack, but for one header that says what it is. */
async function rehearse(status: "429" | "503", identity: Identity, asked: OwnRequest): Promise<Response> {
  const { respond, isolate } = asked;
  const { lane, principal, facility } = identity;
  const whose = principal !== null ? "principal" : facility !== null ? "facility" : "address";
  const own = isolate.policy.budgets.find(
    ({ per, lanes, routes }) => per === whose && routes === null && (lanes?.has(lane) ?? true),
  );
  const response = respond.verdict(
    status === "429"
      ? { kind: "limit", retryAfterS: REHEARSAL_RETRY_S.limit, budget: own ?? null }
      : { kind: "wait", retryAfterS: REHEARSAL_RETRY_S.wait },
    REASONS.rehearsal,
    lane,
    "normal",
  );
  const told = new Response(response.body, response);
  told.headers.set("Shield-Rehearsal", status);
  return told;
}

function written(shown: readonly Finding[], { format }: Facts): { readonly type: string; readonly body: string } {
  switch (format) {
    case "soap11":
      return {
        type: "text/xml; charset=utf-8",
        body: soap(shown, "http://schemas.xmlsoap.org/soap/envelope/"),
      };
    case "soap12":
      return {
        type: "application/soap+xml; charset=utf-8",
        body: soap(shown, "http://www.w3.org/2003/05/soap-envelope"),
      };
    case "fhir":
      return { type: "application/fhir+json", body: parameters(shown) };
    case "html":
    case "problem":
    case "none":
      return { type: "application/json", body: `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n` };
  }
  return format satisfies never;
}

function soap(shown: readonly Finding[], namespace: string): string {
  const fields = shown.flatMap(([name, value]) =>
    value === null ? [] : [`<s:${name}>${escapeMarkup(String(value))}</s:${name}>`],
  );
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${namespace}"><soap:Body><s:echo xmlns:s="urn:vairogs:echo">${fields.join("")}</s:echo></soap:Body></soap:Envelope>`;
}

/** https://hl7.org/fhir/R4/parameters.html */
function parameters(shown: readonly Finding[]): string {
  const parameter = shown.flatMap(([name, value]) => {
    if (value === null) return [];
    return [typeof value === "number" ? { name, valueInteger: value } : { name, valueString: value }];
  });
  return JSON.stringify({ resourceType: "Parameters", parameter });
}

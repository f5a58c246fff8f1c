/**
 * `glance`: the little of a request on which the answer to a refused program depends. A flood is answered by it, so it reads
 * as little as it can: each header costs what all the rest of a refusal does. Null for whoever deserves the whole way:
 * people, who need a page and may be asked to work instead, whoever presents anything by which she could be known, scripts
 * of other sites, and our own paths.
 *
 * Where it is not null, `identify` finds the same: test/request/glance.test.ts.
 */
import { askerOf, type HeaderReader } from "./asker.ts";
import { mayHoldOwnCookie } from "./cookies.ts";
import { bringsCredentials } from "./credentials.ts";
import type { AnswerFormat } from "./facts.ts";
import { carriesContent, formatFor, languageFor } from "./format.ts";
import type { IncomingRequest } from "./identify.ts";
import { HEADER_MAX_CHARACTERS, LANGUAGE_MAX_CHARACTERS } from "./limits.ts";

export interface Glance {
  readonly method: string;
  readonly format: AnswerFormat;
  readonly language: "lv" | "en";
}

const OWN_PATHS = "/.shield/";

/** The part of a Request that is read: header by header, as few are. */
type Glanced = Omit<IncomingRequest, "headers" | "body"> & { readonly headers: HeaderReader };

/** @param certificateHosts hosts on which a certificate proves something, in lower case */
export function glance(request: Glanced, certificateHosts: readonly string[]): Glance | null {
  const { method, url, headers } = request;
  if (mayHoldOwnCookie(headers.get("cookie")) || url.includes(OWN_PATHS)) return null;
  if (bringsCredentials(headers)) return null;
  // `cf` is parsed when it is first touched, which costs a quarter of the whole answer.
  if (isOf(url, certificateHosts) && presentsCertificate(request.cf)) return null;
  const languages = headers.get("accept-language");
  const accept = headers.get("accept")?.slice(0, HEADER_MAX_CHARACTERS) ?? "";
  // Every browser says which languages it reads, with whatever it asks for. Who says none needs no further look.
  if (languages !== null || method === "OPTIONS") {
    if (headers.get("origin") !== null) return null;
    if (askerOf(method, headers.get("upgrade") ?? "", accept, headers) !== "program") return null;
  }
  const sends = carriesContent(method);
  const contentType = sends ? (headers.get("content-type")?.slice(0, HEADER_MAX_CHARACTERS) ?? "") : "";
  const soapAction = method === "POST" && headers.get("soapaction") !== null;
  return {
    method,
    format: formatFor({ method, asker: "program", accept, contentType, soapAction }),
    language: languages === null ? "lv" : languageFor(languages.slice(0, LANGUAGE_MAX_CHARACTERS)),
  };
}

function isOf(url: string, hosts: readonly string[]): boolean {
  const authority = url.slice(0, url.indexOf("/", "https://".length)).toLowerCase();
  return hosts.some((host) => authority.includes(host));
}

/** From the TLS handshake: no header can say it. */
function presentsCertificate(cf: unknown): boolean {
  const { tlsClientAuth } = (cf ?? {}) as { readonly tlsClientAuth?: { readonly certPresented?: unknown } | null };
  return tlsClientAuth?.certPresented === "1";
}

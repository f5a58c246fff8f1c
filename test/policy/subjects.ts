/** Facts and identities for tests, ordinary unless told otherwise. */
import type { Identity } from "../../src/identity/identity.ts";
import { parseAddress } from "../../src/request/address.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import type { Facts } from "../../src/request/facts.ts";

export function facts(different: Partial<Facts> & { readonly pathname?: string } = {}): Facts {
  const { pathname = "/", ...rest } = different;
  return {
    method: "GET",
    url: `https://portal.example.lv${pathname}`,
    host: "portal.example.lv",
    authority: "https://portal.example.lv",
    target: pathname,
    path: { raw: pathname, canonical: pathname.toLowerCase(), plain: true },
    address: parseAddress("198.51.100.7"),
    network: { colo: "RIX", asn: 64500, country: "LV", worker: "" },
    asker: "navigation",
    format: "html",
    language: "lv",
    site: "none",
    cookies: NO_COOKIES,
    certificate: null,
    credentials: { authorization: "", serviceKey: "" },
    headers: { userAgent: "Mozilla/5.0", accept: "text/html", contentType: "", origin: "", referer: "" },
    withheld: [],
    bodyBytes: null,
    hasBody: false,
    ...rest,
  };
}

export function identity(different: Partial<Identity> = {}): Identity {
  return {
    lane: "unknown",
    principal: null,
    clearance: null,
    clearanceShare: 1,
    renewal: null,
    visit: null,
    transaction: null,
    knownDevice: false,
    device: null,
    facility: null,
    lapsed: null,
    evidence: "none",
    proof: null,
    refusal: null,
    ...different,
  };
}

export const doctor = identity({ lane: "clinician", principal: "d0c", evidence: "pass" });

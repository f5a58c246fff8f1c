/** Our own cookies in a Cookie header (RFC 6265 section 4.2), found and removed without taking all the others apart. */
import { OWN_COOKIE_MAX_CHARACTERS } from "./limits.ts";

/** What the names of all our cookies begin with. */
const OWN_PREFIX = "__Host-shield-";
/** Ours by what follows the prefix. */
const NAMES = ["clearance", "pass", "place", "signin", "visit"] as const;

/** Values of our own cookies, "" where absent; unverified. */
export type OwnCookies = { readonly [name in (typeof NAMES)[number]]: string };

export const NO_COOKIES: OwnCookies = { clearance: "", pass: "", place: "", signin: "", visit: "" };

/** Whether there may be a cookie of ours at all. */
export function mayHoldOwnCookie(header: string | null): header is string {
  return header?.includes(OWN_PREFIX) ?? false;
}

export function ownCookies(header: string | null): OwnCookies {
  if (!mayHoldOwnCookie(header)) return NO_COOKIES;
  const cookies = { ...NO_COOKIES };
  for (const name of NAMES) cookies[name] = cookieValue(header, `${OWN_PREFIX}${name}=`);
  return cookies;
}

/**
 * The value of the first cookie of that name; "" when absent or longer than ours ever are. A later one of the same name
 * counts for nothing: a browser sends a `__Host-` cookie once.
 */
function cookieValue(header: string, nameAndEquals: string): string {
  let at = header.indexOf(nameAndEquals);
  while (at >= 0 && !beginsPair(header, at)) at = header.indexOf(nameAndEquals, at + nameAndEquals.length);
  if (at < 0) return "";
  const from = at + nameAndEquals.length;
  const semicolon = header.indexOf(";", from);
  const value = header.slice(from, semicolon < 0 ? header.length : semicolon).trim();
  return value.length > OWN_COOKIE_MAX_CHARACTERS ? "" : value;
}

/** Only `;` separates pairs. A comma does not, or the value of another cookie could bring in one of ours. */
function beginsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (header[before] === " " || header[before] === "\t")) before--;
  return before < 0 || header[before] === ";";
}

/** The header without any cookie of ours, all others byte for byte as they were; null when none is left. */
export function withoutOwnCookies(header: string): string | null {
  if (!header.includes(OWN_PREFIX)) return header;
  const others = header.split(";").filter((pair) => !pair.trimStart().startsWith(OWN_PREFIX));
  const rest = others.join(";").trimStart();
  return rest === "" ? null : rest;
}

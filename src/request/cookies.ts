/** Our own cookies in a Cookie header (RFC 6265 section 4.2), found and removed without taking all the others apart. */
import { OWN_COOKIE_MAX_CHARACTERS } from "./limits.ts";

/** What the names of all our cookies begin with. */
const OWN_PREFIX = "__Host-shield-";
/** Ours by what follows the prefix. */
const NAMES = ["clearance", "pass", "place", "signin", "visit"] as const;

type Name = (typeof NAMES)[number];

/** Values of our own cookies, "" where absent; unverified. */
export type OwnCookies = { readonly [name in Name]: string };

export const NO_COOKIES: OwnCookies = { clearance: "", pass: "", place: "", signin: "", visit: "" };

/** Whether there may be a cookie of ours at all. */
export function mayHoldOwnCookie(header: string | null): header is string {
  return header?.includes(OWN_PREFIX) ?? false;
}

/** Of several cookies of one name the first counts and no other: a browser sends a `__Host-` cookie once. */
export function ownCookies(header: string | null): OwnCookies {
  if (!mayHoldOwnCookie(header)) return NO_COOKIES;
  const found: { [name in Name]?: string } = {};
  for (let at = header.indexOf(OWN_PREFIX); at >= 0; at = header.indexOf(OWN_PREFIX, at + OWN_PREFIX.length)) {
    const from = at + OWN_PREFIX.length;
    const name = NAMES.find((known) => header.startsWith(known, from) && header[from + known.length] === "=");
    if (name !== undefined && beginsPair(header, at)) found[name] ??= valueAt(header, from + name.length + 1);
  }
  return { ...NO_COOKIES, ...found };
}

/** The value of a cookie; "" where it is longer than ours ever are. */
function valueAt(header: string, from: number): string {
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

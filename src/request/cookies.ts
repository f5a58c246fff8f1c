/** Finds our own cookies in a Cookie header without taking the others apart. */
import { OWN_COOKIE_MAX_CHARACTERS } from "./limits.ts";

/** The value of a cookie, "" when there is none or it is too long to be ours. Of several the first counts. */
export function readCookie(header: string, name: string): string {
  const wanted = `${name}=`;
  for (let at = header.indexOf(wanted); at >= 0; at = header.indexOf(wanted, at + 1)) {
    if (!beginsPair(header, at)) continue;
    const end = header.indexOf(";", at);
    const value = header.slice(at + wanted.length, end < 0 ? header.length : end).trim();
    return value.length <= OWN_COOKIE_MAX_CHARACTERS ? value : "";
  }
  return "";
}

/** The header without our own cookies, all others byte for byte; "" when none is left. */
export function withoutOwnCookies(header: string): string {
  if (!header.includes(OWN_PREFIX)) return header;
  return header
    .split(";")
    .filter((pair) => !pair.trimStart().startsWith(OWN_PREFIX))
    .join(";")
    .trimStart();
}

const OWN_PREFIX = "__Host-shield-";

/** A name begins a pair at the start, or behind a `;` (or the `,` by which two Cookie headers are joined). */
function beginsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (header[before] === " ") before--;
  return before < 0 || header[before] === ";" || header[before] === ",";
}

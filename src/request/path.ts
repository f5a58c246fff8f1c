/** The one spelling of a path under which rules match, however it was written. */
import type { PathFacts } from "./facts.ts";

/** Decodes, resolves and lowers until nothing changes, as a chain of lenient servers behind us might. Bounded: each round shortens. */
export function describePath(raw: string): PathFacts {
  const lower = raw.toLowerCase();
  if (isPlain(lower)) return { raw, canonical: lower, plain: true };
  let canonical = lower;
  for (let round = 0; round < 8; round++) {
    const next = resolveSegments(decode(canonical));
    if (next === canonical) break;
    canonical = next;
  }
  return { raw, canonical, plain: canonical === lower };
}

/** The usual case, seen at a glance: nothing encoded, no parameters, no empty or dotted segments. */
function isPlain(path: string): boolean {
  return !/[%;\\]|\/\/|\/\.{1,2}(\/|$)/.test(path);
}

/**
 * Decodes what a path may hold as itself: unreserved characters (RFC 3986 section 2.3) and the separators that a server might
 * take for such. All else (Latvian letters in UTF-8, spaces) has one spelling only and stays encoded.
 */
function decode(path: string): string {
  return path.replace(/%([0-9a-f]{2})/g, (escape: string, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[a-z0-9\-._~/\\;%]/i.test(character) ? character.toLowerCase() : escape;
  });
}

function resolveSegments(path: string): string {
  const resolved: string[] = [];
  const segments = path.replaceAll("\\", "/").split("/");
  for (const segment of segments) {
    const name = segment.split(";", 1)[0] ?? "";
    if (name === "..") resolved.pop();
    else if (name !== "" && name !== ".") resolved.push(name);
  }
  const last = (segments[segments.length - 1] ?? "").split(";", 1)[0];
  const slash = resolved.length > 0 && (last === "" || last === "." || last === "..") ? "/" : "";
  return `/${resolved.join("/")}${slash}`;
}

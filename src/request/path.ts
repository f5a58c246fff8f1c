/**
 * One spelling for each path, so that a rule for `/app/*` also meets `/APP`, `//app`, `/%61pp`, `/x/..%2fapp` and `/;x=1/app`.
 * The path that is forwarded stays as it was sent; only matching uses this one.
 *
 * The trade-off accepted: it resolves more than any one origin does (encoding several times over, backslashes, path
 * parameters), so two paths that an origin tells apart may meet the same restrictions. Privileges are only for `plain` ones.
 */
import type { PathFacts } from "./facts.ts";

/** Anything else than this is canonical once it is in lower case: the way of nearly all requests. */
const UNUSUAL = /[%;\\]|\/[/.]|^(?!\/)/;

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const PERCENT = 0x25;

/**
 * Characters that a URL parser itself encodes in a path (WHATWG URL, path percent-encode set): `%20` and its like are
 * the plain spelling and stay. All other printable ASCII is decoded, also reserved characters such as `$` and `:`: origins
 * decode them before routing, so `/fhir/%24everything` is `/fhir/$everything`.
 */
const STAYS_ENCODED: ReadonlySet<number> = new Set([...' "#<>?^`{}'].map((character) => character.charCodeAt(0)));

/** Linear in the length; never throws; `canonicalPath(canonicalPath(x)) === canonicalPath(x)`. */
export function canonicalPath(raw: string): string {
  const lower = raw.toLowerCase();
  return UNUSUAL.test(lower) ? resolveSegments(decode(lower)) : lower;
}

/** @param asSent whether `raw` is what the client sent, or what a URL parser made of it */
export function pathFacts(raw: string, asSent = true): PathFacts {
  const canonical = canonicalPath(raw);
  return { raw, canonical, plain: asSent && canonical === raw.toLowerCase() };
}

/**
 * Decodes until nothing is left to decode, in one pass: each character is pushed, and when the last three pushed spell an
 * encoded one they are replaced by it, which may complete a triplet in turn (`%2561` → `%61` → `a`). Each replacement
 * shortens the stack by two, hence linear. A `%` that begins no triplet becomes `%25`.
 */
function decode(lower: string): string {
  const stack: number[] = [];
  for (let i = 0; i < lower.length; i++) {
    let code = lower.charCodeAt(i);
    for (let decoded = decodedWith(stack, code); decoded >= 0; decoded = decodedWith(stack, code)) {
      stack.length -= 2;
      code = decoded;
    }
    stack.push(code === BACKSLASH ? SLASH : code);
  }
  let text = "";
  for (let i = 0; i < stack.length; i++) {
    const code = stack[i] ?? 0;
    const lone = code === PERCENT && !(hexValue(stack[i + 1]) >= 0 && hexValue(stack[i + 2]) >= 0);
    text += lone ? "%25" : String.fromCharCode(code);
  }
  return text;
}

/** The character that `code` completes together with the two before it, in lower case; -1 when there is none. */
function decodedWith(stack: readonly number[], code: number): number {
  const low = hexValue(code);
  if (low < 0 || stack[stack.length - 2] !== PERCENT) return -1;
  const high = hexValue(stack[stack.length - 1]);
  if (high < 0) return -1;
  const decoded = high * 16 + low;
  if (decoded <= 0x20 || decoded >= 0x7f || STAYS_ENCODED.has(decoded)) return -1;
  return decoded >= 0x41 && decoded <= 0x5a ? decoded + 0x20 : decoded;
}

/** Value of a hexadecimal digit in lower case; -1 for anything else. */
function hexValue(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

/** Drops empty segments, `.` and path parameters, resolves `..` (RFC 3986 section 5.2.4); a closing slash stays. */
function resolveSegments(path: string): string {
  const kept: string[] = [];
  let closed = true;
  for (const segment of path.split("/")) {
    const semicolon = segment.indexOf(";");
    const name = semicolon < 0 ? segment : segment.slice(0, semicolon);
    closed = name === "" || name === "." || name === "..";
    if (name === "..") kept.pop();
    else if (!closed) kept.push(name);
  }
  return kept.length === 0 ? "/" : `/${kept.join("/")}${closed ? "/" : ""}`;
}

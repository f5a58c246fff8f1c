/** Cookies as far as the lab needs them: names, values and removal. */
import { fieldsIn } from "../wire.ts";

export function keepCookies(jar: Map<string, string>, head: string): void {
  for (const line of fieldsIn(head, "set-cookie")) {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
    if (gone || value === "") jar.delete(name);
    else jar.set(name, value);
  }
}

/** The Cookie field as a header line, or nothing. */
export function cookieLines(jar: ReadonlyMap<string, string>): readonly string[] {
  return jar.size === 0 ? [] : [`Cookie: ${[...jar].map(([name, value]) => `${name}=${value}`).join("; ")}`];
}

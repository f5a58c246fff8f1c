/** Patterns with `*`, the only pattern language of the rules: matched in linear time, whatever the input. */

/** A case-insensitive matcher; `*` stands for any characters, also none. The subject must be in lower case already. */
export function glob(pattern: string): (lowerCaseText: string) => boolean {
  const parts = pattern.toLowerCase().split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return (text) => text === first;
  const last = parts[parts.length - 1] ?? "";
  const middle = parts.slice(1, -1).filter((part) => part !== "");
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    // Leftmost match of each part is enough: `*` between them takes whatever is left.
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** Any of several patterns. */
export function anyGlob(patterns: readonly string[]): (lowerCaseText: string) => boolean {
  const [only, ...more] = patterns.map(glob);
  if (only === undefined) return () => false;
  if (more.length === 0) return only;
  const matchers = [only, ...more];
  return (text) => matchers.some((matches) => matches(text));
}

/** How a mistake in the rules is told: where it is in src/rules.ts, what is wrong, what to do. */
export type Report = (where: string, problem: string, remedy: string) => void;

export const HOSTNAME = /^[a-z0-9.-]+$/;

/** Budgets are told apart by name in the counters, so a name may not hold what separates it from the key. */
const NAME = /^[\p{L}\p{N} .,&()/-]{1,60}$/u;

/** @param kind what they are called in the place that is told */
export function unique(entries: readonly { readonly name: string }[], kind: string, report: Report): void {
  const seen = new Set<string>();
  for (const { name } of entries) {
    if (seen.has(name))
      report(`${kind} "${name}"`, "the name stands twice.", "Support codes lead to names: make it unique.");
    if (!NAME.test(name))
      report(
        `${kind} "${name}"`,
        "the name cannot be used.",
        "Use letters, digits, spaces and . , & ( ) / - up to 60.",
      );
    seen.add(name);
  }
}

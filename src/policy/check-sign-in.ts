import type { Report } from "./compile.ts";
import { list } from "./condition.ts";
import type { BudgetRules, Rules } from "./language.ts";

/**
 * A return from sign-in passes whatever the posture, so budgets must bound it: also those of returns that bring no
 * transaction, which anybody can make up.
 */
export function checkSignIn({ sites, budgets }: Rules, report: Report): void {
  const returns = new Set<string>();
  for (const site of sites) {
    const routes = site.routes.filter(({ signIn }) => signIn === "return");
    for (const { name } of routes) returns.add(name);
    if (routes.length > 0 && !site.routes.some(({ signIn }) => signIn === "start"))
      report(
        `site "${site.name}"`,
        "people return from sign-in, but it never starts.",
        'Mark where with signIn: "start".',
      );
  }
  for (const name of returns) {
    const bounds = budgets.filter(({ routes }) => routes !== undefined && list(routes).includes(name));
    if (!bounds.some(boundsStrangers))
      report(
        `route "${name}"`,
        "nothing bounds returns that nobody began.",
        'Add a budget with routes of this name, per "prefix", transaction: "without".',
      );
    if (!bounds.some(boundsBeginners))
      report(
        `route "${name}"`,
        "nothing bounds returns that somebody began, and anybody may begin as often as she likes.",
        'Add a budget with routes of this name, per "prefix", transaction: "with".',
      );
  }
  for (const { name, per, transaction, routes } of budgets) {
    if (per !== "transaction" && transaction === undefined) continue;
    if (routes === undefined || !list(routes).every((route) => returns.has(route)))
      report(`budget "${name}"`, "transactions are brought to returns from sign-in only.", "Name those in `routes`.");
    if (per === "transaction" && transaction === "without")
      report(`budget "${name}"`, "it counts transactions of those who have none.", "Drop one of the two.");
  }
}

function boundsStrangers({ per, lanes, transaction }: BudgetRules): boolean {
  const wide = per === "prefix" || per === "network" || per === "address";
  return wide && transaction !== "with" && (lanes === undefined || list(lanes).includes("unknown"));
}

/** Whoever brings a transaction is counted by it, no more by her address. */
function boundsBeginners({ per, lanes, transaction }: BudgetRules): boolean {
  const wide = per === "prefix" || per === "network";
  return wide && transaction !== "without" && (lanes === undefined || list(lanes).includes("unknown"));
}

import type { Lane } from "../identity/identity.ts";
import { list } from "./condition.ts";
import type { BudgetRules, RouteRules, Rules } from "./language.ts";
import type { Report } from "./report.ts";

/**
 * A return from sign-in passes whatever the posture, so budgets must bound it: also those of returns that bring no
 * transaction, which anybody can make up. Where signing in starts, strangers make an identity provider work and telephones
 * ring, so only what is never exceeded will do.
 */
export function checkSignIn({ sites, budgets }: Rules, report: Report): void {
  const starts = new Set(sites.flatMap(({ routes }) => routes.filter(isStart).map(({ name }) => name)));
  for (const name of starts)
    for (const per of ["prefix", "network"] as const) {
      const bounds = budgets.filter((budget) => budget.strict === true && budget.per === per && isOn(name, budget));
      if (!STRANGERS.every((lane) => bounds.some((budget) => isFor(lane, budget))))
        report(
          `route "${name}"`,
          `no strict budget per ${per} holds all strangers who start to sign in.`,
          `Add budgets with routes of this name, per "${per}", strict, for lanes "unknown" and "cleared".`,
        );
    }
  const returns = new Set<string>();
  for (const site of sites) {
    const routes = site.routes.filter(({ signIn }) => signIn === "return");
    for (const { name } of routes) returns.add(name);
    if (routes.length > 0 && !site.routes.some(isStart))
      report(
        `site "${site.name}"`,
        "people return from sign-in, but it never starts.",
        'Mark where with signIn: "start".',
      );
  }
  for (const name of returns) {
    const bounds = budgets.filter((budget) => isOn(name, budget));
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

/** Whom nobody knows: also whoever solved a puzzle, as programs can. */
const STRANGERS = ["unknown", "cleared"] as const;

function isStart({ signIn }: RouteRules): boolean {
  return signIn === "start";
}

function isOn(route: string, { routes }: BudgetRules): boolean {
  return routes !== undefined && list(routes).includes(route);
}

function isFor(lane: Lane, { lanes }: BudgetRules): boolean {
  return lanes === undefined || list(lanes).includes(lane);
}

function boundsStrangers(budget: BudgetRules): boolean {
  const { per, transaction } = budget;
  const wide = per === "prefix" || per === "network" || per === "address";
  return wide && transaction !== "with" && isFor("unknown", budget);
}

/** Whoever brings a transaction is counted by it, no more by her address. */
function boundsBeginners(budget: BudgetRules): boolean {
  const { per, transaction } = budget;
  const wide = per === "prefix" || per === "network";
  return wide && transaction !== "without" && isFor("unknown", budget);
}

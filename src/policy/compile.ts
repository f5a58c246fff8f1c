/**
 * Checks the rules and makes the policy that `decide` reads. A mistake is found here, before a deploy, and told in a
 * sentence that names the place and the remedy; it is never met by a request.
 */
import { compileProofs } from "../identity/kinds.ts";
import { inNetwork, type Network, type parseAddress, parseNetwork } from "../request/address.ts";
import { checkSignIn } from "./check-sign-in.ts";
import { compileCondition, list } from "./condition.ts";
import { anyGlob } from "./glob.ts";
import type { BudgetRules, Condition, Rules, SiteRules } from "./language.ts";
import type { Mode, Notice } from "./modes.ts";
import type { Budget, CompiledRoute, CompiledRule, Facility, Policy, Site } from "./policy.ts";
import { HOSTNAME, type Report, unique } from "./report.ts";

/** Something staff must mend: where it is in src/rules.ts, what is wrong, what to do. */
export interface RulesProblem {
  readonly where: string;
  readonly problem: string;
  readonly remedy: string;
}

export class RulesError extends Error {
  readonly problems: readonly RulesProblem[];
  constructor(problems: readonly RulesProblem[]) {
    super(problems.map(({ where, problem, remedy }) => `src/rules.ts, ${where}: ${problem} ${remedy}`).join("\n"));
    this.problems = problems;
  }
}

const MINUTE_MS = 60_000;

/** @throws {RulesError} naming every problem at once. */
export function compile(rules: Rules): Policy {
  const problems: RulesProblem[] = [];
  const report: Report = (where, problem, remedy) => problems.push({ where, problem, remedy });
  const routeNames = new Set(rules.sites.flatMap((site) => site.routes.map((route) => route.name)));

  const sites = rules.sites.map((site, index) => compileSite(site, index, report));
  const siteOf = new Map<string, Site>();
  for (const [index, site] of rules.sites.entries())
    for (const host of site.hosts) {
      const compiled = sites[index];
      if (siteOf.has(host)) report(`site "${site.name}"`, `host ${host} is already taken.`, "Name each host once.");
      if (!HOSTNAME.test(host))
        report(`site "${site.name}"`, `"${host}" is no hostname.`, "Write it in lower case, without scheme and port.");
      if (compiled) siteOf.set(host, compiled);
    }
  if (sites.length === 0) report("sites", "there is none.", "Add the site that is to be protected.");

  const budgets = rules.budgets.map((budget) => compileBudget(budget, routeNames, report));
  unique(rules.budgets, "budget", report);
  checkSignIn(rules, report);
  unique(rules.rules, "rule", report);
  const compiledRules = rules.rules.map((rule): CompiledRule => {
    const where = `rule "${rule.name}"`;
    checkRouteNames(where, namesIn(rule.when), routeNames, report);
    if (Object.keys(rule.when).length === 0 && rule.then !== "observe")
      report(where, "`when` is empty, so it meets every request.", "Say whom it is for.");
    return {
      name: rule.name,
      then: rule.then,
      matches: attempt(where, () => compileCondition(rule.when), report) ?? (() => false),
    };
  });
  const facilities = rules.facilities.map((facility): Facility => {
    const where = `facility "${facility.name}"`;
    const expiresAt = endOfDay(facility.expires);
    if (Number.isNaN(expiresAt)) report(where, `"${facility.expires}" is no date.`, 'Write it like "2027-06-30".');
    if (facility.networks.length === 0)
      report(where, "it has no networks, so nobody is there.", "Name the addresses that it is seen from.");
    if (!(facility.seats >= 1)) report(where, "it has no seats.", "Say how many people may work there at one time.");
    const networks = facility.networks.map((text) => attempt(where, () => narrowNetwork(text), report));
    return {
      name: facility.name,
      seats: facility.seats,
      expiresAt,
      networks: networks.filter((network) => network !== null),
    };
  });

  unique(rules.facilities, "facility", report);

  const giveHost = (host: string, site: string): void => {
    const compiled = sites.find(({ name }) => name === site);
    if (compiled) siteOf.set(host, compiled);
  };
  const proofs = compileProofs(rules.proofs ?? {}, { sites: rules.sites, report, giveHost });

  if (problems.length > 0) throw new RulesError(problems);
  return { sites, siteOf, budgets, rules: compiledRules, facilities, proofs };
}

function compileSite(site: SiteRules, index: number, report: Report): Site {
  const where = `site "${site.name}"`;
  if (!(site.capacityPerSecond > 0))
    report(where, "capacityPerSecond must be above 0.", "Give what the origin was measured to bear.");
  if (site.origin !== undefined && "url" in site.origin) {
    const url = URL.parse(site.origin.url);
    if (url === null || url.origin !== site.origin.url)
      report(
        where,
        `"${site.origin.url}" is no origin.`,
        'Write scheme and host only, like "https://origin.example.lv".',
      );
  }
  for (const reader of site.readableBy ?? []) checkReader(where, reader, report);
  unique(site.routes, `${where}, route`, report);
  if (site.notice) checkNotice(site.notice, `${where}, notice`, report);
  const last = site.routes[site.routes.length - 1];
  if (last === undefined || !list(last.path).includes("*") || last.methods !== undefined)
    report(where, "some requests would have no route.", 'Let the last route have path "*" and no methods.');
  return {
    index,
    name: site.name,
    origin: site.origin,
    capacityPerSecond: site.capacityPerSecond,
    modes: modesIn(site, where, report),
    notice: site.notice ? { ...site.notice, updatedAt: timeOf(site.notice.updated, `${where}, notice`, report) } : null,
    readableBy: new Set(site.readableBy),
    signInAt: signInAt(site),
    routes: site.routes.map((route): CompiledRoute => {
      const at = `${where}, route "${route.name}"`;
      if (route.cache && (route.signIn || route.vouches))
        report(at, "an answer from a copy signs nobody in.", "Drop `cache`, or `signIn` and `vouches`.");
      for (const path of list(route.path))
        if (!path.startsWith("/") && path !== "*") report(at, `path "${path}" can never match.`, "Begin it with /.");
      if (route.cost !== undefined && !(route.cost >= 0 && route.cost <= 1000))
        report(at, "cost must be from 0 to 1000.", "1 is an ordinary page.");
      if (route.cache && route.vouches)
        report(at, "it both vouches and may be cached.", "A cached answer must vouch for nobody: drop one.");
      return {
        name: route.name,
        matchesPath: anyGlob(list(route.path)),
        methods: route.methods === undefined ? null : new Set(list(route.methods)),
        importance: route.importance,
        cost: route.cost ?? 1,
        usedBy: route.usedBy ?? "people",
        challenge: route.signIn === "return" ? "never" : (route.challenge ?? "when-needed"),
        signIn: route.signIn ?? null,
        vouches: route.vouches ?? false,
        cache: route.cache ? { seconds: route.cache.seconds, query: new Set(route.cache.query) } : null,
        timeoutMs: (route.timeoutSeconds ?? 30) * 1000,
      };
    }),
  };
}

/** Of the first start that can be opened as a page. */
function signInAt({ routes }: SiteRules): string | null {
  for (const { signIn, methods, path } of routes) {
    const opens = signIn === "start" && (methods === undefined || list(methods).includes("GET"));
    const named = opens && list(path).find((one) => one.startsWith("/") && !one.includes("*"));
    if (named) return named;
  }
  return null;
}

/** Compared with Origin letter by letter. Whoever may read an answer of ours learns who of her visitors was turned away. */
function checkReader(where: string, reader: string, report: Report): void {
  const url = URL.parse(reader);
  if (url === null || url.origin !== reader)
    report(where, `readableBy: "${reader}" is no origin.`, 'Name each one in full, like "https://app.example.lv".');
  else if (url.protocol !== "https:" && url.hostname !== "localhost")
    report(where, `readableBy: anybody on the way can pose as "${reader}".`, "Use https.");
}

function compileBudget(budget: BudgetRules, routeNames: ReadonlySet<string>, report: Report): Budget {
  const where = `budget "${budget.name}"`;
  if (!(budget.perMinute > 0))
    report(where, "perMinute must be above 0.", "To refuse everything write a rule that blocks.");
  if (!(budget.burst >= 1)) report(where, "burst must be at least 1.", "It is how many may come at once.");
  if (budget.strict && budget.counts === "cost")
    report(where, "a strict budget counts requests, not cost.", "Drop one of the two.");
  if (budget.eachRoute && budget.routes === undefined)
    report(where, "eachRoute has no routes to count apart.", "Name them in `routes`, or drop eachRoute.");
  if (budget.per === "network" && budget.lanes === undefined)
    report(where, "a budget per network would hold doctors to it.", 'Say for which lanes it is, like "unknown".');
  if (budget.routes !== undefined) checkRouteNames(where, list(budget.routes), routeNames, report);
  const emissionMs = MINUTE_MS / budget.perMinute;
  return {
    name: budget.name,
    per: budget.per,
    eachRoute: budget.eachRoute ?? false,
    lanes: budget.lanes === undefined ? null : new Set(list(budget.lanes)),
    routes: budget.routes === undefined ? null : new Set(list(budget.routes)),
    ...(budget.transaction ? { transaction: budget.transaction } : {}),
    perMinute: budget.perMinute,
    burst: budget.burst,
    emissionMs,
    toleranceMs: budget.burst * emissionMs,
    counts: budget.counts ?? "requests",
    strict: budget.strict ?? false,
    then: budget.then,
  };
}

const NOTICE_MAX_CHARACTERS = 500;

/** What the rule file decides by hand: it holds from the deploy until its time. */
function modesIn(site: SiteRules, where: string, report: Report): readonly Mode[] {
  const modes: Mode[] = [];
  const frame = { by: "src/rules.ts", since: 0 };
  if (site.posture) {
    const { is, until, because } = site.posture;
    const at = `${where}, posture`;
    if (because.trim() === "") report(at, "`because` is empty.", "Say why: whoever comes after you must know.");
    if (is === "static-only" && !site.notice)
      report(
        at,
        "its page could not say as of when.",
        "Give the site a notice: what people are told, and when you wrote it.",
      );
    const ends = timeOf(until, at, report);
    modes.push({ ...frame, kind: "posture", posture: is, until: ends, reason: because, notice: null });
  }
  for (const { name, importance, off } of site.routes) {
    if (!off) continue;
    const at = `${where}, route "${name}", off`;
    if (importance !== "sheddable")
      report(at, `it is ${importance}.`, "Only what is sheddable can be switched off: change its importance if it is.");
    if (off.because.trim() === "") report(at, "`because` is empty.", "Say why: whoever comes after you must know.");
    checkNotice(off.notice, at, report);
    modes.push({
      ...frame,
      kind: "off",
      route: name,
      until: timeOf(off.until, at, report),
      reason: off.because,
      notice: off.notice,
    });
  }
  return modes;
}

function checkNotice(notice: Notice, where: string, report: Report): void {
  for (const language of ["lv", "en"] as const)
    if (notice[language].trim() === "" || notice[language].length > NOTICE_MAX_CHARACTERS)
      report(
        where,
        `the notice in "${language}" is empty or too long.`,
        `Write 1 to ${NOTICE_MAX_CHARACTERS} characters.`,
      );
}

/** Without an offset the same text would be another time here than at the edge. */
function timeOf(text: string, where: string, report: Report): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    report(where, `"${text}" is no time.`, 'Write it with its offset, like "2026-12-01T18:00+02:00".');
  return time;
}

const DAY_MS = 86_400_000;

/** When a day as "2027-06-30" is over (UTC), ms since 1970: what lasts until then holds on that day as well. */
export function endOfDay(date: string): number {
  return /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) + DAY_MS : Number.NaN;
}

/** A facility is a few addresses; a wide network would lift the challenge for half the internet. */
function narrowNetwork(text: string): Network {
  const network = parseNetwork(text);
  const widest = network.bytes.length === 4 ? 16 : 32;
  if (network.bits < widest) throw new Error(`"${text}" is wider than /${widest}; name the facility's own networks.`);
  return network;
}

type Address = ReturnType<typeof parseAddress>;

/** The facility whose network holds this address: the first that has not expired, else the first that has. */
export function registrationOf({ facilities }: Policy, address: Address, now: number): Facility | null {
  let expired: Facility | null = null;
  for (const facility of facilities) {
    if (!facility.networks.some((network) => inNetwork(address, network))) continue;
    if (now < facility.expiresAt) return facility;
    expired ??= facility;
  }
  return expired;
}

/** The same while its registration lasts: after that it counts for nothing. */
export function facilityOf(policy: Policy, address: Address, now: number): Facility | null {
  const facility = registrationOf(policy, address, now);
  return facility !== null && now < facility.expiresAt ? facility : null;
}

function checkRouteNames(where: string, names: readonly string[], known: ReadonlySet<string>, report: Report): void {
  for (const name of names)
    if (!known.has(name)) report(where, `there is no route "${name}".`, `Known: ${[...known].join(", ")}.`);
}

function namesIn(condition: Condition): readonly string[] {
  const own = condition.route === undefined ? [] : list(condition.route);
  return condition.not ? [...own, ...namesIn(condition.not)] : own;
}

function attempt<T>(where: string, make: () => T, report: Report): T | null {
  try {
    return make();
  } catch (error) {
    report(where, error instanceof Error ? error.message : String(error), "");
    return null;
  }
}

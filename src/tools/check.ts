/**
 * `npm run check`: are the rules and the configuration fit to be deployed? Also the gate of every `wrangler deploy`, as
 * the [build] command in wrangler.toml.
 */
import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { adminHostProblem, adminTokenProblem } from "../own-paths/operator.ts";
import { compile, RulesError } from "../policy/compile.ts";
import { misspellings } from "../policy/schema.ts";
import { warnings } from "../policy/warnings.ts";
import { secretProblem } from "../seal.ts";
import { failuresTable } from "./failures-table.ts";
import { type Route, routeWarnings } from "./route-warnings.ts";

const options = new Command("check")
  .description("Checks src/rules.ts and wrangler.toml. Exit code 0: fit to be deployed; 1: not, and what to mend.")
  .option("--quiet", "print problems and warnings only")
  .option("--failures", "show what becomes of whom when something that the shield needs fails, and check nothing")
  .parse()
  .opts<{ quiet?: boolean; failures?: boolean }>();

if (options.failures) {
  console.log(failuresTable());
  process.exit(0);
}

const problems = [...(await problemsOfRules()), ...problemsOfSecrets()];
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length > 0) {
  console.error(`\n${problems.length} to mend. Nothing was deployed or changed.`);
  process.exit(1);
}

async function problemsOfRules(): Promise<readonly string[]> {
  let file = "src/rules.ts";
  try {
    const { default: rules } = await import("../rules.ts");
    const unknown = misspellings(rules);
    if (unknown.length > 0) return unknown;
    const policy = compile(rules);
    file = "wrangler.toml";
    const { adminHost, routes } = await readWranglerToml();
    const taken = adminHostProblem(adminHost, policy.siteOf);
    if (taken !== null) return [`wrangler.toml: ${taken}`];
    const differing = routeWarnings({ ofRules: policy.siteOf.keys(), admin: adminHost, routes });
    for (const warning of [...warnings(rules, Date.now()), ...differing]) console.error(`! ${warning}`);
    if (!options.quiet) {
      const routes = policy.sites.reduce((sum, { routes }) => sum + routes.length, 0);
      console.log(
        `✓ src/rules.ts: ${policy.sites.length} sites, ${routes} routes, ${policy.budgets.length} budgets, ` +
          `${policy.rules.length} rules, ${policy.facilities.length} facilities`,
      );
    }
    return [];
  } catch (error) {
    if (error instanceof RulesError) return error.message.split("\n");
    return [`${file}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** As wrangler reads it. Only where it is needed, as wrangler takes a second to load. */
async function readWranglerToml(): Promise<{ readonly adminHost: string; readonly routes: readonly Route[] }> {
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const { vars, route, routes } = readConfig({ config: "wrangler.toml" }, { hideWarnings: true });
  const adminHost = typeof vars.ADMIN_HOST === "string" ? vars.ADMIN_HOST : "";
  return { adminHost, routes: routes ?? (route === undefined ? [] : [route]) };
}

/** The secrets themselves are at Cloudflare; local ones, where there are any, must be good too. */
function problemsOfSecrets(): readonly string[] {
  const checks = {
    SHIELD_SECRET: secretProblem,
    SHIELD_SECRET_PREVIOUS: secretProblem,
    SHIELD_ADMIN_TOKEN: adminTokenProblem,
  };
  return Object.entries(checks).flatMap(([name, problemOf]) => {
    const secret = process.env[name] ?? inDevVars(name);
    const problem = secret === undefined ? null : problemOf(secret);
    return problem === null
      ? []
      : [`${name} is ${problem}. Make one with: node -p "crypto.randomBytes(32).toString('base64url')"`];
  });
}

function inDevVars(name: string): string | undefined {
  if (!existsSync(".dev.vars")) return undefined;
  return new RegExp(`^${name}\\s*=\\s*"?([^"\\n]*)"?`, "m").exec(readFileSync(".dev.vars", "utf8"))?.[1];
}

/**
 * `npm run check`: are the rules and the configuration fit to be deployed? Also the gate of every `wrangler deploy`, as
 * the [build] command in wrangler.toml.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { compile, RulesError } from "../policy/compile.ts";

const options = new Command("check")
  .description("Checks src/rules.ts and wrangler.toml. Exit code 0: fit to be deployed; 1: not, and what to mend.")
  .option("--quiet", "print problems only")
  .parse()
  .opts<{ quiet?: boolean }>();

const problems = [...(await problemsOfRules()), ...problemsOfSecret()];
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length > 0) {
  console.error(`\n${problems.length} to mend. Nothing was deployed or changed.`);
  process.exit(1);
}

async function problemsOfRules(): Promise<readonly string[]> {
  try {
    const { default: rules } = await import("../rules.ts");
    const policy = compile(rules);
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
    return [`src/rules.ts: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** The secret itself is at Cloudflare; a local one, where there is one, must be a real one too. */
function problemsOfSecret(): readonly string[] {
  const local = process.env["SHIELD_SECRET"] ?? secretInDevVars();
  if (local === undefined || /^[A-Za-z0-9_-]{43,}$/.test(local)) return [];
  return [
    "SHIELD_SECRET is too short or not base64url: make one with `node -p \"crypto.randomBytes(32).toString('base64url')\"`.",
  ];
}

function secretInDevVars(): string | undefined {
  try {
    return /^SHIELD_SECRET\s*=\s*"?([^"\n]*)"?/m.exec(readFileSync(".dev.vars", "utf8"))?.[1];
  } catch {
    return undefined; // no .dev.vars: nothing to check
  }
}

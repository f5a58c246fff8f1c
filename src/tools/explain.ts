/** `npm run explain -- CODE`: what the support code of a page of ours says. Asks the shield itself, by its operators' path. */
import { Command } from "commander";
import { parseCode } from "../support-code.ts";

const program = new Command("npm run explain --")
  .description("Says why and when somebody was turned away, by the support code of her page. Needs SHIELD_ADMIN_TOKEN.")
  .argument("<code>", "as it stands on the page, such as ABCD-EFGH; good for an hour")
  .option("--at <url>", "where the operators' paths are: https:// and ADMIN_HOST", "http://localhost:8787")
  .parse();

const code = parseCode(program.args[0] ?? "");
const token = process.env.SHIELD_ADMIN_TOKEN ?? "";
if (code === null) fail("A support code has eight letters and digits, never 0 O 1 I.");
if (token === "")
  fail("SHIELD_ADMIN_TOKEN is missing: set it as the Worker has it. `npm start` prints one for the demo.");

const url = new URL(`/.shield/explain?code=${code}`, program.opts<{ at: string }>().at);
const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } }).catch(() => null);
if (response === null) fail(`Nobody answers at ${url.origin}.`);
console.log(await response.text());
process.exitCode = response.ok ? 0 : 1;

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

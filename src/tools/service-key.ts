/**
 * `npm run service-key -- ID`: prints the key of one installation of practice software. Keys are derived, not stored: the
 * same id always has the same key, until SHIELD_SECRET changes. The header that is made with it: identity/service-key.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Command } from "commander";
import { toBase64url } from "../bytes.ts";
import { SERVICE_KEY_ID } from "../identity/service-key.ts";
import { createSealer, secretProblem } from "../seal.ts";

const program = new Command("npm run service-key --")
  .description(
    "Prints the key with which one installation of practice software signs its requests. " +
      "Needs SHIELD_SECRET, from the environment or .dev.vars. Whoever reads the output can be that installation.",
  )
  .argument("<id>", "letters, digits and . _ - up to 64, such as praxis-0042")
  .parse();

const [id = ""] = program.args;
const secret = process.env.SHIELD_SECRET ?? inDevVars();
const problem = secretProblem(secret);
if (!SERVICE_KEY_ID.test(id))
  fail(`"${id}" is no id: use letters, digits and . _ - up to 64, beginning with one of the first two.`);
if (problem !== null)
  fail(`SHIELD_SECRET is ${problem}. Set it as the Worker has it: SHIELD_SECRET=… npm run service-key -- ${id}`);
const sealer = await createSealer({ current: secret });
const [key] = (await sealer?.serviceKeys(id)) ?? [];
if (!key) fail("No key could be made of SHIELD_SECRET.");
console.log(`id   ${id}\nkey  ${toBase64url(key)}`);

function inDevVars(): string | undefined {
  return existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")).SHIELD_SECRET : undefined;
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

/**
 * `npm start`: the shield on http://localhost:8787 and the same demo portal without it on http://localhost:8788. Nothing
 * leaves this computer. Reloads when the rules, the shield or the portal change; a rule that is wrong changes nothing.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseEnv } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { type Lab, startEdges } from "./edge.ts";

const ROOT = join(import.meta.dirname, "../..");
const WATCHED = ["src", "test/portal"].map((folder) => join(ROOT, folder));
/** How often it is looked for changes, ms. */
const LOOK_EVERY_MS = 500;
/** How often it is checked that npm, who started this, is still there, ms. */
const PARENT_CHECK_MS = 500;

interface Options {
  readonly port: number;
  readonly portalPort: number;
  readonly watch: boolean;
}

/** A failure with a sentence for whoever typed the command. */
class StartError extends Error {}

async function main(): Promise<void> {
  const options = new Command("npm start --")
    .description("Starts the shield and the demo portal on this computer. Ctrl-C stops both.")
    .option("--port <number>", "port of the shield", parsePort, 8787)
    .option("--portal-port <number>", "port of the bare portal", parsePort, 8788)
    .option("--no-watch", "keep what was started, whatever changes")
    .parse()
    .opts<Options>();

  await assertFree(options.port, "--port");
  await assertFree(options.portalPort, "--portal-port");
  const problems = await problemsOfRules();
  if (problems !== "") throw new StartError(problems);
  const token = randomBytes(32).toString("base64url");
  const vars = { ADMIN_HOST: "localhost", SHIELD_ADMIN_TOKEN: token, ...localVars() };
  const lab = await startEdges({ shieldPort: options.port, portalPort: options.portalPort, vars });
  const stop = stopSignal();
  try {
    greet(options, vars.SHIELD_ADMIN_TOKEN ?? token);
    await (options.watch ? reloadOnChange(lab, stop) : aborted(stop));
  } finally {
    await lab.stop();
  }
  console.log("\nStopped.");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("A port is 1 to 65535.");
  return port;
}

function greet({ port, portalPort, watch }: Options, token: string): void {
  console.log(`
Vairogs is running.  http://localhost:${port}   the demo portal behind the shield
                     http://localhost:${portalPort}   the same portal without it

Try:  sign in at http://localhost:${port}/login as dr.ozola, password demo, and write a prescription.
      In a second terminal:  npm run flood -- demo
      What the shield knows of a piece of software:  curl http://localhost:${port}/.shield/echo
${watch ? "      Change src/rules.ts: it is taken over when you save, and a wrong rule is explained here.\n" : ""}      Operate it: paths below http://localhost:${port}/.shield/ with Authorization: Bearer ${token}

Ctrl-C stops it.`);
}

/** Local values: those of .dev.vars where it exists, as `wrangler dev` reads it. Its origin and region are production's. */
function localVars(): Record<string, string | undefined> {
  try {
    const { ORIGIN, ORIGIN_KEY, JURISDICTION, ...vars } = parseEnv(readFileSync(join(ROOT, ".dev.vars"), "utf8"));
    return vars;
  } catch {
    return {}; // no .dev.vars: startEdges makes a fresh secret
  }
}

/** Aborted by Ctrl-C and SIGTERM, and when npm is gone: a shell between npm and this process hands on no signal. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Miniflare listens too, and would end the process at once, as if it had failed.
    process.removeAllListeners(signal);
    process.on(signal, () => stop.abort());
  }
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    const check = setInterval(() => process.ppid !== parent && stop.abort(), PARENT_CHECK_MS);
    stop.signal.addEventListener("abort", () => clearInterval(check));
    check.unref();
  }
  return stop.signal;
}

async function assertFree(port: number, option: string): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw new StartError(
      taken
        ? `Port ${port} is taken: stop what runs there (another npm start?), or choose a free one with ${option}.`
        : `Port ${port} cannot be opened (${String(error)}): choose another with ${option}.`,
    );
  } finally {
    server.close();
  }
}

/** What `npm run check` says of the rules; "" when they are fit. In a process of its own, as imports are never read anew. */
function problemsOfRules(): Promise<string> {
  return new Promise((resolve, reject) => {
    const check = spawn(process.execPath, [join(ROOT, "src/tools/check.ts"), "--quiet"], { cwd: ROOT });
    let words = "";
    for (const stream of [check.stdout, check.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        words += text;
      });
    check.on("error", reject);
    check.on("close", (code) => resolve(code === 0 ? "" : words.trim()));
  });
}

/**
 * Resolves when `stop` is aborted. Looks instead of being told: `fs.watch` loses sight of a file that an editor replaces,
 * and a hundred files are looked at in a few milliseconds.
 */
async function reloadOnChange(lab: Lab, stop: AbortSignal): Promise<void> {
  let running = stampOf(WATCHED);
  let before = running;
  while (!stop.aborted) {
    await pause(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
    const now = stampOf(WATCHED);
    // Two looks that agree: an editor saves in several steps.
    if (now !== running && now === before && !stop.aborted) {
      running = now;
      await reload(lab);
    }
    before = now;
  }
}

/** Changes whenever a file below the folders is written, added or removed. */
function stampOf(folders: readonly string[]): string {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => join(folder, name)),
  );
  return files.map((file) => `${file} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0}`).join("\n");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/** Whatever is wrong with the new version, the old one goes on. */
async function reload(lab: Lab): Promise<void> {
  try {
    const problems = await problemsOfRules();
    if (problems === "") {
      await lab.reload();
      return console.log(`${clock()} Reloaded. The portal's prescriptions start anew.`);
    }
    console.error(`${clock()} Not taken over, the version before goes on:\n${problems}`);
  } catch (error) {
    console.error(`${clock()} Not taken over, the version before goes on:\n${messageOf(error)}`);
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof StartError ? error.message : `It did not start: ${messageOf(error)}`);
    process.exit(1);
  },
);

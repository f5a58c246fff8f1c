/**
 * Bundles the browser scripts into .build/browser.ts, which the Worker imports as text. Run before anything that loads the
 * Worker: `npm run build`. The file is written only when it changes, or `wrangler dev` would rebuild for ever.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { unrolledSha256 } from "./unroll-sha256.ts";

export interface BrowserScripts {
  /** The challenge page's script. */
  readonly challenge: string;
  /** Its Web Worker. */
  readonly solver: string;
  /** What the portal may include on its own pages. */
  readonly client: string;
  /** The waiting page's script. */
  readonly wait: string;
  /** First 32 bits of the SHA-256 of all, in hex: changes when they do. */
  readonly version: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TARGET = join(ROOT, ".build/browser.ts");
const SHA256 = join(ROOT, ".build/sha256.ts");

/** @throws when a script does not bundle. */
export async function bundleBrowserScripts(): Promise<BrowserScripts> {
  await writeIfChanged(SHA256, unrolledSha256());
  const [challenge, solver, client, wait] = await Promise.all([
    bundle("page.ts"),
    bundle("solver.ts"),
    bundle("client.ts"),
    bundle("wait.ts"),
  ]);
  const all = JSON.stringify([challenge, solver, client, wait]);
  return { challenge, solver, client, wait, version: createHash("sha256").update(all).digest("hex").slice(0, 8) };
}

async function bundle(name: string): Promise<string> {
  const result = await build({
    entryPoints: [join(ROOT, "src/challenge/browser", name)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
  });
  const script = result.outputFiles[0]?.text;
  if (!script) throw new Error(`${name} came out empty`);
  return script;
}

export function renderModule(scripts: BrowserScripts): string {
  return [
    "// Written by src/tools/build.ts from src/challenge/browser. Do not edit.",
    `export const challengeScript = ${JSON.stringify(scripts.challenge)};`,
    `export const solverScript = ${JSON.stringify(scripts.solver)};`,
    `export const clientScript = ${JSON.stringify(scripts.client)};`,
    `export const waitScript = ${JSON.stringify(scripts.wait)};`,
    `export const scriptVersion = ${JSON.stringify(scripts.version)};`,
    "",
  ].join("\n");
}

/** True when the file was written. A rename replaces it whole: two builds at once leave no half file. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  const before = await readFile(path, "utf8").catch(() => null);
  if (before === text) return false;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, text);
  await rename(draft, path);
  return true;
}

async function main(): Promise<void> {
  const scripts = await bundleBrowserScripts();
  const written = await writeIfChanged(TARGET, renderModule(scripts));
  const bytes = renderModule(scripts).length;
  console.log(`${relative(ROOT, TARGET)} ${written ? "written" : "is up to date"}: ${bytes} bytes of script`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(`The browser scripts were not built: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}

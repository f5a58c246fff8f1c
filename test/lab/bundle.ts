/** Bundles the shield as `wrangler deploy` would, and the demo portal, for miniflare. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const SHIELD_DIR = join(ROOT, ".build/bundle");
const PORTAL_FILE = join(ROOT, ".build/portal/index.js");
/** Changed sources of these make a bundle stale. */
const SHIELD_SOURCES = [join(ROOT, "src"), join(ROOT, "wrangler.toml"), join(ROOT, "package-lock.json")];

/** A Worker's modules as miniflare takes them. */
export interface Manifest {
  readonly mainModule: string;
  readonly modules: Record<string, { type: "esm"; contents: string }>;
}

/** @throws {Error} with wrangler's own words when it refuses, for example because of a rule */
export function buildBundle(): void {
  if (newest(SHIELD_SOURCES) < newest([SHIELD_DIR])) return;
  const run = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", ".build/bundle"],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
    },
  );
  if (run.status !== 0) throw new Error(`wrangler could not bundle the shield:\n${run.stderr}${run.stdout}`);
  // wrangler leaves an unchanged file as it was: stamp the folder, so that the next run knows.
  writeFileSync(join(SHIELD_DIR, "built"), "");
}

export function shieldManifest(): Manifest {
  buildBundle();
  return {
    mainModule: "index.js",
    modules: { "index.js": { type: "esm", contents: readFileSync(join(SHIELD_DIR, "index.js"), "utf8") } },
  };
}

export async function portalManifest(): Promise<Manifest> {
  return bundleWorker(join(ROOT, "test/portal/index.ts"), PORTAL_FILE);
}

/** Bundles any Worker of ours that has no wrangler.toml to be deployed with. */
export async function bundleWorker(entry: string, outfile: string): Promise<Manifest> {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    write: false,
    outfile,
  });
  return { mainModule: "index.js", modules: { "index.js": { type: "esm", contents: outputFiles[0]?.text ?? "" } } };
}

/** Milliseconds since 1970 of the latest change below these paths; 0 when there is none. */
function newest(paths: readonly string[]): number {
  let latest = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    latest = Math.max(
      latest,
      stat.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : stat.mtimeMs,
    );
  }
  return latest;
}

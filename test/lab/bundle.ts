/** Bundles the shield as `wrangler deploy` would, and the demo portal, for miniflare. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const SHIELD_DIR = join(ROOT, ".build/bundle");
/** Changed when a bundle is begun: a source that changes meanwhile makes it stale. */
const STAMP = join(SHIELD_DIR, "built");
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
  if (newest(SHIELD_SOURCES) < newest([STAMP])) return;
  const begun = new Date();
  const run = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", ".build/bundle"],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        ...process.env,
        // [build] in wrangler.toml says `node`: let it be this one.
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        WRANGLER_SEND_METRICS: "false",
        NO_COLOR: "1",
      },
    },
  );
  if (run.status !== 0) throw new Error(`wrangler could not bundle the shield:\n${run.stderr}${run.stdout}`);
  // wrangler leaves an unchanged file as it was: the stamp tells the next run.
  writeFileSync(STAMP, "");
  utimesSync(STAMP, begun, begun);
}

export function shieldManifest(): Manifest {
  buildBundle();
  return {
    mainModule: "index.js",
    modules: { "index.js": { type: "esm", contents: readFileSync(join(SHIELD_DIR, "index.js"), "utf8") } },
  };
}

/** @param others modules in place of the shield's own, by their path below src, for example `{ "rules.ts": "/…" }` */
export async function shieldManifestWith(others: Readonly<Record<string, string>>): Promise<Manifest> {
  buildBundle(); // also makes the browser scripts, which the Worker imports
  const inPlace: Plugin = {
    name: "in-place",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
        // Whoever stands in for a module may build on it.
        const isOurs = !relative(join(ROOT, "src"), resolveDir).startsWith("..");
        const other = isOurs ? others[relative(join(ROOT, "src"), join(resolveDir, path))] : undefined;
        return other === undefined ? undefined : { path: other };
      });
    },
  };
  return bundleWorker(join(ROOT, "src/index.ts"), join(ROOT, ".build/in-place/index.js"), [inPlace]);
}

export async function portalManifest(): Promise<Manifest> {
  return bundleWorker(join(ROOT, "test/portal/index.ts"), PORTAL_FILE);
}

/** Bundles any Worker of ours that has no wrangler.toml to be deployed with. */
export async function bundleWorker(entry: string, outfile: string, plugins: Plugin[] = []): Promise<Manifest> {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    plugins,
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

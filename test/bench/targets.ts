/** What is measured: each Worker in a miniflare of its own, on some isolates that share their objects. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const WORKERS = join(import.meta.dirname, "workers");
const RULES = join(import.meta.dirname, "rules.ts");
const DATE = "2026-10-20";
const FLAGS = ["enable_request_signal"];

export type Peer = "shield" | "object-per-client" | "row-per-request" | "rate-limit-binding" | "kv-bouncer";

/** Calls of Durable Objects so far; all, and those that isolates made. The rest is between objects. */
export interface Calls {
  readonly all: number;
  readonly fromIsolates: number;
  /** Of the shield's objects: proofs that were brought to be spent. */
  readonly spends?: number;
}

export interface Target {
  readonly ports: readonly number[];
  calls(): Promise<Calls>;
  /** Resident memory of its workerd, bytes. */
  memory(): number;
  stop(): Promise<void>;
}

type Options = ConstructorParameters<typeof Miniflare>[0];
type Worker = NonNullable<Options["workers"]>[number];

const text = (value: string) => ({ type: "text" as const, value });
const ORIGIN = { ORIGIN_SERVICE: { type: "worker" as const, worker: "origin" } };

export interface ShieldOptions {
  readonly secret?: string;
  /** Where the issuer of tokens publishes its keys. */
  readonly keysUrl?: string;
}

export async function startPeer(peer: Peer, edges: number, options: ShieldOptions = {}): Promise<Target> {
  switch (peer) {
    case "shield":
      return start(
        "shield.js",
        edges,
        ["ClientCounter", "Watch"],
        {
          ...ORIGIN,
          COUNTERS: { type: "durable-object" as const, worker: "objects", exportName: "ClientCounter" },
          WATCH: { type: "durable-object" as const, worker: "objects", exportName: "Watch" },
          JURISDICTION: text(""),
          SUPPORT_PHONE: text(""),
          LANGUAGES: text("lv,en"),
          SHIELD_SECRET: text(options.secret ?? randomBytes(32).toString("base64url")),
          ORIGIN_KEY: text("bench"),
        },
        options.keysUrl,
      );
    case "object-per-client":
    case "row-per-request":
      return start("per-client-object.js", edges, ["Client"], {
        ...ORIGIN,
        CLIENTS: { type: "durable-object" as const, worker: "objects", exportName: "Client" },
        ROWS: text(peer === "row-per-request" ? "1" : "0"),
      });
    case "rate-limit-binding":
      return start("rate-limit-binding.js", edges, [], {
        ...ORIGIN,
        LIMITER: { type: "rate-limit" as const, namespace: "1", simple: { limit: 300, period: 60 as const } },
      });
    case "kv-bouncer":
      return start("kv-bouncer.js", edges, [], { ...ORIGIN, BANS: { type: "kv" as const, id: "bans" } });
  }
}

/** The same answer for everybody, as the shield gave it to somebody. */
export function startConstant(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Target> {
  const env = { STATUS: text(String(status)), HEADERS: text(JSON.stringify(headers)), BODY: text(body) };
  return start("constant.js", 1, [], env);
}

/** The challenge's own steps, each for itself. */
export function startChallengeSteps(): Promise<Target> {
  return start("challenge.js", 1, [], { SHIELD_SECRET: text(randomBytes(32).toString("base64url")) });
}

export function startBareProxy(): Promise<Target> {
  return start("bare-proxy.js", 1, [], ORIGIN);
}

/** A proxy that does to headers what the shield does: what remains between them is everything else. */
export function startHeaderProxy(): Promise<Target> {
  return start("header-proxy.js", 1, [], ORIGIN);
}

/** Puts addresses on the list of `kv-bouncer`. */
export async function ban(target: Target, addresses: readonly string[]): Promise<void> {
  const [, control] = [target.ports, controls.get(target)];
  if (!control) throw new Error("this Worker keeps no list");
  await fetch(control, { method: "POST", body: JSON.stringify(addresses) });
}

const controls = new WeakMap<Target, URL>();

async function start(
  file: string,
  edges: number,
  classes: readonly string[],
  env: NonNullable<Worker["config"]["env"]>,
  keysUrl?: string,
): Promise<Target> {
  const manifest = await bundle(file, keysUrl);
  const common = { compatibilityDate: DATE, compatibilityFlags: FLAGS };
  const dev = {
    stripCfConnectingIp: false,
    unsafeRegisterWorker: false,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const names = Array.from({ length: edges }, (_, i) => `edge${i}`);
  const role = text(file === "kv-bouncer.js" ? "fill" : "objects");
  const before = childrenOf(process.pid);
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    telemetry: { enabled: false },
    workers: [
      ...names.map((name) => ({ config: { name, ...common, manifest, env }, dev })),
      {
        config: {
          name: "objects",
          ...common,
          manifest,
          env: { ...env, ROLE: role },
          exports: Object.fromEntries(
            classes.map((name) => [name, { type: "durable-object" as const, storage: "sqlite" as const }]),
          ),
        },
        dev,
      },
      { config: { name: "origin", ...common, manifest: await bundle("origin.js"), env: {} } },
    ],
  });
  await miniflare.ready;
  const workerd = childrenOf(process.pid).filter((child) => !before.includes(child));
  const urls = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name)));
  const control = await miniflare.unsafeGetDirectURL("objects");
  const target: Target = {
    ports: urls.map(({ port }) => Number(port)),
    calls: async () =>
      classes.length === 0 ? { all: 0, fromIsolates: 0 } : ((await (await fetch(control)).json()) as Calls),
    memory: () => Math.max(0, ...workerd.map(residentBytes)),
    stop: () => miniflare.dispose(),
  };
  controls.set(target, control);
  return target;
}

async function bundle(file: string, keysUrl?: string) {
  const { outputFiles } = await build({
    entryPoints: [join(WORKERS, file)],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    write: false,
    minify: true,
    define: keysUrl === undefined ? {} : { BENCH_KEYS_URL: JSON.stringify(keysUrl) },
    plugins: [
      {
        name: "rules for measuring",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/rules\.ts$/ }, ({ importer }) =>
            importer.endsWith("/src/isolate.ts") ? { path: RULES } : undefined,
          ),
      },
    ],
  });
  const contents = outputFiles[0]?.text ?? "";
  return { mainModule: "index.js", modules: { "index.js": { type: "esm" as const, contents } } };
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

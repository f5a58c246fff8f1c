/**
 * The lab's edge: the production bundle as one or more Workers in miniflare, each an isolate with memory of its own, which
 * share their Durable Objects and stand before the demo portal or any other origin.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { type Manifest, portalManifest, shieldManifest, shieldManifestWith } from "./bundle.ts";
import { childrenOf, residentBytes } from "./processes.ts";

const COMPATIBILITY_DATE = "2026-10-20";
const COMPATIBILITY_FLAGS = ["enable_request_signal"];

export interface EdgeOptions {
  /** How many isolates. Default 1. */
  readonly edges?: number;
  /** URL of an origin; left out, the demo portal stands behind the shield. */
  readonly origin?: string;
  /** What the demo portal bears, cost units a second. Default 600; 0 is unlimited. */
  readonly portalCapacity?: number;
  /** Listening ports of the shield (first edge) and of the bare portal; 0 or left out chooses free ones. */
  readonly shieldPort?: number;
  readonly portalPort?: number;
  /** Absolute path of a module to use in place of src/rules.ts. */
  readonly rulesModule?: string;
  /**
   * Counters always answer, if slowly, and forget nothing: however busy the machine is, none counts as silent and none is
   * evicted. For tests of how much passes a budget; what becomes of it without counters, failures.test.ts shows.
   */
  readonly patient?: boolean;
  /**
   * Module that stands before the bundle in the Worker of the Durable Objects alone: it imports `./index.js` and exports
   * the same classes, for example such that count their calls. It has a socket of its own.
   */
  readonly objectsEntry?: string;
  /** More variables for the shield; an undefined one is not set at all. */
  readonly vars?: Readonly<Record<string, string | undefined>>;
  /**
   * What differs at each edge, in turn: as during a roll-out, when an old and a new version run side by side. The last one
   * counts for the objects, and for edges beyond.
   */
  readonly versions?: readonly Pick<EdgeOptions, "rulesModule" | "vars">[];
}

export interface Lab {
  /** One for each edge; a browser can open them. */
  readonly shieldUrls: readonly URL[];
  /**
   * One for each edge, for raw sockets: they take requests in absolute form only, `GET https://portal.example.lv/x HTTP/1.1`,
   * so that the shield sees https and any host.
   */
  readonly rawUrls: readonly URL[];
  /** The demo portal without the shield; null when another origin was given. */
  readonly portalUrl: URL | null;
  /** Where `objectsEntry` answers; null without one. */
  readonly objectsUrl: URL | null;
  /** Bundles anew what has changed and lets the running lab go on with it, with other options where some are given. */
  reload(changed?: Pick<EdgeOptions, "rulesModule" | "vars" | "versions">): Promise<void>;
  /** Resident memory of workerd, bytes; 0 where the system does not tell. */
  memory(): number;
  stop(): Promise<void>;
}

/** Passes nothing on itself: it only lends its listening socket to an edge, as a Worker can have but one of its own. */
const LENDER = {
  mainModule: "index.js",
  modules: { "index.js": { type: "esm" as const, contents: "export default { fetch() {} };" } },
};

export async function startEdges(options: EdgeOptions = {}): Promise<Lab> {
  const secrets = {
    SHIELD_SECRET: randomBytes(32).toString("base64url"),
    ORIGIN_KEY: randomBytes(16).toString("base64url"),
  };
  const others = childrenOf(process.pid);
  const miniflare = new Miniflare(await configure(options, secrets));
  await miniflare.ready;
  const workerd = () => childrenOf(process.pid).filter((pid) => !others.includes(pid));
  const shieldUrls = await Promise.all(edgeNames(options).map((name) => miniflare.unsafeGetDirectURL(name)));
  const rawUrls = await Promise.all(edgeNames(options).map((name) => miniflare.unsafeGetDirectURL(`raw-${name}`)));
  const portalUrl = options.origin === undefined ? await miniflare.unsafeGetDirectURL("portal") : null;
  const objectsUrl = options.objectsEntry === undefined ? null : await miniflare.unsafeGetDirectURL("objects");
  return {
    objectsUrl: objectsUrl && asLocalhost(objectsUrl),
    shieldUrls: shieldUrls.map(asLocalhost),
    rawUrls,
    portalUrl: portalUrl && asLocalhost(portalUrl),
    reload: async (changed = {}) => {
      await miniflare.setOptions(await configure({ ...options, ...changed }, secrets));
      await miniflare.ready;
    },
    memory: () => Math.max(0, ...workerd().map(residentBytes)),
    stop: () => miniflare.dispose(),
  };
}

const edgeNames = ({ edges = 1 }: EdgeOptions): readonly string[] =>
  Array.from({ length: edges }, (_, i) => `edge${i}`);

/** A browser trusts http://localhost, and only by that name. */
function asLocalhost(url: URL): URL {
  const local = new URL(url);
  local.hostname = "localhost";
  return local;
}

async function configure(options: EdgeOptions, secrets: Readonly<Record<string, string>>) {
  const versions: Version[] = [];
  for (const different of options.versions ?? [{}])
    versions.push(await workerFor({ ...options, ...different }, secrets));
  const newest = versions.at(-1);
  if (!newest) throw new Error("no version to run");
  const edges = edgeNames(options).map((name, i) => ({ name, ...(versions[i] ?? newest) }));
  const unsafePreventEviction = options.patient ?? false;
  const object = { type: "durable-object" as const, storage: "sqlite" as const, unsafePreventEviction };
  const objects = {
    COUNTERS: { type: "durable-object" as const, worker: "objects", exportName: "ClientCounter" },
    WATCH: { type: "durable-object" as const, worker: "objects", exportName: "Watch" },
  };
  const portal = options.origin === undefined ? { ORIGIN_SERVICE: { type: "worker" as const, worker: "portal" } } : {};
  const socket = (port = 0) => ({
    stripCfConnectingIp: false,
    unsafeRegisterWorker: false,
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
  });
  const common = { compatibilityDate: COMPATIBILITY_DATE, compatibilityFlags: COMPATIBILITY_FLAGS };
  return {
    host: "127.0.0.1",
    port: 0,
    telemetry: { enabled: false },
    workers: [
      ...edges.map(({ name, ...version }, i) => ({
        config: { name, ...common, manifest: version.manifest, env: { ...version.texts, ...objects, ...portal } },
        dev: socket(i === 0 ? options.shieldPort : 0),
      })),
      ...edges.map(({ name }) => ({
        config: { name: `raw-${name}`, ...common, manifest: LENDER },
        dev: {
          unsafeRegisterWorker: false,
          unsafeDirectSockets: [{ host: "127.0.0.1", port: 0, serviceName: name, proxy: true }],
        },
      })),
      {
        config: {
          name: "objects",
          ...common,
          manifest: before(newest.manifest, options.objectsEntry),
          env: { ...newest.texts, ...objects },
          exports: { ClientCounter: object, Watch: object },
        },
        ...(options.objectsEntry === undefined ? {} : { dev: socket() }),
      },
      ...(options.origin === undefined
        ? [
            {
              config: {
                name: "portal",
                ...common,
                manifest: await portalManifest(),
                env: {
                  CAPACITY: { type: "text" as const, value: String(options.portalCapacity ?? 600) },
                  ORIGIN_KEY: { type: "text" as const, value: secrets.ORIGIN_KEY ?? "" },
                },
              },
              dev: socket(options.portalPort),
            },
          ]
        : []),
    ],
  };
}

/** One version of the shield: its bundle and its variables. */
interface Version {
  readonly manifest: Manifest;
  readonly texts: Readonly<Record<string, { readonly type: "text"; readonly value: string }>>;
}

async function workerFor(
  { rulesModule, patient = false, origin, vars }: EdgeOptions,
  secrets: Readonly<Record<string, string>>,
): Promise<Version> {
  const others = {
    ...(rulesModule === undefined ? {} : { "rules.ts": rulesModule }),
    ...(patient ? { "counters/patience.ts": join(import.meta.dirname, "patience.ts") } : {}),
  };
  const common = { JURISDICTION: "", SUPPORT_PHONE: "+371 6780 3300", LANGUAGES: "lv,en", ...secrets };
  const all = { ...common, ...vars, ...(origin === undefined ? {} : { ORIGIN: origin }) };
  return {
    manifest: Object.keys(others).length === 0 ? shieldManifest() : await shieldManifestWith(others),
    texts: Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, { type: "text" as const, value }]],
      ),
    ),
  };
}

function before(manifest: Manifest, entry: string | undefined): Manifest {
  if (entry === undefined) return manifest;
  return { mainModule: "entry.js", modules: { ...manifest.modules, "entry.js": { type: "esm", contents: entry } } };
}

/** Real workerd with the bare proxy in front of a recording origin, over real sockets. */
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { bundleWorker } from "../lab/bundle.ts";
import { childrenOf, residentBytes } from "../lab/processes.ts";
import { RawConnection, type RawResponse, type ReadOptions, sendRaw } from "../lab/raw-http.ts";
import { type RecordingOrigin, type Seen, startRecordingOrigin } from "../lab/recording-origin.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What the hasty proxy gives the origin to the first byte, ms. The others wait a minute: here the machine may be the slow one. */
export const TIMEOUT_MS = 2000;
const LONG_MS = 60_000;
export const HOST = "portal.example.lv";

/** A service-bound origin: workerd hands it every header, and hands on every one of its own. */
const INSIDE = `export default { async fetch(request) {
  const body = JSON.stringify({ url: request.url, headers: [...request.headers] });
  return new Response(body, { headers: { "Shield-Lane": "spy", "Keep-Alive": "timeout=5", "X-Mine": "stays" } });
} }`;

export interface ProxyLab {
  readonly origin: RecordingOrigin;
  readonly proxyUrl: URL;
  /** The same, soon out of patience. */
  readonly hastyUrl: URL;
  /** A proxy whose origin is a service binding. */
  readonly boundUrl: URL;
  /** A proxy whose origin listens nowhere. */
  readonly deadUrl: URL;
  /** Resident memory of workerd, bytes. */
  memory(): number;
  stop(): Promise<void>;
}

export async function startProxyLab(): Promise<ProxyLab> {
  const origin = await startRecordingOrigin();
  const manifest = await bundleWorker(
    join(import.meta.dirname, "bare-proxy.ts"),
    join(ROOT, ".build/bare-proxy/index.js"),
  );
  const common = { compatibilityDate: "2026-10-20", compatibilityFlags: ["enable_request_signal"] };
  const text = (value: string) => ({ type: "text" as const, value });
  const timeout = { TIMEOUT_MS: text(String(LONG_MS)) };
  const dev = {
    stripCfConnectingIp: false,
    unsafeRegisterWorker: false,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const inside = { mainModule: "index.js", modules: { "index.js": { type: "esm" as const, contents: INSIDE } } };
  const before = childrenOf(process.pid);
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    telemetry: { enabled: false },
    workers: [
      { config: { name: "proxy", ...common, manifest, env: { ...timeout, ORIGIN: text(origin.url) } }, dev },
      {
        config: {
          name: "hasty",
          ...common,
          manifest,
          env: { TIMEOUT_MS: text(String(TIMEOUT_MS)), ORIGIN: text(origin.url) },
        },
        dev,
      },
      {
        config: {
          name: "bound",
          ...common,
          manifest,
          env: { ...timeout, ORIGIN_SERVICE: { type: "worker" as const, worker: "inside" } },
        },
        dev,
      },
      { config: { name: "dead", ...common, manifest, env: { ...timeout, ORIGIN: text("http://127.0.0.1:1") } }, dev },
      { config: { name: "inside", ...common, manifest: inside, env: {} } },
    ],
  });
  await miniflare.ready;
  const workerd = childrenOf(process.pid).filter((child) => !before.includes(child));
  const url = (name: string) => miniflare.unsafeGetDirectURL(name);
  return {
    origin,
    proxyUrl: await url("proxy"),
    hastyUrl: await url("hasty"),
    boundUrl: await url("bound"),
    deadUrl: await url("dead"),
    memory: () => Math.max(0, ...workerd.map(residentBytes)),
    stop: async () => {
      await miniflare.dispose();
      await origin.stop();
    },
  };
}

/** Adds what every request of the tests has. A request line of `GET /x` becomes a whole head. */
export function request(line: string, headers: readonly string[] = [], body: string | Uint8Array = ""): Buffer {
  const length = body.length > 0 ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const head = [`${line} HTTP/1.1`, `Host: ${HOST}`, "CF-Connecting-IP: 198.51.100.7", ...headers, ...length, "", ""];
  return Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), Buffer.from(body)]);
}

export interface Trip {
  readonly seen: Seen;
  readonly response: RawResponse;
}

/** The same bytes to the origin itself and through the proxy. */
export async function bothWays(
  lab: ProxyLab,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<{ readonly bare: Trip; readonly proxied: Trip }> {
  const trip = async (url: URL | string): Promise<Trip> => {
    const response = await sendRaw(url, bytes, options);
    return { response, seen: lab.origin.last() };
  };
  return { bare: await trip(lab.origin.url), proxied: await trip(lab.proxyUrl) };
}

/** Number of requests that a proxy believes to be at the origin. */
export async function inFlight(proxy: URL): Promise<number> {
  const connection = await RawConnection.open(proxy);
  await connection.write(request("GET /.lab/in-flight"));
  const { body } = await connection.read();
  connection.close();
  return Number(body.toString());
}

/** Waits until it holds, half a minute at most; false when it never did. */
export async function becomes(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 1500; i++) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

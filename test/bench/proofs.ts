/**
 * What each kind of proof costs on the way of a request that passes, beside a bare proxy: known to the isolate already
 * (warm), and for the first time (cold). And what tokens and keys cost in CPU time and heap, which nothing limits locally:
 * for where the time goes, run `node --cpu-prof test/bench/bench.ts --only proofs`.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Jwks } from "../../src/identity/jwks.ts";
import { proofKinds } from "../../src/identity/kinds.ts";
import { EndedPasses } from "../../src/identity/pass-ends.ts";
import type { ProofAid } from "../../src/identity/proof.ts";
import { compile } from "../../src/policy/compile.ts";
import { createSealer } from "../../src/seal.ts";
import { ISSUER, Issuer } from "../identity/issuer.ts";
import { DEMO_AUTHORITY, SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../lab/credentials.ts";
import { factsOf } from "../request/requests.ts";
import type { Effort } from "./bench.ts";
import { figure, type Line, ofPairs } from "./line.ts";
import { type Load, request } from "./load.ts";
import { compare, isSound } from "./pairs.ts";
import { sliceOf } from "./paths.ts";
import rules from "./rules.ts";
import { startBareProxy, startPeer } from "./targets.ts";

const ADDRESS = "203.0.113.9";
const PATH = "/app/prescriptions";
const UNIT = "requests/s";
/** More than a slow machine asks for in all slices; then they come again, and are known. */
const COLD_TOKENS = 20_000;
/** The isolate's memory at Cloudflare, MB, and `cpu_ms` of wrangler.toml. */
const ISOLATE_MB = 128;
const CPU_MS = 200;

export async function* proofs({ pairs, sliceMs }: Effort): AsyncGenerator<Line> {
  const issuer = new Issuer("ES256");
  await issuer.addKey("k1");
  yield* tokenWork(issuer);

  const keySet = await issuer.keySet();
  const publisher = createServer((_, response) => response.end(keySet));
  await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
  const keysUrl = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/keys`;
  const secret = randomBytes(32).toString("base64url");
  const [shield, proxy] = await Promise.all([startPeer("shield", 1, { secret, keysUrl }), startBareProxy()]);
  const loads: Load[] = [];
  try {
    for (const [name, next] of Object.entries(await presenters(issuer, secret))) {
      const [ours, base, again] = [shield, proxy, proxy].map((target) => sliceOf(target, next, 200, loads));
      if (!ours || !base || !again) throw new Error("three slices are measured");
      const control = await compare(again, base, Math.ceil(pairs / 2), sliceMs);
      const measured = await compare(ours, base, pairs, sliceMs);
      const goal = name.endsWith("warm") ? 0.9 : undefined;
      yield { ...ofPairs(`${name} ÷ bare proxy`, measured, UNIT, goal), sound: isSound(control) };
    }
  } finally {
    for (const load of loads) load.stop();
    await Promise.all([shield.stop(), proxy.stop()]);
    publisher.close();
  }
}

/** The text of the next request, by kind of proof. */
async function presenters(issuer: Issuer, secret: string): Promise<Readonly<Record<string, () => string>>> {
  const now = Date.now();
  const bearing = (token: string) => asking({ lines: [`Authorization: Bearer ${token}`] });
  const known = await issuer.token(now);
  const fresh = await Promise.all(
    Array.from({ length: COLD_TOKENS }, (_, n) => issuer.token(now, { subject: `s${n}` })),
  );
  const keys = Array.from({ length: 5_000 }, (_, n) => ({ id: `p-${n}`, key: serviceKeyOf(secret, `p-${n}`) }));
  let turn = 0;
  const signed = (n: number): string => {
    const { id, key } = keys[n % keys.length] ?? { id: "", key: Buffer.alloc(0) };
    const header = { id, key, method: "GET", host: "portal.example.lv", target: PATH, timeMs: Date.now() };
    return asking({ lines: [`Shield-Key: ${serviceKeyHeader(header)}`] });
  };
  return {
    "certificate, cold or warm": () =>
      asking({ host: SYSTEMS_HOST, cf: { tlsClientAuth: tlsClientAuth({ serial: "0A", issuer: DEMO_AUTHORITY }) } }),
    "service key, warm": () => signed(0),
    // 5,000 installations in turn: the 2,048 that are remembered are always others.
    "service key, cold": () => signed(turn++),
    "token, warm": () => bearing(known),
    "token, cold": () => bearing(fresh[turn++ % fresh.length] ?? ""),
  };
}

interface More {
  readonly host?: string;
  readonly lines?: readonly string[];
  readonly cf?: object;
}

function asking({ host = "portal.example.lv", lines = [], cf }: More): string {
  const plain = request({ address: ADDRESS, path: PATH }).replace("Host: portal.example.lv", `Host: ${host}`);
  const more = [...lines, ...(cf ? [`MF-CF-Blob: ${JSON.stringify(cf)}`] : [])];
  return plain.replace("\r\n\r\n", `\r\n${more.join("\r\n")}\r\n\r\n`);
}

/** In Node, whose engine and cryptography are those of workerd's kind. */
async function* tokenWork(issuer: Issuer): AsyncGenerator<Line> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heapMb = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const sealer = await createSealer({ current: randomBytes(32).toString("base64url") });
  const now = Date.now();
  const text = await issuer.keySet();
  const outside = {
    fetch: async () => ({ text, fetchedAtMs: now }),
    wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => now,
  };
  const aid: ProofAid = { later: () => undefined, attempts: { mayTry: () => true, noteFailure: () => undefined } };
  const tokens = await Promise.all(Array.from({ length: 4_000 }, (_, n) => issuer.token(now, { subject: `h${n}` })));
  const forged = tokens.map((token, n) => `${token.slice(0, -6)}${String(n).padStart(5, "A")}A`);
  const before = heapMb();
  const kind = proofKinds(compile(rules).proofs, sealer, outside, new EndedPasses()).find(
    ({ name }) => name === "token",
  );
  if (!kind) throw new Error("the bench's rules have no tokens");
  const cost = async (all: readonly string[]): Promise<number> => {
    const facts = all.map((token) => factsOf({ headers: { Authorization: `Bearer ${token}` } }));
    const from = process.cpuUsage();
    for (const each of facts) await kind.check(each, now, aid);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / all.length / 1000;
  };
  const first = await cost(tokens);
  const seen = await cost(tokens.slice(-1_000));
  const garbage = await cost(tokens.slice(0, 1_000).map((token) => `${token.slice(0, 40)}.${token}`));
  const bad = await cost(forged);
  const inTime = (ms: number) => () => ms <= CPU_MS;
  yield figure("token verified for the first time, CPU", first, null, "ms", `≤ ${CPU_MS} ms`, inTime(first));
  yield figure("token known already, CPU", seen, first, "ms", `≤ ${CPU_MS} ms`, inTime(seen));
  yield figure("token forged, CPU", bad, first, "ms", `≤ ${CPU_MS} ms`, inTime(bad));
  yield figure("token that is garbage, CPU", garbage, first, "ms", `≤ ${CPU_MS} ms`, inTime(garbage));
  const heap = heapMb() - before;
  yield figure(
    "tokens: both memories full, heap",
    heap,
    null,
    "MB",
    `≤ ${ISOLATE_MB / 8} MB`,
    () => heap <= ISOLATE_MB / 8,
  );

  const keySets = Array.from({ length: 200 }, () => new Jwks(ISSUER, outside));
  const from = process.cpuUsage();
  for (const keys of keySets) await keys.keyFor("k1", "ES256", aid.later);
  const { user, system } = process.cpuUsage(from);
  const imported = (user + system) / keySets.length / 1000;
  yield figure("key set read, one key imported, CPU", imported, null, "ms", `≤ ${CPU_MS} ms`, inTime(imported));
}

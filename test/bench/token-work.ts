/**
 * What tokens and their issuers' keys cost in CPU time and heap, which nothing limits locally: for where the time goes, run
 * `node --cpu-prof test/bench/bench.ts --only proofs`.
 */
import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Jwks } from "../../src/identity/jwks.ts";
import { proofKinds } from "../../src/identity/kinds.ts";
import { EndedPasses } from "../../src/identity/pass-ends.ts";
import type { ProofAid } from "../../src/identity/proof.ts";
import { compile } from "../../src/policy/compile.ts";
import { createSealer } from "../../src/seal.ts";
import { ISSUER, Issuer } from "../identity/issuer.ts";
import { factsOf } from "../request/requests.ts";
import { figure, type Line } from "./line.ts";
import rules from "./rules.ts";

/** The isolate's memory at Cloudflare, MB, and `cpu_ms` of wrangler.toml. */
const ISOLATE_MB = 128;
const KEYS_OF_ONE_ISSUER = 64;
const CPU_MS = 200;

/** In Node, whose engine and cryptography are those of workerd's kind. */
export async function* tokenWork(issuer: Issuer): AsyncGenerator<Line> {
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
  const kind = proofKinds(compile(rules).proofs, sealer && { sealer, outside, ended: new EndedPasses() }).find(
    ({ name }) => name === "token",
  );
  if (!kind) throw new Error("the bench's rules have no tokens");
  const cost = async (all: readonly string[]): Promise<number> => {
    const facts = all.map((token) => factsOf({ headers: { Authorization: `Bearer ${token}` } }));
    const ms = await cpuMs(async () => {
      for (const each of facts) await kind.check(each, now, aid);
    });
    return ms / all.length;
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
  const importing = await cpuMs(async () => {
    for (const keys of keySets) await keys.keyFor("k1", "ES256", aid.later);
  });
  const imported = importing / keySets.length;
  yield figure("key set read, one key imported, CPU", imported, null, "ms", `≤ ${CPU_MS} ms`, inTime(imported));
  yield* largestKeySet(heapMb, inTime);
}

/** The most that one issuer can make an isolate keep: 64 keys, each of them used. */
async function* largestKeySet(heapMb: () => number, inTime: (ms: number) => () => boolean): AsyncGenerator<Line> {
  const issuer = new Issuer("ES256");
  const names = Array.from({ length: KEYS_OF_ONE_ISSUER }, (_, n) => `k${n}`);
  for (const name of names) await issuer.addKey(name);
  const text = await issuer.keySet();
  const now = Date.now();
  const before = heapMb();
  const keys = new Jwks(ISSUER, {
    fetch: async () => ({ text, fetchedAtMs: now }),
    wait: async () => undefined,
    now: () => now,
  });
  const ms = await cpuMs(async () => {
    for (const name of names)
      if ((await keys.keyFor(name, "ES256", () => undefined)) === null) throw new Error(`${name} is not known`);
  });
  const heap = heapMb() - before;
  const most = `≤ ${ISOLATE_MB / 8} MB`;
  yield figure("key set of 64 keys, all imported, CPU", ms, null, "ms", `≤ ${CPU_MS} ms`, inTime(ms));
  yield figure("key set of 64 keys, all imported, heap", heap, null, "MB", most, () => heap <= ISOLATE_MB / 8);
}

/** CPU time of this process meanwhile, all its threads. */
async function cpuMs(work: () => Promise<void>): Promise<number> {
  const from = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

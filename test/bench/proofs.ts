/**
 * What each kind of proof costs on the way of a request that passes, beside a bare proxy: known to the isolate already
 * (warm), and for the first time (cold). All take turns with the same proxy, and with it once more as the control.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { clearanceCookie, mintClearance } from "../../src/challenge/clearance.ts";
import { networksOf } from "../../src/challenge/network.ts";
import { passCookie } from "../../src/identity/pass.ts";
import { parseAddress } from "../../src/request/address.ts";
import { createSealer } from "../../src/seal.ts";
import { Issuer } from "../identity/issuer.ts";
import { DEMO_AUTHORITY, SYSTEMS_HOST, serviceKeyHeader, serviceKeyOf, tlsClientAuth } from "../lab/credentials.ts";
import type { Effort } from "./bench.ts";
import { type Line, ofPairs } from "./line.ts";
import { type Load, request } from "./load.ts";
import { compareSeveral, isSound, type Slice } from "./pairs.ts";
import { sliceOf } from "./paths.ts";
import { startBareProxy, startPeer, type Target } from "./targets.ts";
import { tokenWork } from "./token-work.ts";

const ADDRESS = "203.0.113.9";
const PATH = "/app/prescriptions";
const UNIT = "requests/s";
/** More than an isolate remembers: 2,048 tokens and installations, 1,024 passes and clearances. */
const COLD_TOKENS = 5_000;
const COLD_KEYS = 5_000;
const COLD_COOKIES = 3_000;
/** More requests than any Worker here answers in a millisecond. */
const MOST_PER_MS = 15;

export async function* proofs({ turns, turnMs }: Effort): AsyncGenerator<Line> {
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
    const kinds = Object.entries(await presenters(issuer, secret));
    const text = request({ address: ADDRESS, path: PATH });
    const [base, again] = [proxy, proxy].map((target) => sliceOf(target, () => text, 200, loads));
    if (!base || !again) throw new Error("the control is measured too");
    const ours = kinds.map(([, next]) => prepared(shield, next, loads));
    const { measured, control } = await compareSeveral(ours, base, again, turns, turnMs);
    yield ofPairs("control: bare proxy ÷ itself", control, UNIT);
    for (const [i, [name]] of kinds.entries()) {
      const ratio = measured[i];
      const goal = name.endsWith("cold") ? undefined : 0.9;
      if (ratio) yield { ...ofPairs(`${name} ÷ bare proxy`, ratio, UNIT, goal), sound: isSound(control) };
    }
  } finally {
    for (const load of loads) load.stop();
    await Promise.all([shield.stop(), proxy.stop()]);
    publisher.close();
  }
}

/** What a slice sends is written before it begins: signing costs the sender as much as verifying costs the shield. */
function prepared(target: Target, next: () => string, loads: Load[]): Slice {
  const texts: string[] = [];
  const slice = sliceOf(target, () => texts.pop() ?? next(), 200, loads);
  return (ms) => {
    while (texts.length < MOST_PER_MS * ms) texts.push(next());
    return slice(ms);
  };
}

/** The text of the next request, by kind of proof. */
async function presenters(issuer: Issuer, secret: string): Promise<Readonly<Record<string, () => string>>> {
  const now = Date.now();
  const sealer = await createSealer({ current: secret });
  if (!sealer) throw new Error("the secret is good");
  const bearing = (token: string) => asking({ lines: [`Authorization: Bearer ${token}`] });
  const cookies = async (count: number, make: (n: number) => Promise<string>): Promise<string[]> => {
    const made = await Promise.all(Array.from({ length: count }, (_, n) => make(n)));
    return made.map((cookie) => asking({ lines: [`Cookie: ${cookie.split(";", 1)[0]}`] }));
  };
  const host = "portal.example.lv";
  const passes = await cookies(COLD_COOKIES, (n) =>
    passCookie(sealer, { session: `s${n}`, ttlS: 3600, lane: "clinician" }, host, now),
  );
  const [network = ""] = await networksOf(sealer, parseAddress(ADDRESS));
  const clearances = await cookies(COLD_COOKIES, async (n) =>
    clearanceCookie(await mintClearance(sealer, { id: `c${n}`, host, network, percent: 100 }, now)),
  );
  const known = await issuer.token(now);
  const fresh = await Promise.all(
    Array.from({ length: COLD_TOKENS }, (_, n) => issuer.token(now, { subject: `s${n}` })),
  );
  const keys = Array.from({ length: COLD_KEYS }, (_, n) => ({ id: `p-${n}`, key: serviceKeyOf(secret, `p-${n}`) }));
  const signed = (n: number): string => {
    const { id, key } = keys[n] ?? { id: "", key: Buffer.alloc(0) };
    const header = { id, key, method: "GET", host, target: PATH, timeMs: Date.now() };
    return asking({ lines: [`Shield-Key: ${serviceKeyHeader(header)}`] });
  };
  const certificate = asking({
    host: SYSTEMS_HOST,
    cf: { tlsClientAuth: tlsClientAuth({ serial: "0A", issuer: DEMO_AUTHORITY }) },
  });
  return {
    // Nothing is computed for it but its holder's name, once.
    "certificate, cold or warm": () => certificate,
    "service key, warm": () => signed(0),
    "service key, cold": inTurn(COLD_KEYS, signed),
    "token, warm": () => bearing(known),
    "token, cold": inTurn(fresh.length, (n) => bearing(fresh[n] ?? "")),
    "pass, warm": () => passes[0] ?? "",
    "pass, cold": inTurn(passes.length, (n) => passes[n] ?? ""),
    "clearance, warm": () => clearances[0] ?? "",
    "clearance, cold": inTurn(clearances.length, (n) => clearances[n] ?? ""),
  };
}

/** One after another and from the beginning again: there are more than are remembered, so each is met as if for the first time. */
function inTurn(count: number, make: (n: number) => string): () => string {
  let turn = 0;
  return () => make(turn++ % count);
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

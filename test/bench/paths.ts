/** The two paths that must be cheap: a client who is denied, and a clinician who passes. */
import { type RawResponse, sendRaw, valuesOf } from "../lab/raw-http.ts";
import type { Effort } from "./bench.ts";
import { type Line, ofPairs } from "./line.ts";
import { Load, perSecond, request } from "./load.ts";
import { compareWithControl, isSound, type Slice } from "./pairs.ts";
import { startBareProxy, startConstant, startHeaderProxy, startPeer, type Target } from "./targets.ts";

const CONNECTIONS = 16;
/** What an attacker's budget lets pass in a slice. */
const STRAYS = 5;
const UNIT = "requests/s";
const ATTACKER = "198.51.100.7";
/** These belong to the connection, not to the answer. */
export const NOT_COPIED = /^(?:transfer-encoding|connection|content-length|date|keep-alive)$/i;

export async function* deniedPath({ turns, turnMs }: Effort): AsyncGenerator<Line> {
  const shield = await startPeer("shield", 1);
  const loads: Load[] = [];
  try {
    const denied = await denyOnce(shield);
    const headers = Object.fromEntries(denied.headers.filter(([name]) => !NOT_COPIED.test(name)));
    const constant = await startConstant(denied.status, headers, denied.body.toString());
    try {
      const text = request({ address: ATTACKER });
      const ours = sliceOf(shield, () => text, 429, loads);
      const base = sliceOf(constant, () => text, 429, loads);
      const again = sliceOf(constant, () => text, 429, loads);
      const { measured, control } = await compareWithControl(ours, base, again, turns, turnMs);
      yield ofPairs("control: constant 429 ÷ itself", control, UNIT);
      yield { ...ofPairs("denied client ÷ constant 429, same headers", measured, UNIT, 0.95), sound: isSound(control) };
    } finally {
      await constant.stop();
    }
  } finally {
    for (const load of loads) load.stop();
    await shield.stop();
  }
}

export async function* passingClinician({ turns, turnMs }: Effort): AsyncGenerator<Line> {
  const [shield, proxy, editor] = await Promise.all([startPeer("shield", 1), startBareProxy(), startHeaderProxy()]);
  const loads: Load[] = [];
  try {
    const text = request({ address: "203.0.113.9", path: "/app/prescriptions", cookie: await signIn(shield) });
    const ours = sliceOf(shield, () => text, 200, loads);
    const base = sliceOf(proxy, () => text, 200, loads);
    const again = sliceOf(proxy, () => text, 200, loads);
    const edits = sliceOf(editor, () => text, 200, loads);
    const { measured, control, beside } = await compareWithControl(ours, base, again, turns, turnMs, edits);
    yield ofPairs("control: bare proxy ÷ itself", control, UNIT);
    yield { ...ofPairs("passing clinician ÷ bare proxy", measured, UNIT, 0.9), sound: isSound(control) };
    if (beside) yield ofPairs("passing clinician ÷ proxy that sets the same headers", beside, UNIT);
  } finally {
    for (const load of loads) load.stop();
    await Promise.all([shield.stop(), proxy.stop(), editor.stop()]);
  }
}

/** One Worker under load. Throws when it is not answered as it should: then nothing is measured. */
export function sliceOf({ ports }: Target, next: () => string, status: number, loads: Load[]): Slice {
  const load = new Load(ports, CONNECTIONS, next);
  loads.push(load);
  return async (ms) => {
    const tally = await load.run(ms);
    const right = tally.statuses.get(status) ?? 0;
    if (right < 0.95 * tally.requests - STRAYS)
      throw new Error(`expected ${status}, got ${JSON.stringify([...tally.statuses])} and ${tally.failed} failures`);
    return perSecond(tally);
  };
}

/** Spends the attacker's burst; returns how the shield then answers. */
async function denyOnce(target: Target): Promise<RawResponse> {
  for (let i = 0; i < 300; i++) {
    const response = await ask(target, request({ address: ATTACKER }));
    if (response.status === 429) return response;
  }
  throw new Error("the shield denied nobody");
}

async function signIn(target: Target): Promise<string> {
  const response = await ask(target, request({ address: "203.0.113.9", path: "/login" }));
  const cookies = valuesOf(response, "Set-Cookie").map((cookie) => cookie.split(";", 1)[0]);
  if (cookies.length === 0) throw new Error(`signing in gave no pass: ${response.status}`);
  return cookies.join("; ");
}

function ask({ ports }: Target, text: string): Promise<RawResponse> {
  return sendRaw(`http://127.0.0.1:${ports[0]}`, text);
}

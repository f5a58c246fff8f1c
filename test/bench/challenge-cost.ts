/** What the challenge costs the shield: puzzles, proofs, garbage, its page, and ten million forged seals. */
import { randomBytes } from "node:crypto";
import { createSealer } from "../../src/seal.ts";
import { sendRaw } from "../lab/raw-http.ts";
import { mutate } from "../mutations.ts";
import type { Effort } from "./bench.ts";
import { figure, type Line, ofPairs } from "./line.ts";
import { type Load, request } from "./load.ts";
import { compareWithControl, isSound } from "./pairs.ts";
import { NOT_COPIED, sliceOf } from "./paths.ts";
import { startChallengeSteps, startConstant, startPeer } from "./targets.ts";

const STEPS = [
  ["issue", "a puzzle issued", null],
  ["verify", "a proof verified", null],
  ["forged", "a proof whose challenge is forged", 50],
  ["garbage", "a proof that is 4,000 bytes of garbage", 50],
  ["ticket", "a page's ticket and support code", null],
] as const;
const ROUNDS = 2000;
const REPEATS = 7;
const GARBAGE_POSTS = 150;
const MUTATIONS = 10_000_000;
const VISITOR = "198.51.100.7";

export async function* challengeCost(effort: Effort): AsyncGenerator<Line> {
  yield* steps();
  yield* garbageOverHttp();
  yield* pageBesidePrebuilt(effort);
}

/** Inside workerd, whose clock stands still while it computes: so from outside, by the difference of two lengths. */
async function* steps(): AsyncGenerator<Line> {
  const target = await startChallengeSteps();
  try {
    const time = async (step: string, rounds: number): Promise<number> => {
      const from = performance.now();
      await fetch(`http://127.0.0.1:${target.ports[0]}/${step}?rounds=${rounds}`);
      return performance.now() - from;
    };
    for (const [step, name, mostUs] of STEPS) {
      await time(step, ROUNDS);
      const us: number[] = [];
      for (let i = 0; i < REPEATS; i++) us.push(((await time(step, ROUNDS)) - (await time(step, 0))) * (1000 / ROUNDS));
      const median = us.sort((a, b) => a - b)[REPEATS >> 1] ?? Number.NaN;
      yield mostUs === null
        ? figure(name, median, null, "µs")
        : figure(name, median, mostUs, "µs", `≤ ${mostUs} µs`, () => median <= mostUs);
    }
  } finally {
    await target.stop();
  }
}

async function* garbageOverHttp(): AsyncGenerator<Line> {
  const shield = await startPeer("shield", 1);
  try {
    const foreign = await createSealer({ current: randomBytes(32).toString("base64url") });
    const challenge = await foreign?.seal("puzzle", [
      "id",
      1,
      Date.now(),
      Date.now() + 60_000,
      "portal.example.lv",
      "",
    ]);
    const body = JSON.stringify({ challenge, answers: Array(8).fill(0) });
    let refused = 0;
    for (let i = 0; i < GARBAGE_POSTS; i++) {
      const head = `POST /.shield/redeem HTTP/1.1\r\nHost: portal.example.lv\r\nCF-Connecting-IP: ${VISITOR}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      const { status } = await sendRaw(`http://127.0.0.1:${shield.ports[0]}`, head + body);
      if (status === 403) refused++;
    }
    if (refused < GARBAGE_POSTS) throw new Error(`${GARBAGE_POSTS - refused} forged proofs were not refused`);
    const { spends = Number.NaN } = await shield.calls();
    yield figure(`calls of objects to spend ${refused} forged proofs`, spends, 0, "calls", "0", () => spends === 0);
  } finally {
    await shield.stop();
  }
}

/** The challenge page of a GET, each with a ticket of its own, beside a Worker that returns the same bytes to everybody. */
async function* pageBesidePrebuilt({ turns, turnMs }: Effort): AsyncGenerator<Line> {
  const shield = await startPeer("shield", 1);
  const loads: Load[] = [];
  try {
    // From many addresses, or their own budgets would be measured.
    const texts = Array.from({ length: 65_536 }, (_, i) =>
      request({ address: `198.18.${i >> 8}.${i & 255}`, path: "/challenged", navigation: true }),
    );
    let next = 0;
    const text = () => texts[next++ % texts.length] ?? "";
    const page = await sendRaw(`http://127.0.0.1:${shield.ports[0]}`, text());
    const headers = Object.fromEntries(page.headers.filter(([name]) => !NOT_COPIED.test(name)));
    const constant = await startConstant(page.status, headers, page.body.toString());
    try {
      const ours = sliceOf(shield, text, 403, loads);
      const base = sliceOf(constant, text, 403, loads);
      const again = sliceOf(constant, text, 403, loads);
      const { measured, control } = await compareWithControl(ours, base, again, turns, turnMs);
      yield ofPairs("control: constant page ÷ itself", control, "requests/s");
      const name = `challenge page (${page.body.length} bytes) ÷ constant page`;
      yield { ...ofPairs(name, measured, "requests/s", 0.9), sound: isSound(control) };
    } finally {
      await constant.stop();
    }
  } finally {
    for (const load of loads) load.stop();
    await shield.stop();
  }
}

export async function* sealMutations({ floodMs }: Effort): AsyncGenerator<Line> {
  const sealer = await createSealer({ current: randomBytes(32).toString("base64url") });
  if (!sealer) throw new Error("32 random bytes are a good secret");
  const token = await sealer.seal("clearance", ["3f2a", Date.now(), Date.now() + 60_000, "portal.example.lv", "net"]);
  const { tried, accepted } = await mutate(sealer, "clearance", token, MUTATIONS, floodMs * 30);
  yield figure(`forged seals accepted of ${tried}`, accepted, 0, "seals", "0", () => accepted === 0);
}

/**
 * One page, and all the ways in that it offers, tried a thousand times at once from 64 addresses at four edges, while the shards
 * restart: each of its proofs, the puzzle and the ticket, buys one clearance at the most.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { search } from "../../src/challenge/browser/search.ts";
import { type Clearance, readClearance } from "../../src/challenge/clearance.ts";
import type { Puzzle } from "../../src/challenge/puzzle.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

const SHIELD_SECRET = randomBytes(32).toString("base64url");
const EDGES = 4;
const ADDRESSES = 64;
const AT_ONCE = 1_000;
/** The real objects, which can be restarted as an eviction or a deploy does it. */
const RESTARTABLE = `
import { ClientCounter as Counter, Watch } from "./index.js";
export { Watch };
export class ClientCounter extends Counter {
  restart() {
    this.ctx.abort("restarted by a test");
  }
}
export default {
  async fetch(_, env) {
    const shards = Array.from({ length: 16 }, (_, n) => env.COUNTERS.getByName("s" + String(n).padStart(2, "0")));
    await Promise.allSettled(shards.map((shard) => shard.restart()));
    return new Response();
  },
};
`;

let running: Lab;
let sealer: Sealer;
beforeAll(async () => {
  running = await startEdges({
    edges: EDGES,
    portalCapacity: 0,
    rulesModule: join(import.meta.dirname, "../lab/roomy-rules.ts"),
    objectsEntry: RESTARTABLE,
    vars: { SHIELD_SECRET, ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
  const made = await createSealer({ current: SHIELD_SECRET });
  if (!made) throw new Error("a weak secret");
  sealer = made;
  const posture = { site: "e-health portal", posture: "elevated", minutes: 60, reason: "a test" };
  expect((await lab.operate(edge(0), "/.shield/posture", posture)).status).toBe(200);
});
afterAll(() => running?.stop());

function edge(i: number): URL {
  const url = running.shieldUrls[i % EDGES];
  if (!url) throw new Error("the lab has no shield");
  return url;
}
const restartShards = () => fetch(running.objectsUrl ?? "");

/** Each in a prefix of its own: what a prefix may be given is not what is tested. */
const from = (i: number) => ({ "CF-Connecting-IP": `100.64.${i % ADDRESSES}.7` });

interface Ways {
  readonly waited: string;
  readonly granted: string;
  readonly proof: { readonly challenge: string; readonly answers: readonly number[] };
}

function post(path: string, said: unknown, i: number): Promise<lab.Got> {
  const headers = { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", ...from(i) };
  return lab.ask(edge(i), path, { method: "POST", headers, body: JSON.stringify(said) });
}
const redeem = (proof: unknown, i: number) => post("/.shield/redeem", proof, i);
const newPuzzle = async (i: number) => JSON.parse((await post("/.shield/puzzle", {}, i)).body) as Puzzle;
const open = (link: string, i: number) => lab.ask(edge(i), link, { headers: { ...lab.NAVIGATION, ...from(i) } });

/** A page that is old enough to open by itself, whose code the help desk has let in, and whose puzzle is solved. */
async function readyPages(count: number): Promise<readonly Ways[]> {
  const pages = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      // The other edges hear of the posture a little later.
      const page = await lab.ask(edge(0), "/news", { headers: { ...lab.NAVIGATION, ...from(i) } });
      const [, waited = ""] = /url=(\/\.shield\/enter\?[^"]+)"/.exec(page.body) ?? [];
      const { id, hashes, difficulty, challenge } = await newPuzzle(i);
      const answers = hashes.map((hash, index) => search({ id, index, hash, limit: difficulty }));
      const way = waited.replaceAll("&amp;", "&");
      return {
        code: page.headers["shield-support"],
        waited: way,
        granted: `${way}&desk=1`,
        proof: { challenge, answers },
      };
    }),
  );
  await pause(20_500); // what strangers wait for, by the shield's clock
  for (const { code } of pages) expect((await lab.operate(edge(0), "/.shield/grant", { code })).status).toBe(200);
  return pages;
}

/** By all of its ways at once, in turn. */
function tryAll({ waited, granted, proof }: Ways, times: number): Promise<readonly lab.Got[]> {
  const ways = [
    (i: number) => redeem(proof, i),
    (i: number) => open(waited, i),
    (i: number) => redeem(proof, i),
    (i: number) => open(granted, i),
  ];
  return Promise.all(Array.from({ length: times }, (_, i) => ways[i % ways.length]?.(i >> 2) ?? redeem(proof, i)));
}

async function clearancesIn(answers: readonly lab.Got[]): Promise<readonly Clearance[]> {
  const cookies = answers.map(lab.cookiesOf).filter((cookie) => cookie.startsWith("__Host-shield-clearance="));
  const read = cookies.map((cookie) => readClearance(sealer, cookie.split("=")[1] ?? "", lab.HOST, Date.now()));
  const clearances = (await Promise.all(read)).filter((clearance) => clearance !== null);
  expect(clearances).toHaveLength(cookies.length);
  return clearances;
}

const idOf = ({ waited }: Ways) => /ticket=a([0-9a-f]{32})/.exec(waited)?.[1];

/** Its id is the key of a clearance's budget: two of one id are one budget, and never two whole ones. */
function expectOneOfEach(clearances: readonly Clearance[], page: Ways): void {
  const byTicket = clearances.filter(({ id }) => id === idOf(page));
  const byPuzzle = clearances.filter(({ id }) => id !== idOf(page));
  expect(byTicket.length).toBeLessThanOrEqual(1);
  expect(new Set(byPuzzle.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
  expect(byPuzzle.filter(({ percent }) => percent === 100).length).toBeLessThanOrEqual(1);
}

it("gives one clearance for a puzzle and one for a ticket, whichever way it came, also over a restart of the shards", async () => {
  const [page, other] = await readyPages(2);
  if (!page || !other) throw new Error("there are no pages");

  // Whose answer did not come in time finds it when she asks again.
  const won = [...(await clearancesIn(await tryAll(page, AT_ONCE)))];
  while (new Set(won.map(({ id }) => id)).size < 2) won.push(...(await clearancesIn(await tryAll(page, ADDRESSES))));
  expectOneOfEach(won, page);
  expect(won.filter(({ id }) => id === idOf(page))).toHaveLength(1);
  expect(new Set(won.map(({ id }) => id)).size).toBe(2);
  await restartShards();
  expect(await clearancesIn(await tryAll(page, AT_ONCE))).toEqual([]);

  const [inTheirMidst] = await Promise.all([tryAll(other, AT_ONCE), restartShards().then(restartShards)]);
  expectOneOfEach(await clearancesIn([...inTheirMidst, ...(await tryAll(other, AT_ONCE))]), other);
});

it("takes neither for the other", async () => {
  const page = await lab.ask(edge(0), "/news", { headers: { ...lab.NAVIGATION, ...from(0) } });
  const [, ticket = ""] = /ticket=(\w+)/.exec(page.body) ?? [];
  const { challenge } = await newPuzzle(0);
  const asProof = await redeem({ challenge: ticket, answers: Array(8).fill(0) }, 0);
  const asTicket = await open(`/.shield/enter?ticket=${encodeURIComponent(challenge)}&to=%2Fnews&desk=1`, 0);
  expect([asProof.status, asTicket.status, asTicket.headers.location]).toEqual([403, 303, `http://${lab.HOST}/`]);
  expect([lab.cookiesOf(asProof), lab.cookiesOf(asTicket)]).toEqual(["", ""]);
});

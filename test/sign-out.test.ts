/** Whoever signs out is signed out everywhere, copies of her cookie included: the production bundle over real sockets. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "./lab/edge.ts";
import * as lab from "./lab/visitors.ts";

/** Counts in the Worker of the objects how often the watch is told; asked, it says so. */
const COUNTING = `
import { ClientCounter, Watch as Book } from "./index.js";
export { ClientCounter };
let told = 0;
export class Watch extends Book {
  endPass(...pass) { told++; return super.endPass(...pass); }
}
export default { fetch: () => new Response(String(told)) };
`;

let running: Lab;
beforeAll(async () => {
  running = await startEdges({
    edges: 3,
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "lab/vouching-echo-rules.ts"),
    objectsEntry: COUNTING,
  });
});
afterAll(() => running.stop());

const edge = (i = 0): URL => running.shieldUrls[i] ?? new URL("http://nowhere");
const laneAt = async (i: number, Cookie: string) =>
  lab.seenByOrigin(await lab.ask(edge(i), "/echo/x", { headers: { Cookie } }), "shield-lane");
const untilAllSee = (Cookie: string, lane: string) =>
  lab.eventually(
    () => Promise.all([0, 1, 2].map((i) => laneAt(i, Cookie))),
    (lanes) => lanes.every((one) => one === lane),
  );
const signOut = (Cookie: string) => lab.ask(edge(), "/logout", { method: "POST", headers: { Cookie } });
const told = async () => Number(await (await fetch(running.objectsUrl ?? edge())).text());

it("a copy of her cookie is worth nothing where she signed out at once, and elsewhere soon", async () => {
  const stolen = await lab.signIn(edge(), "dr.ozola");
  await untilAllSee(stolen, "clinician");
  const out = await signOut(stolen);
  expect(lab.cookiesOf(out)).toMatch(/__Host-shield-pass=(;|$)/);
  expect(await laneAt(0, stolen)).toBe("unknown");
  await untilAllSee(stolen, "unknown");

  const anew = await lab.signIn(edge(1), "dr.ozola");
  await untilAllSee(anew, "clinician");
});

it("the watch is told once, however often the same pass signs out, and of nobody who had none", async () => {
  const says = (ttl: number) => `/echo/x?vouch=${encodeURIComponent(`session-1; ttl=${ttl}; lane=clinician`)}`;
  const signOutAgain = (headers: Record<string, string>) => lab.ask(edge(), says(0), { headers });
  const before = await told();
  for (const Cookie of ["", "__Host-shield-pass=forged"]) await signOutAgain({ Cookie });
  expect(await told()).toBe(before);
  const Cookie = lab.cookiesOf(await lab.ask(edge(), says(3600)));
  expect(await laneAt(0, Cookie)).toBe("clinician");
  for (let again = 0; again < 20; again++) await signOutAgain({ Cookie });
  await lab.eventually(told, (times) => times > before);
  expect(await told()).toBe(before + 1);
  // The origin vouches for the very same session again: that pass is a later one, and good.
  const anew = lab.cookiesOf(await lab.ask(edge(), says(3600)));
  expect([await laneAt(0, Cookie), await laneAt(0, anew)]).toEqual(["unknown", "clinician"]);
});

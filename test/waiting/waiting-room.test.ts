/** The waiting room through the production bundle: who waits, what she is shown, what becomes of her place. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as visitors from "../lab/visitors.ts";

let lab: Lab;
let edge: URL;
let other: URL;
let doctor = "";
beforeAll(async () => {
  lab = await startEdges({
    edges: 2,
    portalCapacity: 0,
    patient: true,
    rulesModule: join(import.meta.dirname, "small-origin-rules.ts"),
    vars: { ADMIN_HOST: visitors.ADMIN_HOST, SHIELD_ADMIN_TOKEN: visitors.ADMIN_TOKEN },
  });
  [edge = edge, other = other] = lab.shieldUrls;
  doctor = await visitors.signIn(edge, "dr.ozola");
  // As in calm: a crowd of readers, no attack. Strangers are not asked for anything.
  const posture = { site: "e-health portal", posture: "normal", minutes: 30, reason: "a crowd, no attack" };
  expect((await visitors.operate(edge, "/.shield/posture", posture)).status).toBe(200);
});
afterAll(async () => {
  crowd = false;
  await lab.stop();
});
let crowd = true;

const look = (where: URL, cookie = "", address = visitors.freshAddress()) =>
  visitors.ask(where, "/news", {
    headers: { ...visitors.NAVIGATION, "CF-Connecting-IP": address, ...(cookie === "" ? {} : { Cookie: cookie }) },
  });
const waits = ({ headers }: visitors.Got): boolean => headers["shield-mitigated"] === "wait";
const placeIn = (got: visitors.Got): string => visitors.cookiesOf(got);

it("gives a crowd places in line, serves it in turn, and lets doctors pass", async () => {
  // A crowd at both edges until there is a line: a newcomer then waits although nobody else asks.
  // They do not come more slowly because the machine is slow.
  const rush = (async () => {
    const coming = new Set<Promise<unknown>>();
    for (; crowd; await pause(100))
      for (let i = 0; i < 4 && coming.size < 100; i++) {
        const one = look(i & 1 ? edge : other).finally(() => coming.delete(one));
        coming.add(one);
      }
    await Promise.all(coming);
  })();
  const mine = "203.0.113.200";
  const [first] = await visitors.eventually(
    () => Promise.all([look(edge, "", mine), look(other)]),
    (everywhere) => everywhere.every((got) => waits(got) && /kārta pienāks/.test(got.body)),
  );

  // The page: what, when, and that the place is kept; without a script too; not back before 20 s.
  expect(first.status).toBe(503);
  expect(placeIn(first)).toMatch(/^__Host-shield-place=/);
  for (const words of ["jūs esat rindā", "saglabāta šajā pārlūkā", "you are in the queue", "We expect your turn"])
    expect(first.body).toContain(words);
  const refresh = Number(/<noscript><meta http-equiv="refresh" content="(\d+)">/.exec(first.body)?.[1]);
  expect(refresh).toBeGreaterThanOrEqual(20);
  expect(first.headers["cache-control"]).toBe("no-store");

  // One place, whichever tab and edge shows it; others cannot use it.
  const back = await look(other, placeIn(first), mine);
  expect(waits(back)).toBe(true);
  expect(back.body).toMatch(/kārta pienāks|kārta ir pienākusi/);

  // A doctor passes, a program is told in its own media type.
  const hers = await visitors.ask(edge, "/app/prescriptions", {
    headers: { ...visitors.NAVIGATION, Cookie: doctor },
  });
  expect([hers.status, hers.headers["shield-mitigated"]]).toEqual([200, undefined]);
  // Programs stand in no line: they try for room half a second long. In that an origin that bears 20 a second cannot take 60.
  const refused: visitors.Got[] = [];
  while (refused.length < 20) {
    const programs = await Promise.all(
      Array.from({ length: 60 }, () => visitors.ask(edge, "/news", { headers: { Accept: "application/json" } })),
    );
    refused.push(...programs.filter(({ status }) => status !== 200));
  }
  for (const { status, headers } of refused) {
    expect([status, headers["content-type"]]).toEqual([503, "application/problem+json"]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(headers["set-cookie"]).toBeUndefined();
  }

  // The crowd leaves: her turn comes, her place is good in every edge, and the page opens.
  crowd = false;
  await rush;
  let turn = back;
  while (waits(turn)) {
    await pause(1000);
    turn = await look(other, placeIn(first), mine);
  }
  expect([turn.status, turn.headers["shield-mitigated"]]).toEqual([200, undefined]);
});

/** Shards that hang, lose their answer or restart just when a form is marked as sent: it is neither lost nor sent twice. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { carriedBy, type FormLab, type Got, page, post, sendAgain, startFormLab } from "./lab.ts";

/** The real objects; on demand they have a bad day. Modes are set by asking this Worker. */
const TROUBLED = `
import { ClientCounter as Counter, Watch } from "./index.js";
export { Watch };
let mode = "well";
let marks = 0;
export class ClientCounter extends Counter {
  async markSent(...asked) {
    if (mode === "hangs") return new Promise(() => undefined);
    const answer = super.markSent(...asked);
    marks++;
    if (mode === "falls silent") return new Promise(() => undefined);
    if (mode === "restarts before it is written") this.ctx.abort("restarted by a test");
    if (mode === "restarts after it is written") {
      await this.ctx.storage.sync();
      this.ctx.abort("restarted by a test");
    }
    return answer;
  }
  unmarkSent(...asked) {
    if (mode !== "well") return new Promise(() => undefined);
    return super.unmarkSent(...asked);
  }
  restart() {
    this.ctx.abort("restarted by a test");
  }
}
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/mode") mode = searchParams.get("is");
    if (pathname === "/restart")
      for (let n = 0; n < 16; n++)
        await env.COUNTERS.getByName("s" + String(n).padStart(2, "0")).restart().catch(() => undefined);
    return new Response(String(marks));
  },
};
`;

let lab: FormLab;
beforeAll(async () => {
  lab = await startFormLab({ objectsEntry: TROUBLED });
});
afterAll(() => lab.stop());

const HERS = { "CF-Connecting-IP": "198.51.100.9" };
const at = (path: string) => new URL(path, lab.shield);

async function tell(path: string): Promise<string> {
  if (!lab.edges.objectsUrl) throw new Error("the objects cannot be told anything");
  return (await fetch(new URL(path, lab.edges.objectsUrl))).text();
}
const become = (mode: string) => tell(`/mode?is=${encodeURIComponent(mode)}`);

const turnedAway = (path: string): Promise<Got> => post(at(path), "a=1", { ...HERS, "User-Agent": "impatient" });

/** As long as nobody knows whether it was sent it is kept back, and given back. */
function expectKept(got: Got): void {
  expect([got.status, got.headers["shield-mitigated"]]).toEqual([503, "wait"]);
  expect(carriedBy(got)).not.toBeNull();
}

/** Where the machine is busy, a shard that is well may be late all the same: then she sends what came back. */
async function sendUntilHeard(page: Got): Promise<Got> {
  const answer = await sendAgain(page, HERS);
  return answer.status === 503 ? sendUntilHeard(answer) : answer;
}

it.each(["hangs", "falls silent", "restarts before it is written", "restarts after it is written"])(
  "while a shard %s nothing is sent; once it is well the form is, once",
  async (mode) => {
    const path = `/limit/${mode.replaceAll(" ", "-")}`;
    const first = await turnedAway(path);
    await become(mode);
    let got = await sendAgain(first, HERS);
    expectKept(got);
    got = await sendAgain(got, HERS);
    expectKept(got);
    expect(lab.posts(path)).toEqual([]);
    await become("well");
    expect((await sendUntilHeard(got)).status).toBe(200);
    for (const page of [first, got]) expect((await sendUntilHeard(page)).body).toContain("jau nosūtīta");
    expect(lab.posts(path)).toHaveLength(1);
  },
);

it("that a form was sent is known across a restart", async () => {
  const got = await turnedAway("/limit/restarted");
  expect((await sendUntilHeard(got)).status).toBe(200);
  await tell("/restart");
  expect((await sendUntilHeard(got)).body).toContain("jau nosūtīta");
  expect(lab.posts("/limit/restarted")).toHaveLength(1);
});

it("pressed twice while a shard falls silent: what the first press sent, the second page does not send again", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = () => {};
  const there = new Promise<"there">((resolve) => {
    arrived = () => resolve("there");
  });
  lab.origin.on("/limit/twice", async (seen, response, request) => {
    arrived();
    await held;
    await page("<h1>Saglabāts</h1>")(seen, response, request);
  });
  const got = await turnedAway("/limit/twice");
  let first = sendAgain(got, HERS);
  // Where the machine is busy it may come back before it is heard of: then she presses again.
  for (let page = await Promise.race([there, first]); page !== "there"; page = await Promise.race([there, first])) {
    expectKept(page);
    first = sendAgain(page, HERS);
  }
  await become("hangs");
  const second = await sendAgain(got, HERS);
  expectKept(second);
  await become("well");
  expect((await sendUntilHeard(second)).body).toContain("jau nosūtīta");
  release();
  expect((await first).status).toBe(200);
  expect(lab.posts("/limit/twice")).toHaveLength(1);
});

it("an origin out of reach while no mark can be taken back: the form stays good", async () => {
  const dead = await startFormLab({ objectsEntry: TROUBLED });
  try {
    const mode = (is: string) => fetch(new URL(`/mode?is=${is}`, dead.edges.objectsUrl ?? ""));
    const url = new URL("/limit/unreached", dead.shield);
    let got = await post(url, "a=1", { ...HERS, "User-Agent": "impatient" });
    await dead.origin.stop();
    for (const is of ["unmarks%20nothing", "well", "unmarks%20nothing"]) {
      await mode(is);
      got = await sendUntilHeard(got);
      expect([got.status, got.body.includes("vēl nav nodots tālāk")]).toEqual([502, true]);
      expect(carriedBy(got)).not.toBeNull();
    }
  } finally {
    await dead.edges.stop();
  }
});

/** Passes that ended before their time: what an isolate believes, and how the news travels. */
import { describe, expect, it } from "vitest";
import { Shard } from "../../src/counters/shard.ts";
import { passCookie } from "../../src/identity/pass.ts";
import {
  EndedPasses,
  idOf,
  PASS_ENDS_MAX,
  PASS_ENDS_PER_MESSAGE,
  PassEndLog,
  type PassEnds,
} from "../../src/identity/pass-ends.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import { PassEndBook, type PassEndRows } from "../../src/watch/pass-end-book.ts";
import { facts } from "../policy/subjects.ts";
import { desk, NOW, sealerOf } from "./proving.ts";

const [HERS, HIS] = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"];
const DAY_MS = 86_400_000;
const ends = (...list: readonly (readonly [principal: string, at: number])[]): PassEnds => ({
  ids: Float64Array.from(list, ([principal]) => idOf(principal)),
  at: Float64Array.from(list, ([, at]) => at),
});

describe("a pass whose bearer signed out", () => {
  it("proves nothing any more, and is no known device either", async () => {
    const sealer = await sealerOf();
    const ended = new EndedPasses();
    const isolate = await desk({ sealer, ended });
    const cookie = await passCookie(sealer, { session: "s", ttlS: 3600, lane: "clinician" }, "portal.example.lv", NOW);
    const pass = cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));
    const asked = facts({ cookies: { ...NO_COOKIES, pass } });
    const { principal, lane } = await isolate.prove(asked, NOW + 1);
    expect(lane).toBe("clinician");
    ended.note(principal ?? "", NOW + 2);
    for (const later of [3, 2 * DAY_MS])
      expect(await isolate.prove(asked, NOW + later)).toMatchObject({
        lane: "unknown",
        knownDevice: false,
        refusal: { proof: "pass", why: "revoked" },
      });
  });
  it("leaves a later one of the same session alone, and everybody else's", () => {
    const ended = new EndedPasses();
    ended.learn(ends([HERS, NOW]));
    expect([ended.has(HERS, NOW), ended.has(HERS, NOW + 1), ended.has(HIS, NOW)]).toEqual([true, false, false]);
  });
  it("stays ended when older news of the same session comes late", () => {
    const ended = new EndedPasses();
    ended.note(HERS, NOW + 9);
    ended.learn(ends([HERS, NOW]));
    expect([ended.has(HERS, NOW + 9), ended.knownUntil]).toEqual([true, NOW]);
  });
});

describe("what is kept of sign-outs", () => {
  const many = (count: number, from = 0): PassEnds => ({
    ids: Float64Array.from({ length: count }, (_, i) => from + i),
    at: Float64Array.from({ length: count }, (_, i) => NOW + from + i),
  });
  it("is bounded: the oldest are forgotten first", () => {
    const log = new PassEndLog();
    log.learn(many(PASS_ENDS_MAX + 10));
    expect([log.knownFrom, log.knownUntil]).toEqual([NOW + 10, NOW + PASS_ENDS_MAX + 9]);
  });
  it("reaches whoever knows nothing in four messages, in order", () => {
    const log = new PassEndLog();
    log.learn(many(PASS_ENDS_MAX));
    const reader = new PassEndLog();
    for (let messages = 0; messages < PASS_ENDS_MAX / PASS_ENDS_PER_MESSAGE; messages++) {
      const news = log.after(reader.knownUntil);
      if (news) reader.learn(news);
    }
    expect([reader.knownFrom, reader.knownUntil, log.after(reader.knownUntil)]).toEqual([
      log.knownFrom,
      log.knownUntil,
      null,
    ]);
  });
  it("rides with a shard's reply to each isolate once, and stays out of the orders", () => {
    const shard = new Shard({ shard: 0, count: 1 });
    const isolate = new EndedPasses();
    const exchange = () => {
      const reply = shard.exchange(
        {
          isolate: "i",
          spendings: { keys: new Uint32Array(0), spentMs: new Float64Array(0) },
          sites: [],
          passEndsKnown: isolate.knownUntil,
        },
        NOW,
      );
      if (reply.passEnds) isolate.learn(reply.passEnds);
      return reply;
    };
    const order = { site: "a", posture: "normal", because: "", unitsPerSecond: 1 } as const;
    expect(exchange()).not.toHaveProperty("passEnds");
    shard.obey([{ ...order, passEnds: ends([HERS, NOW]) }], NOW);
    expect(exchange().sites[0]).not.toHaveProperty("passEnds");
    expect(isolate.has(HERS, NOW)).toBe(true);
    expect(exchange()).not.toHaveProperty("passEnds");
    expect(shard.known.passEndsKnown).toBe(NOW);
  });
});

describe("the watch's book of sign-outs", () => {
  function table(): PassEndRows & { readonly rows: Map<number, number> } {
    const rows = new Map<number, number>();
    return {
      rows,
      read: () => ({ ids: Float64Array.from(rows.values()), at: Float64Array.from(rows.keys()) }),
      write: (id, at) => void rows.set(at, id),
      removeBefore: (at) => {
        for (const when of rows.keys()) if (when < at) rows.delete(when);
      },
    };
  }
  it("keeps them apart when they come in the same millisecond, and when its clock was set back", () => {
    const book = new PassEndBook(table());
    book.end(HERS, NOW);
    book.end(HIS, NOW - 50);
    expect([...(book.newsFor(0)?.at ?? [])]).toEqual([NOW, NOW + 1]);
    expect(book.newsFor(NOW + 1)).toBeNull();
  });
  it("knows after a restart what it knew, and deletes what no pass can outlive", () => {
    const rows = table();
    new PassEndBook(rows).end(HERS, NOW);
    const restarted = new PassEndBook(rows);
    const reader = new EndedPasses();
    const news = restarted.newsFor(0);
    if (news) reader.learn(news);
    expect(reader.has(HERS, NOW)).toBe(true);
    restarted.purge(NOW + 90 * DAY_MS);
    expect(rows.rows.size).toBe(1);
    restarted.purge(NOW + 90 * DAY_MS + 1);
    expect(rows.rows.size).toBe(0);
  });
});

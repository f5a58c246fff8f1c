/** Entry without the puzzle: by waiting, or by the help desk's word. */
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { readClearance } from "../../src/challenge/clearance.ts";
import { type EntryContext, enter, waitSeconds } from "../../src/challenge/enter.ts";
import { codeOf, issueTicket, readTicket, type Stopped, TICKET_TTL_MS } from "../../src/challenge/ticket.ts";
import { POSTURES } from "../../src/policy/verdict.ts";
import type { Sealer } from "../../src/seal.ts";
import { parseCode } from "../../src/support-code.ts";
import { HOST, MINUTE_MS, memorySpend, NOW_MS, newPuzzle, newSealer, OPEN } from "./lab.ts";

const STOPPED: Stopped = {
  host: HOST,
  target: "/news?page=3",
  reason: "elevated",
  lane: "unknown",
  posture: "elevated",
};
const WAIT_S = 20;
const IN_TIME = NOW_MS + WAIT_S * 1000;

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

const newTicket = (different: Partial<Stopped> = {}) =>
  issueTicket(sealer, { ...STOPPED, ...different }, NOW_MS, new Uint8Array(randomBytes(16)));

function contextWith(different: Partial<EntryContext> = {}): EntryContext {
  return {
    host: HOST,
    network: async () => "net-1",
    waitS: WAIT_S,
    waiting: OPEN,
    takeGrant: null,
    spend: memorySpend().spend,
    ...different,
  };
}

describe("a ticket", () => {
  it("is unique, and so is its support code, which people can read out", async () => {
    const tickets = await Promise.all(Array.from({ length: 500 }, () => newTicket()));
    expect(new Set(tickets).size).toBe(500);
    expect(new Set(tickets.map(codeOf)).size).toBe(500);
    for (const ticket of tickets) expect(codeOf(ticket)).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
  });

  it("is void when expired, from the future, of another host, or no ticket", async () => {
    const ticket = await newTicket();
    const read = (token: string, host = HOST, nowMs = NOW_MS) => readTicket(sealer, token, host, nowMs);
    expect(await read(ticket)).toMatchObject({ target: "/news?page=3", reason: "elevated" });
    expect(await read(ticket, HOST, NOW_MS + TICKET_TTL_MS)).toBeNull();
    expect(await read(ticket, HOST, NOW_MS - MINUTE_MS - 1)).toBeNull();
    expect(await read(ticket, "nvd.example.lv")).toBeNull();
    expect(await read((await newPuzzle(sealer)).challenge)).toBeNull();
    expect(await read("")).toBeNull();
  });

  it("keeps no target that is too long", async () => {
    const ticket = await newTicket({ target: `/${"x".repeat(512)}` });
    expect(await readTicket(sealer, ticket, HOST, NOW_MS)).toMatchObject({ target: "/" });
  });
});

describe("whoever waits", () => {
  it("gets half a budget, once, and not a second too early", async () => {
    const ticket = await newTicket();
    const context = contextWith();
    expect(await enter(sealer, ticket, context, IN_TIME - 1)).toEqual({
      kind: "early",
      target: "/news?page=3",
      secondsLeft: 5,
    });
    const entry = await enter(sealer, ticket, context, IN_TIME);
    if (entry.kind !== "cleared") throw new Error(entry.kind);
    expect(await readClearance(sealer, entry.clearance, HOST, IN_TIME)).toMatchObject({
      percent: 50,
      network: "net-1",
    });
    expect(await enter(sealer, ticket, context, IN_TIME)).toMatchObject({ kind: "used" });
  });

  it("is one of 1,000 who try the same ticket at once", async () => {
    const ticket = await newTicket();
    const context = contextWith();
    const entries = await Promise.all(Array.from({ length: 1000 }, () => enter(sealer, ticket, context, IN_TIME)));
    expect(entries.filter(({ kind }) => kind === "cleared")).toHaveLength(1);
    expect(entries.filter(({ kind }) => kind === "used")).toHaveLength(999);
  });

  it("is told to come back where too many from her network came in like this; her ticket stays good", async () => {
    const ticket = await newTicket();
    const { spend, spent } = memorySpend();
    const full = contextWith({ spend, waiting: { ...OPEN, waitS: 9.5 } });
    expect(await enter(sealer, ticket, full, IN_TIME)).toEqual({ kind: "too-many", retryAfterS: 10 });
    expect(spent.size).toBe(0);
    expect(await enter(sealer, ticket, contextWith({ spend }), IN_TIME)).toMatchObject({ kind: "cleared" });
  });

  it("is one of so many as there is room for, when hundreds of her network come at the same moment", async () => {
    let room = 5;
    const waiting = {
      get waitS() {
        return room > 0 ? 0 : 10;
      },
      note: () => void room--,
    };
    const context = contextWith({ waiting });
    const tickets = await Promise.all(Array.from({ length: 200 }, () => newTicket()));
    const entries = await Promise.all(tickets.map((ticket) => enter(sealer, ticket, context, IN_TIME)));
    expect(entries.filter(({ kind }) => kind === "cleared")).toHaveLength(5);
    expect(entries.filter(({ kind }) => kind === "too-many")).toHaveLength(195);
  });

  it("gets nothing when the counter is away, or for garbage, which costs no call", async () => {
    const broken = contextWith({ spend: () => Promise.reject(new Error("reset")) });
    expect(await enter(sealer, await newTicket(), broken, IN_TIME)).toEqual({ kind: "unavailable" });
    let calls = 0;
    const counting = contextWith({
      spend: async () => {
        calls++;
        return "spent-now";
      },
      takeGrant: async () => {
        calls++;
        return true;
      },
    });
    for (const garbage of ["", "x", "A".repeat(3000), (await newPuzzle(sealer)).challenge])
      expect(await enter(sealer, garbage, counting, IN_TIME)).toEqual({ kind: "no-ticket" });
    expect(calls).toBe(0);
  });

  it("waits longer the more strained the service is and the more came in from her prefix, two minutes at the most", () => {
    expect(waitSeconds("elevated", 0)).toBe(20);
    expect(waitSeconds("clinicians-first", 0)).toBe(40);
    expect(waitSeconds("elevated", 0.5)).toBe(60);
    let before = 0;
    for (const posture of POSTURES)
      for (let inUse = 0; inUse < 3; inUse += 0.1) {
        const seconds = waitSeconds(posture, inUse);
        expect(seconds % 5).toBe(0);
        expect(seconds).toBeLessThanOrEqual(120);
        expect(seconds).toBeGreaterThanOrEqual(inUse === 0 ? 20 : before);
        before = seconds;
      }
  });
});

describe("whom the help desk lets in", () => {
  it("gets a whole budget at once, for the code of her own ticket and no other", async () => {
    const ticket = await newTicket();
    const granted = new Set([codeOf(ticket)]);
    const context = contextWith({ takeGrant: async (code) => granted.has(code) });
    expect(await enter(sealer, await newTicket(), context, NOW_MS)).toMatchObject({ kind: "early" });
    const entry = await enter(sealer, ticket, context, NOW_MS);
    if (entry.kind !== "cleared") throw new Error(entry.kind);
    expect(await readClearance(sealer, entry.clearance, HOST, NOW_MS)).toMatchObject({ percent: 100 });
    expect(await enter(sealer, ticket, context, NOW_MS)).toMatchObject({ kind: "used" });
  });

  it("keeps what was granted when her ticket could not be spent, and gets in with the next try", async () => {
    const ticket = await newTicket();
    const takeGrant = async () => true;
    const away = contextWith({ takeGrant, spend: async () => "unavailable" });
    expect(await enter(sealer, ticket, away, NOW_MS)).toEqual({ kind: "unavailable" });
    expect(await enter(sealer, ticket, contextWith({ takeGrant }), NOW_MS)).toMatchObject({ kind: "cleared" });
  });

  it("does not get in when the shard fails, unless she waited anyway", async () => {
    const failing = contextWith({ takeGrant: () => Promise.reject(new Error("reset")) });
    const ticket = await newTicket();
    expect(await enter(sealer, ticket, failing, NOW_MS)).toMatchObject({ kind: "early" });
    expect(await enter(sealer, ticket, failing, IN_TIME)).toMatchObject({ kind: "cleared" });
  });

  it("may have her code typed in any way that people type", () => {
    for (const typed of ["ABCD-EFGH", "abcd efgh", " abcd-EFGH ", "abcdefgh", "ABCD–EFGH"])
      expect(parseCode(typed)).toBe("ABCD-EFGH");
    for (const typed of [
      "",
      "ABCD-EFG",
      "ABCD-EFGHJ",
      "ABCD-EFG0",
      "ABCD-EFGI",
      "ABCD_EFGH",
      "Ä".repeat(8),
      "A".repeat(99),
    ])
      expect(parseCode(typed)).toBeNull();
  });
});

/** Entry without the puzzle: by waiting, or by the help desk's word. */
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { readClearance } from "../../src/challenge/clearance.ts";
import { type EntryContext, enter, waitSeconds } from "../../src/challenge/enter.ts";
import { issueTicket, readTicket, TICKET_TTL_MS, type TicketLink } from "../../src/challenge/ticket.ts";
import { POSTURES } from "../../src/policy/verdict.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";
import { HOST, MINUTE_MS, memorySpend, NOW_MS, newPuzzle, newSealer, OPEN } from "./lab.ts";

const STAYS_GOOD = { target: "/news?page=3", supportCode: "ABCD-EFGH", secondsLeft: 5 };
const STOPPED = { host: HOST, target: "/news?page=3", supportCode: "ABCD-EFGH" };
const WAIT_S = 20;
const IN_TIME = NOW_MS + WAIT_S * 1000;

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

const newTicket = (different: Partial<typeof STOPPED> = {}) =>
  issueTicket(sealer, { ...STOPPED, ...different }, NOW_MS, randomBytes(16).toString("hex"));

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
  it("is unique by its random id", () => {
    expect(new Set(Array.from({ length: 500 }, () => newTicket().ticket)).size).toBe(500);
  });

  it("is void when expired, from the future, of another host, for another target, or no ticket", async () => {
    const link = newTicket();
    const read = (different: Partial<TicketLink> = {}, host = HOST, nowMs = NOW_MS) =>
      readTicket(sealer, { ...link, ...different }, host, nowMs);
    expect(read()).toMatchObject({ target: "/news?page=3", supportCode: "ABCD-EFGH", issuedAtMs: NOW_MS });
    expect(read({}, HOST, NOW_MS + TICKET_TTL_MS)).toBeNull();
    expect(read({}, HOST, NOW_MS - MINUTE_MS - 1)).toBeNull();
    expect(read({}, "nvd.example.lv")).toBeNull();
    for (const target of ["/news?page=4", "/", "", "//evil.example", "javascript:alert(1)"])
      expect(read({ target })).toBeNull();
    for (const ticket of [(await newPuzzle(sealer)).challenge, "", link.ticket.slice(1), `${link.ticket}0`])
      expect(read({ ticket })).toBeNull();
  });

  it("lends nothing from one part to another: host and target cannot be cut elsewhere", () => {
    const { ticket } = newTicket({ host: "a.example", target: "/b/c" });
    expect(readTicket(sealer, { ticket, target: "/b/c" }, "a.example", NOW_MS)).not.toBeNull();
    expect(readTicket(sealer, { ticket, target: "/c" }, "a.example/b", NOW_MS)).toBeNull();
  });

  it("withstands the change of any letter", () => {
    const link = newTicket();
    for (let at = 0; at < link.ticket.length; at++)
      for (const letter of "0a7fAZ-_")
        if (link.ticket[at] !== letter) {
          const ticket = link.ticket.slice(0, at) + letter + link.ticket.slice(at + 1);
          expect(readTicket(sealer, { ...link, ticket }, HOST, NOW_MS)).toBeNull();
        }
  });

  it("keeps no target that is too long, or that no runtime would have made of an address", () => {
    for (const target of [`/${"x".repeat(512)}`, "/a b", "/ā", "x"]) expect(newTicket({ target }).target).toBe("/");
    const target = `/${"x".repeat(511)}`;
    expect(readTicket(sealer, newTicket({ target }), HOST, NOW_MS)).toMatchObject({ target });
  });

  it("is taken for as long as its secret is", async () => {
    const [older, newer] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
    const before = await createSealer({ current: older });
    const after = await createSealer({ current: newer, previous: older });
    if (!before || !after) throw new Error("the secrets of this test are good");
    const link = issueTicket(before, STOPPED, NOW_MS, "0a".repeat(16));
    expect(readTicket(after, link, HOST, NOW_MS)).not.toBeNull();
    expect(readTicket(sealer, link, HOST, NOW_MS)).toBeNull();
  });
});

describe("whoever waits", () => {
  it("gets half a budget, once, and not a second too early", async () => {
    const ticket = newTicket();
    const context = contextWith();
    expect(await enter(sealer, ticket, context, IN_TIME - 1)).toEqual({
      kind: "early",
      target: "/news?page=3",
      supportCode: "ABCD-EFGH",
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
    const ticket = newTicket();
    const context = contextWith();
    const entries = await Promise.all(Array.from({ length: 1000 }, () => enter(sealer, ticket, context, IN_TIME)));
    expect(entries.filter(({ kind }) => kind === "cleared")).toHaveLength(1);
    expect(entries.filter(({ kind }) => kind === "used")).toHaveLength(999);
  });

  it("is told to come back where too many from her network came in like this; her ticket stays good", async () => {
    const ticket = newTicket();
    const { spend, spent } = memorySpend();
    const full = contextWith({ spend, waiting: { ...OPEN, waitS: 9.5 } });
    const laterS = async (waitS: number) => {
      const entry = await enter(sealer, ticket, { ...full, waiting: { ...OPEN, waitS } }, IN_TIME);
      return entry.kind === "too-many" ? entry.secondsLeft : entry.kind;
    };
    expect(await enter(sealer, ticket, full, IN_TIME)).toEqual({ ...STAYS_GOOD, kind: "too-many", secondsLeft: 20 });
    expect(await laterS(31)).toBe(35);
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
    const tickets = Array.from({ length: 200 }, () => newTicket());
    const entries = await Promise.all(tickets.map((ticket) => enter(sealer, ticket, context, IN_TIME)));
    expect(entries.filter(({ kind }) => kind === "cleared")).toHaveLength(5);
    expect(entries.filter(({ kind }) => kind === "too-many")).toHaveLength(195);
  });

  it("gets nothing when the counter is away, or for garbage, which costs no call", async () => {
    const broken = contextWith({ spend: () => Promise.reject(new Error("reset")) });
    expect(await enter(sealer, newTicket(), broken, IN_TIME)).toEqual({ kind: "unavailable", ...STAYS_GOOD });
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
    for (const ticket of ["", "x", "A".repeat(3000), (await newPuzzle(sealer)).challenge])
      expect(await enter(sealer, { ticket, target: "/" }, counting, IN_TIME)).toEqual({ kind: "no-ticket" });
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
    const ticket = newTicket({ supportCode: "WXYZ-2345" });
    const granted = new Set(["WXYZ-2345"]);
    const context = contextWith({ takeGrant: async ({ supportCode }) => granted.has(supportCode) });
    expect(await enter(sealer, newTicket(), context, NOW_MS)).toMatchObject({ kind: "early" });
    const entry = await enter(sealer, ticket, context, NOW_MS);
    if (entry.kind !== "cleared") throw new Error(entry.kind);
    expect(await readClearance(sealer, entry.clearance, HOST, NOW_MS)).toMatchObject({ percent: 100 });
    expect(await enter(sealer, ticket, context, NOW_MS)).toMatchObject({ kind: "used" });
  });

  it("keeps what was granted when her ticket could not be spent, and gets in with the next try", async () => {
    const ticket = newTicket();
    const takeGrant = async () => true;
    const away = contextWith({ takeGrant, spend: async () => "unavailable" });
    expect(await enter(sealer, ticket, away, NOW_MS)).toEqual({ kind: "unavailable", ...STAYS_GOOD });
    expect(await enter(sealer, ticket, contextWith({ takeGrant }), NOW_MS)).toMatchObject({ kind: "cleared" });
  });

  it("does not get in when the shard fails, unless she waited anyway", async () => {
    const failing = contextWith({ takeGrant: () => Promise.reject(new Error("reset")) });
    const ticket = newTicket();
    expect(await enter(sealer, ticket, failing, NOW_MS)).toMatchObject({ kind: "early" });
    expect(await enter(sealer, ticket, failing, IN_TIME)).toMatchObject({ kind: "cleared" });
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import {
  CLEARANCE_COOKIE,
  CLEARANCE_LONGEST_MS,
  CLEARANCE_TTL_MS,
  type Clearance,
  clearanceCookie,
  MOVE_COSTS_MS,
  mintClearance,
  readClearance,
  renewed,
  sealClearance,
  shareOf,
} from "../../src/challenge/clearance.ts";
import { networksOf } from "../../src/challenge/network.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Rules } from "../../src/policy/language.ts";
import { inPosture } from "../../src/policy/modes.ts";
import type { CounterView } from "../../src/policy/verdict.ts";
import { parseAddress } from "../../src/request/address.ts";
import rules from "../../src/rules.ts";
import type { Sealer } from "../../src/seal.ts";
import { proveWith as prove } from "../identity/proving.ts";
import { facts } from "../policy/subjects.ts";
import { HOST, MINUTE_MS, NOW_MS, newPuzzle, newSealer, newSecret } from "./lab.ts";

const EARNED = { id: "a1", host: HOST, network: "wifi", percent: 100 };
const SHIFT_MS = 10 * 60 * MINUTE_MS;

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer();
});

const mint = (nowMs = NOW_MS) => mintClearance(sealer, EARNED, nowMs);

async function fresh(different: Partial<Clearance> = {}): Promise<Clearance> {
  const clearance = await readClearance(sealer, await mint(), HOST, NOW_MS);
  if (!clearance) throw new Error("a fresh clearance is good");
  return { ...clearance, ...different };
}

describe("a clearance", () => {
  it("is void when expired, from the future, or for another host", async () => {
    const cookie = await mint();
    const read = (host: string, nowMs: number) => readClearance(sealer, cookie, host, nowMs);
    expect(await read(HOST, NOW_MS + CLEARANCE_TTL_MS - 1)).not.toBeNull();
    expect(await read(HOST, NOW_MS + CLEARANCE_TTL_MS)).toBeNull();
    expect(await read(HOST, NOW_MS - MINUTE_MS)).not.toBeNull();
    expect(await read(HOST, NOW_MS - MINUTE_MS - 1)).toBeNull();
    expect(await read("other.example.lv", NOW_MS)).toBeNull();
  });

  it("is never a puzzle or a pass, nor the other way round", async () => {
    const puzzle = await newPuzzle(sealer);
    expect(await readClearance(sealer, puzzle.challenge, HOST, NOW_MS)).toBeNull();
    expect(await sealer.open("pass", await mint())).toBeNull();
    const fields = (await sealer.open("clearance", await mint())) ?? [];
    expect(await readClearance(sealer, await sealer.seal("pass", fields), HOST, NOW_MS)).toBeNull();
  });

  it("is not believed for longer than any clearance lasts, or with other types or shares, even if we sealed it", async () => {
    const sealed = async (different: object) => sealClearance(sealer, { ...(await fresh()), ...different });
    expect(await readClearance(sealer, await sealed({}), HOST, NOW_MS)).not.toBeNull();
    const wrong: readonly object[] = [
      { expiresAtMs: NOW_MS + 365 * 24 * 60 * MINUTE_MS },
      { issuedAtMs: String(NOW_MS) },
      { movedAtMs: "0" },
      { percent: "100" },
      { percent: 0 },
      { percent: 101 },
    ];
    for (const each of wrong) expect(await readClearance(sealer, await sealed(each), HOST, NOW_MS)).toBeNull();
    const short = await sealer.seal("clearance", ["a1", NOW_MS, NOW_MS + MINUTE_MS, HOST, "wifi"]);
    expect(await readClearance(sealer, short, HOST, NOW_MS)).toBeNull();
  });

  it("travels in a cookie that only this host's pages send", async () => {
    expect(clearanceCookie("abc")).toBe(
      "__Host-shield-clearance=abc; Secure; HttpOnly; Path=/; SameSite=Lax; Max-Age=1800",
    );
    expect(await mint()).toMatch(/^[A-Za-z0-9_-]{100,300}$/);
  });

  it("is renewed in its second half, keeps its id, and ends after 12 hours", async () => {
    let clearance: Clearance | null = await fresh();
    let nowMs = NOW_MS;
    for (; clearance !== null && nowMs < NOW_MS + 24 * 60 * MINUTE_MS; nowMs += 5 * MINUTE_MS) {
      const next = renewed(clearance, ["wifi"], nowMs);
      if (nowMs < NOW_MS + CLEARANCE_TTL_MS / 2) expect(next).toBeNull();
      clearance = await readClearance(sealer, await sealClearance(sealer, next ?? clearance), HOST, nowMs);
      if (clearance) expect(clearance).toMatchObject({ id: "a1", issuedAtMs: NOW_MS, movedAtMs: 0 });
      if (clearance && clearance.expiresAtMs <= nowMs + 5 * MINUTE_MS) clearance = null;
    }
    expect(nowMs).toBe(NOW_MS + CLEARANCE_LONGEST_MS);
  });
});

describe("a change of network", () => {
  it("costs half of the budget for five minutes, and nothing after", async () => {
    const clearance = await fresh();
    expect(shareOf(clearance, ["wifi"], NOW_MS)).toBe(1);
    expect(shareOf(clearance, ["mobile"], NOW_MS)).toBe(0.5);
    const moved = renewed(clearance, ["mobile"], NOW_MS);
    expect(moved).toMatchObject({ id: "a1", network: "mobile", formerNetwork: "wifi", movedAtMs: NOW_MS });
    if (!moved) throw new Error("a move is noted at once");
    expect(shareOf(moved, ["mobile"], NOW_MS + MOVE_COSTS_MS - 1)).toBe(0.5);
    expect(shareOf(moved, ["mobile"], NOW_MS + MOVE_COSTS_MS)).toBe(1);
  });

  it("costs once between IPv4 and IPv6, however often the device goes back and forth", async () => {
    let clearance = await fresh();
    let moves = 0;
    for (let minute = 0; minute < 60; minute++) {
      const nowMs = NOW_MS + minute * MINUTE_MS;
      const next = renewed(clearance, [minute % 2 === 0 ? "wifi" : "v6"], nowMs);
      if (next && next.movedAtMs !== clearance.movedAtMs) moves++;
      clearance = next ?? clearance;
      if (minute >= 1 + MOVE_COSTS_MS / MINUTE_MS) expect(shareOf(clearance, ["v6"], nowMs)).toBe(1);
    }
    expect(moves).toBe(1);
  });

  it("costs all the more where the clearance was not earned by work, and never ends one early", async () => {
    const waited = await fresh({ percent: 50 });
    expect(shareOf(waited, ["wifi"], NOW_MS)).toBe(0.5);
    expect(shareOf(waited, ["mobile"], NOW_MS)).toBe(0.25);
    const nearItsEnd = await fresh({
      issuedAtMs: NOW_MS - CLEARANCE_LONGEST_MS + MINUTE_MS,
      expiresAtMs: NOW_MS + MINUTE_MS,
    });
    expect(renewed(nearItsEnd, ["wifi"], NOW_MS)).toBeNull();
    expect(renewed(nearItsEnd, ["mobile"], NOW_MS)?.expiresAtMs).toBe(NOW_MS + MINUTE_MS);
  });

  it("is told from a rotation of the secret, which changes all hashes", async () => {
    const [old, next] = [newSecret(), newSecret()];
    const address = parseAddress("198.51.100.7");
    const [before = ""] = await networksOf(await newSealer(old), address);
    const after = await networksOf(await newSealer(next, old), address);
    expect(after).toHaveLength(2);
    const clearance = await fresh({ network: before });
    expect(shareOf(clearance, after, NOW_MS)).toBe(1);
    expect(renewed(clearance, after, NOW_MS + CLEARANCE_TTL_MS / 2)).toMatchObject({
      network: after[0],
      formerNetwork: "",
      movedAtMs: 0,
    });
  });

  it("leaves room for what costs more than the share's whole burst", async () => {
    const one = compile({
      ...rules,
      budgets: [
        ...rules.budgets.filter(({ per }) => per !== "clearance"),
        { name: "dear", per: "clearance", perMinute: 12, burst: 4, counts: "cost", then: "limit" },
      ],
    });
    const site = one.sites[0];
    if (!site) throw new Error("the rules have a site");
    const request = facts({ pathname: "/search" }); // costs 4
    const moved = {
      ...(await prove(request, sealer, one, NOW_MS)),
      lane: "cleared",
      clearance: "a1",
      clearanceShare: 0.25,
    } as const;
    const { charges } = decide(request, moved, site, one, NOBODY_WAITS, inPosture("elevated"), NOW_MS);
    const charge = charges.find(({ budget }) => budget.name === "dear");
    expect(charge).toMatchObject({ cost: 4, scale: 1 });
  });
});

const NOBODY_WAITS: CounterView = { waitSeconds: () => 0 };

describe("deploys and rotations", () => {
  /** The same policy with other names and figures, as a day of tuning leaves it. */
  const tuned = (deploy: number): Rules => ({
    ...rules,
    budgets: rules.budgets.map((budget) => ({
      ...budget,
      name: `${budget.name} ${deploy}`,
      burst: budget.burst + deploy,
    })),
    rules: [
      ...rules.rules,
      { name: `try ${deploy}`, when: { userAgent: `bot ${deploy}*` }, then: "observe", because: "tuning" },
    ],
  });

  it("challenge nobody anew: 20 in a shift, one rotation, old and new versions side by side", async () => {
    const [first, second] = [newSecret(), newSecret()];
    // The way of a rotation: accepted before it is used.
    const sealers = [await newSealer(first), await newSealer(first, second), await newSealer(second, first)];
    const policies = Array.from({ length: 21 }, (_, deploy) => compile(tuned(deploy)));
    let cookie = await mintClearance(sealers[0] as Sealer, { ...EARNED, network: "" }, NOW_MS);
    let requests = 0;
    for (let at = 0; at < SHIFT_MS; at += 4 * MINUTE_MS) {
      const deploy = Math.min(20, Math.floor((at / SHIFT_MS) * 21));
      const rotated = Math.min(2, Math.floor(deploy / 7));
      // During a roll-out a request meets either version.
      const older = requests % 2 === 0 ? 1 : 0;
      const policy = policies[Math.max(0, deploy - older)];
      const by = sealers[deploy % 7 === 0 ? Math.max(0, rotated - older) : rotated];
      const site = policy?.sites[0];
      if (!policy || !by || !site) throw new Error("every deploy has its rules");
      const request = facts({ cookies: { ...facts().cookies, clearance: cookie } });
      const identity = await prove(request, by, policy, NOW_MS + at);
      const { verdict } = decide(request, identity, site, policy, NOBODY_WAITS, inPosture("elevated"), NOW_MS + at);
      expect([at / MINUTE_MS, verdict]).toEqual([at / MINUTE_MS, { kind: "allow" }]);
      if (identity.renewal) cookie = await sealClearance(by, identity.renewal);
      requests++;
    }
    expect(requests).toBe(150);
  });

  it("of a version that adds a field leave this one able to read it", async () => {
    const fields = (await sealer.open("clearance", await mint())) ?? [];
    const newer = await sealer.seal("clearance", [...fields, "something new", 7]);
    expect(await readClearance(sealer, newer, HOST, NOW_MS)).toEqual(await fresh());
  });
});

it("whoever solves keeps the debt of her address: a clearance is one budget more, not a clean slate", async () => {
  const policy = compile(rules);
  const site = policy.sites[0];
  if (!site) throw new Error("the rules have a site");
  const broke: CounterView = { waitSeconds: ({ budget }) => (budget.per === "address" ? 30 : 0) };
  const judged = async (clearance: string) => {
    const request = facts({ cookies: { ...facts().cookies, clearance } });
    return decide(
      request,
      await prove(request, sealer, policy, NOW_MS),
      site,
      policy,
      broke,
      inPosture("normal"),
      NOW_MS,
    ).verdict;
  };
  expect(await judged("")).toEqual({ kind: "challenge" });
  expect(await judged(await mint())).toEqual({ kind: "allow" });
  expect(await judged("")).toEqual({ kind: "challenge" });
  expect(CLEARANCE_COOKIE).toMatch(/^__Host-/);
});

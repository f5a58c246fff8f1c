/**
 * Every published advisory against a shield of this kind, and every attack known on one that meets the challenge: a test
 * that stays. Named by the advisory's id; `attack n` is a class without one.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { fromBase64url, toBase64url } from "../../src/bytes.ts";
import { CLEARANCE_TTL_MS, mintClearance, readClearance } from "../../src/challenge/clearance.ts";
import { MAX_DIFFICULTY } from "../../src/challenge/difficulty.ts";
import { enter } from "../../src/challenge/enter.ts";
import {
  MAX_PROOF_CHARS,
  type ProofResult,
  PUZZLE_TTL_MS,
  type Puzzle,
  verifyProof,
} from "../../src/challenge/puzzle.ts";
import { redeem } from "../../src/challenge/redeem.ts";
import { issueTicket, readTicket } from "../../src/challenge/ticket.ts";
import { readPass } from "../../src/identity/pass.ts";
import { compile } from "../../src/policy/compile.ts";
import { decide } from "../../src/policy/decide.ts";
import { inPosture } from "../../src/policy/modes.ts";
import type { CounterView } from "../../src/policy/verdict.ts";
import { ownCookies } from "../../src/request/cookies.ts";
import { identify, isFault } from "../../src/request/identify.ts";
import rules from "../../src/rules.ts";
import { createSealer, type Sealer } from "../../src/seal.ts";
import { proveWith as prove } from "../identity/proving.ts";
import { facts } from "../policy/subjects.ts";
import { answersOf, HOST, memorySpend, NOW_MS, newPuzzle, newSealer, OPEN, proofOf, SMALL } from "./lab.ts";

let sealer: Sealer;
let puzzle: Puzzle;
beforeAll(async () => {
  sealer = await newSealer();
  puzzle = await newPuzzle(sealer);
});

const judge = (body: string, nowMs = NOW_MS): Promise<ProofResult> => verifyProof(sealer, body, { host: HOST }, nowMs);
const withProof = (change: object) =>
  JSON.stringify({ challenge: puzzle.challenge, answers: answersOf(puzzle), ...change });
const ROOM: CounterView = { waitSeconds: () => 0 };

/** What becomes of a browser's request in an attack, as the shield's own pieces decide. */
async function verdictFor(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<string> {
  const policy = compile(rules);
  const browser = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  const read = identify({ method, url, headers: new Headers({ ...browser, ...headers }), body: null, cf: undefined });
  if (isFault(read)) return read.code;
  const site = policy.siteOf.get(read.host);
  if (!site) return "unknown-host";
  const identity = await prove(read, sealer, policy, NOW_MS);
  return decide(read, identity, site, policy, ROOM, inPosture("elevated"), NOW_MS).verdict.kind;
}

describe("the client sets the terms", () => {
  it.each([0, -1, Number.NaN, null, "0", 1, MAX_DIFFICULTY])(
    "CVE-2025-24369, GHSA-56w8-8ppj-2p4f: a difficulty of its own (%s) is refused",
    async (difficulty) => {
      expect(await judge(withProof({ difficulty }))).toEqual({ ok: false, why: "syntax" });
      expect(await judge(withProof({ difficulty, answers: Array(8).fill(0) }))).toMatchObject({ ok: false });
    },
  );

  it("the same in anubis 1.15.1: answers that are any hash, or any number, are no work", async () => {
    for (const answers of [
      Array(8).fill(0),
      answersOf(puzzle).map((answer) => (answer + 1) % SMALL),
      answersOf(puzzle).toReversed(),
    ])
      if (answers.join() !== answersOf(puzzle).join())
        expect(await judge(withProof({ answers }))).toEqual({ ok: false, why: "work" });
    const other = await newPuzzle(sealer);
    expect(await judge(withProof({ answers: answersOf(other) }))).toMatchObject({ ok: false, why: "work" });
  });

  it("attack 11: work is counted in one unit, the size of a range; nothing converts it", () => {
    expect(puzzle.difficulty).toBe(SMALL);
    expect(answersOf(puzzle).every((answer) => answer >= 0 && answer < SMALL)).toBe(true);
  });
});

describe("where a visitor is sent after the check", () => {
  const authority = `https://${HOST}`;

  it.each([
    ["GHSA-jhjj-2g64-px7c, CVE-2025-54414", "javascript:alert(1)"],
    ["GHSA-cf57-c578-7jvv, CVE-2025-64716", "https://evil.example/"],
    ["GHSA-cf57-c578-7jvv, CVE-2025-64716", "data:text/html,x"],
    ["GHSA-rqcr-jcxp-xrwr", "//evil.example/x"],
    ["GHSA-rqcr-jcxp-xrwr", "/\\evil.example"],
    ["GHSA-rqcr-jcxp-xrwr", "https://portal.example.lv@evil.example/"],
    ["GHSA-rqcr-jcxp-xrwr", "///evil.example"],
  ])("%s: %s never leads away from the site", async (_id, target) => {
    // As a path and as a parameter: only what was asked of this host is sealed, and it goes behind our own authority.
    for (const asked of [`/${target}`, `/x?redir=${target}`, target.startsWith("/") ? target : `/${target}`]) {
      const read = identify({
        method: "GET",
        url: `${authority}${asked}`,
        headers: new Headers(),
        body: null,
        cf: undefined,
      });
      if (isFault(read)) continue;
      const stopped = { host: HOST, target: read.target, supportCode: "ABCD-EFGH" };
      const link = issueTicket(sealer, stopped, NOW_MS, "0a".repeat(16));
      const opened = readTicket(sealer, link, HOST, NOW_MS);
      expect(new URL(authority + opened?.target).origin).toBe(authority);
    }
  });
});

describe("who decides what was asked for", () => {
  it.each([
    "X-Original-URI",
    "X-Original-URL",
    "X-Forwarded-Uri",
    "X-Rewrite-URL",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Forwarded-Host",
    "Forwarded",
  ])("GHSA-6wcg-mqvh-fcvg: %s names no other path and opens nothing", async (name) => {
    for (const value of ["/.well-known/x", "/assets/app.css", "/saml/acs", "host=portal.example.lv;path=/assets/x"])
      expect(await verdictFor(`https://${HOST}/news`, { [name]: value })).toBe("challenge");
  });

  it.each(["GET", "HEAD", "OPTIONS"])(
    "attack 24, 25: by %s an unknown browser gets nothing that it gets not by GET",
    async (method) => {
      expect(await verdictFor(`https://${HOST}/news`, {}, method)).not.toBe("allow");
    },
  );

  it.each(["Googlebot/2.1", "curl/8", "Mozilla/5.0", ""])(
    "attack 21: a User-Agent (%s) proves nothing",
    async (agent) => {
      expect(await verdictFor(`https://${HOST}/news`, { "User-Agent": agent })).not.toBe("allow");
    },
  );

  it.each([
    "/assets/..%2fnews",
    "/news/.css",
    "/news;/assets/app.css",
    "//assets/../news",
    "/assets/%2e%2e/news",
    "/NEWS",
  ])("attack 23: %s enjoys no other route's privileges", async (path) => {
    expect(await verdictFor(`https://${HOST}${path}`)).not.toBe("allow");
  });
});

describe("one proof, one clearance", () => {
  it("anubis 1.22, attack 4: a double spend succeeds once in 1,000 parallel attempts", async () => {
    const { spend } = memorySpend();
    const proof = proofOf(puzzle);
    const attempts = Array.from({ length: 1000 }, () => redeem(sealer, proof, { host: HOST }, spend, OPEN, NOW_MS));
    expect((await Promise.all(attempts)).filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("altcha-lib, attack 5: what was spent is kept until it expires, and garbage evicts nothing", async () => {
    const { spend, spent } = memorySpend();
    const proof = proofOf(puzzle);
    expect(await redeem(sealer, proof, { host: HOST }, spend, OPEN, NOW_MS)).toMatchObject({ ok: true });
    const foreign = await newSealer();
    for (let garbage = 0; garbage < 1500; garbage++) {
      const forged = JSON.stringify({
        challenge: await foreign.seal("puzzle", [String(garbage), 1, NOW_MS, NOW_MS + PUZZLE_TTL_MS, HOST, ""]),
        answers: Array(8).fill(0),
      });
      expect(await redeem(sealer, forged, { host: HOST }, spend, OPEN, NOW_MS)).toMatchObject({ ok: false });
    }
    expect(spent.size).toBe(1);
    expect(spent.get(puzzle.id)).toBe(NOW_MS + PUZZLE_TTL_MS);
    expect(await redeem(sealer, proof, { host: HOST }, spend, OPEN, NOW_MS + PUZZLE_TTL_MS - 1)).toEqual({
      ok: false,
      why: "already-spent",
    });
  });
});

describe("what is signed", () => {
  it("CVE-2025-68113, GHSA-6gvq-jcmp-8959: no field lends its bytes to the next, so no expiry is spliced", async () => {
    const bytes = fromBase64url(puzzle.challenge) ?? new Uint8Array();
    const body = bytes.subarray(4, -32);
    let accepted = 0;
    // Every way to move one boundary: lengths, types and digits, one byte at a time.
    for (let at = 0; at < body.length; at++)
      for (const change of [1, 2, 3, 128, 255]) {
        const forged = new Uint8Array(bytes);
        forged[4 + at] = (forged[4 + at] ?? 0) ^ change;
        const verdict = await judge(withProof({ challenge: toBase64url(forged) }), NOW_MS + 2 * PUZZLE_TTL_MS);
        if (verdict.ok || verdict.why !== "mac") accepted++;
      }
    expect(accepted).toBe(0);
  });

  it.each(["1&expires=9e15", "0", "1", "1e0", "0x1", " 1", "1.0"])(
    "the bypass that altcha-lib 2.10.0 closed: a number that is a text (%s) is refused",
    async (text) => {
      const answers = answersOf(puzzle);
      expect(await judge(withProof({ answers: [text, ...answers.slice(1)] }))).toEqual({ ok: false, why: "syntax" });
      const until = NOW_MS + PUZZLE_TTL_MS;
      for (const fields of [
        ["id", text, NOW_MS, until, HOST, ""],
        ["id", SMALL, text, until, HOST, ""],
        ["id", SMALL, NOW_MS, text, HOST, ""],
      ])
        expect(await judge(withProof({ challenge: await sealer.seal("puzzle", fields) }))).toEqual({
          ok: false,
          why: "mac",
        });
    },
  );

  it.each([undefined, "", "short", "A".repeat(43), "not base64url!".repeat(4)])(
    "altcha-lib-php before 2.3.0, attack 7: without a good secret (%s) nothing is checked, so nothing is accepted",
    async (secret) => {
      expect(await createSealer({ current: secret })).toBeNull();
      const cookie = await mintClearance(sealer, { id: "a", host: HOST, network: "", percent: 100 }, NOW_MS);
      const asked = facts({ cookies: ownCookies(`__Host-shield-clearance=${cookie}`) });
      expect((await prove(asked, null, compile(rules), NOW_MS)).lane).toBe("unknown");
    },
  );

  it("attack 8: whatever is sealed for one purpose is nothing for another, though its fields fit", async () => {
    const clearance = [puzzle.id, NOW_MS, NOW_MS + CLEARANCE_TTL_MS, HOST, "net", "", 0, 100];
    for (const purpose of ["puzzle", "pass", "visit"] as const)
      expect(await readClearance(sealer, await sealer.seal(purpose, clearance), HOST, NOW_MS)).toBeNull();
    const pass = [HOST, "p", "clinician", NOW_MS, NOW_MS + 1000];
    expect(await readPass(sealer, await sealer.seal("clearance", pass), HOST, NOW_MS)).toBeNull();
    const noSpend = {
      host: HOST,
      network: async () => "",
      waitS: 0,
      waiting: OPEN,
      takeGrant: null,
      spend: memorySpend().spend,
    };
    for (const token of [puzzle.challenge, await sealer.seal("clearance", clearance)])
      expect(await enter(sealer, { ticket: token, target: "/" }, noSpend, NOW_MS)).toEqual({ kind: "no-ticket" });
  });

  it("attack 9: a tag that is cut to 4, 16 or 31 bytes is none", async () => {
    const bytes = fromBase64url(puzzle.challenge) ?? new Uint8Array();
    for (const kept of [0, 4, 8, 16, 31])
      expect(await sealer.open("puzzle", toBase64url(bytes.subarray(0, bytes.length - 32 + kept)))).toBeNull();
  });

  it("attack 16: puzzles cannot be computed beforehand: 128 random bits, five minutes", async () => {
    const ids = await Promise.all(Array.from({ length: 200 }, async () => (await newPuzzle(sealer)).id));
    expect(new Set(ids).size).toBe(200);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await judge(proofOf(puzzle), NOW_MS + PUZZLE_TTL_MS)).toEqual({ ok: false, why: "expired" });
  });

  it.each([
    "solved:1",
    "__Host-shield-clearance=solved",
    "__Host-shield-clearance=1; __Host-shield-pass=clinician",
    "x=__Host-shield-clearance=abc",
  ])("attack 22, 54: a cookie that only says so (%s) is no clearance and no key of its own", async (cookie) => {
    expect(await verdictFor(`https://${HOST}/news`, { Cookie: cookie })).toBe("challenge");
    const read = facts({ cookies: ownCookies(cookie) });
    expect(await prove(read, sealer, compile(rules), NOW_MS)).toMatchObject({ lane: "unknown", clearance: null });
  });
});

describe("what is sent to break it", () => {
  it.each(["und", "*", "", ";q=", "x".repeat(4000), "lv;q=NaN,en;q=-1", "\u00ff\u00fe"])(
    "anubis 1463, 1776: Accept-Language %s is answered like any other",
    async (language) => {
      expect(await verdictFor(`https://${HOST}/news`, { "Accept-Language": language })).toBe("challenge");
    },
  );

  it("attack 3, 27: an odd proof is a refusal with a reason, never an exception and never a pass", async () => {
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      "0",
      '{"__proto__":{}}',
      "x".repeat(MAX_PROOF_CHARS + 1),
      "{".repeat(4000),
      '{"challenge":{},"answers":{}}',
    ])
      expect(["size", "syntax"]).toContain(((await judge(body)) as { why?: string }).why);
  });

  it("attack 13, 48: all who share a clearance spend from its one id; another puzzle clears no debt", async () => {
    const cookie = await mintClearance(sealer, { id: "shared", host: HOST, network: "a", percent: 100 }, NOW_MS);
    const policy = compile(rules);
    const site = policy.sites[0];
    if (!site) throw new Error("the rules have a site");
    const keys = await Promise.all(
      Array.from({ length: 64 }, async (_, network) => {
        const read = facts({
          cookies: ownCookies(`__Host-shield-clearance=${cookie}`),
          address: {
            text: `10.0.${network}.1`,
            key: `10.0.${network}.1`,
            prefix: `10.0.${network}.0/24`,
            bytes: [10, 0, network, 1],
          },
        });
        const identity = await prove(read, sealer, policy, NOW_MS);
        const { charges } = decide(read, identity, site, policy, ROOM, inPosture("normal"), NOW_MS);
        return charges.filter(({ budget }) => budget.per === "clearance").map(({ key, scale }) => `${key} ${scale}`);
      }),
    );
    expect(new Set(keys.flat())).toEqual(new Set(["shared 0.5"]));
  });

  it("attack 46, 47: our clock counts, and one that is a minute off is borne", async () => {
    const proof = proofOf(puzzle);
    expect(await judge(proof, NOW_MS - 59_000)).toMatchObject({ ok: true });
    expect(await judge(proof, NOW_MS - 61_000)).toEqual({ ok: false, why: "future" });
    expect(await judge(proof, NOW_MS + 365 * 86_400_000)).toEqual({ ok: false, why: "expired" });
  });
});

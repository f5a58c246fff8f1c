/** How much work there is and how evenly it is spread: against node:crypto, statistically, and by the table of difficulty.ts. */
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bytes } from "../../src/bytes.ts";
import {
  type Circumstances,
  COUNTERS,
  DIFFICULTIES,
  difficultyFor,
  LEVELS,
  MAX_DIFFICULTY,
  meanHashes,
} from "../../src/challenge/difficulty.ts";
import { ISSUANCE, issuanceCharge, WAITING } from "../../src/challenge/issuance.ts";
import { issuePuzzle, type Puzzle } from "../../src/challenge/puzzle.ts";
import { Tally } from "../../src/counters/tally.ts";
import { shareInUse } from "../../src/policy/in-use.ts";
import { POSTURES } from "../../src/policy/verdict.ts";
import { parseAddress } from "../../src/request/address.ts";
import type { Sealer } from "../../src/seal.ts";
import { sipKey } from "../../src/siphash.ts";
import { answersOf, HOST, NOW_MS, newSealer } from "./lab.ts";

// Fixed, so that a statistical test fails always or never.
const SECRET = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + 11) % 256));
const idOf = (puzzle: number): Bytes =>
  new Uint8Array(createHash("sha256").update(`${puzzle}`).digest().subarray(0, 16));

let sealer: Sealer;
beforeAll(async () => {
  sealer = await newSealer(SECRET.toString("base64url"));
});

const issue = (number: number, difficulty: number): Promise<Puzzle> =>
  issuePuzzle(sealer, { difficulty, host: HOST, network: "" }, NOW_MS, idOf(number));

/** The secret counters of a puzzle, by node:crypto alone. */
function countersOf(id: string, difficulty: number): number[] {
  const key = Buffer.from(hkdfSync("sha256", SECRET, "", "vairogs 1 mac counter", 32));
  const mac = createHmac("sha256", key).update(id).digest();
  return Array.from({ length: COUNTERS }, (_, index) => mac.readUInt32BE(index * 4) % difficulty);
}

describe("a puzzle", () => {
  it("is the one that node:crypto makes, and its answers are the ones that node:crypto knows", async () => {
    for (let number = 0; number < 50; number++) {
      const puzzle = await issue(number, 300);
      const counters = countersOf(puzzle.id, 300);
      const hashes = counters.map((counter, index) => {
        const tail = Buffer.alloc(8);
        tail.writeUInt32BE(index, 0);
        tail.writeUInt32BE(counter, 4);
        return createHash("sha256").update(Buffer.from(puzzle.id, "hex")).update(tail).digest("hex").slice(0, 32);
      });
      expect(puzzle.hashes).toEqual(hashes);
      expect(answersOf(puzzle)).toEqual(counters);
    }
  });

  it("hides its counters anywhere in the range alike: chi-square at every difficulty", async () => {
    for (const difficulty of [64, ...Object.values(DIFFICULTIES), MAX_DIFFICULTY]) {
      const cells = new Array<number>(64).fill(0);
      const places = Array.from({ length: COUNTERS }, () => 0);
      const puzzles = 4000;
      for (let number = 0; number < puzzles; number++)
        for (const [index, counter] of countersOf(Buffer.from(idOf(number)).toString("hex"), difficulty).entries()) {
          const cell = Math.floor((counter / difficulty) * 64);
          cells[cell] = (cells[cell] ?? 0) + 1;
          places[index] = (places[index] ?? 0) + counter / difficulty;
        }
      const expected = (puzzles * COUNTERS) / 64;
      const chiSquare = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      // 63 degrees of freedom: above 103.4 once in 1,000 fair draws, below 33 as rarely.
      expect(chiSquare).toBeLessThan(103.4);
      expect(chiSquare).toBeGreaterThan(33);
      // No counter is easier than another: the mean of 4,000 uniform draws has a standard error of 0.0046.
      for (const place of places) expect(Math.abs(place / puzzles - 0.5)).toBeLessThan(0.023);
    }
  });

  it("takes COUNTERS · (difficulty + 1) / 2 hashes on average", async () => {
    let hashes = 0;
    for (let number = 0; number < 400; number++)
      for (const counter of answersOf(await issue(number, 64))) hashes += counter + 1;
    // 3,200 draws: the standard error of one counter's mean is 64 / √12 / √3200 = 0.33; five of them.
    expect(Math.abs(hashes / 400 - meanHashes(64)) / COUNTERS).toBeLessThan(1.65);
  });

  // The page starts four at most: with more workers than half of the counters the last ones are dealt unevenly (6: 1.503).
  it.each([1, 2, 3, 4, 8])("has a 99th percentile of at most 1.5 × the mean with %i workers", (workers) => {
    const waits: number[] = [];
    for (let number = 0; number < 20_000; number++) {
      // Dealt as solve.ts does: the next counter to whoever is free first.
      const busyUntil = new Array<number>(workers).fill(0);
      for (const counter of countersOf(Buffer.from(idOf(number)).toString("hex"), DIFFICULTIES.normal)) {
        const first = busyUntil.indexOf(Math.min(...busyUntil));
        busyUntil[first] = (busyUntil[first] ?? 0) + counter + 1;
      }
      waits.push(Math.max(...busyUntil));
    }
    waits.sort((a, b) => a - b);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect((waits[19_800] ?? 0) / mean).toBeLessThanOrEqual(1.5);
  });
});

describe("the device budget", () => {
  const secondsAt = (difficulty: number, usPerHash: number, workers: number) =>
    (meanHashes(difficulty) * usPerHash) / workers / 1e6;

  it("is a second of a phone with two cores at the normal difficulty, and three of a PC of 2015 at the worst", () => {
    expect(secondsAt(DIFFICULTIES.normal, 4 * 0.18, 2)).toBeLessThanOrEqual(1);
    expect(1.5 * secondsAt(DIFFICULTIES.high, 2 * 0.18, 1)).toBeLessThanOrEqual(3);
  });
});

describe("the difficulty", () => {
  const CALM: Circumstances = { posture: "normal", known: false, addressInUse: 0, issuedInPrefix: 0 };
  const shares = [0, 0.1, 0.125, 0.4, 0.5, 0.89, 0.9, 1, 7];
  const all = POSTURES.flatMap((posture) =>
    shares.flatMap((addressInUse) =>
      shares.flatMap((issuedInPrefix) =>
        [true, false].map((known): Circumstances => ({ posture, known, addressInUse, issuedInPrefix })),
      ),
    ),
  );

  it("rises with posture, with the address's own demand, and with what its prefix was given", () => {
    const levelOf = (different: Partial<Circumstances>) =>
      LEVELS.find((level) => DIFFICULTIES[level] === difficultyFor({ ...CALM, ...different }));
    expect(levelOf({})).toBe("normal");
    expect(levelOf({ posture: "elevated" })).toBe("normal");
    expect(levelOf({ posture: "clinicians-first" })).toBe("raised");
    expect(levelOf({ addressInUse: 0.95 })).toBe("raised");
    expect(levelOf({ issuedInPrefix: 0.2 })).toBe("raised");
    expect(levelOf({ issuedInPrefix: 0.5 })).toBe("high");
    expect(levelOf({ known: true })).toBe("low");
  });

  it("never falls when anything gets worse, and is always one of the table", () => {
    for (const each of all) {
      const here = difficultyFor(each);
      expect(Object.values(DIFFICULTIES)).toContain(here);
      for (const worse of shares.filter((share) => share > each.issuedInPrefix))
        expect(difficultyFor({ ...each, issuedInPrefix: worse })).toBeGreaterThanOrEqual(here);
      for (const worse of shares.filter((share) => share > each.addressInUse))
        expect(difficultyFor({ ...each, addressInUse: worse })).toBeGreaterThanOrEqual(here);
      const harder = POSTURES.slice(POSTURES.indexOf(each.posture) + 1);
      for (const posture of harder) expect(difficultyFor({ ...each, posture })).toBeGreaterThanOrEqual(here);
    }
  });

  it("of a known device never exceeds the normal one, whatever its neighbours do", () => {
    for (const each of all.filter(({ known }) => known))
      expect(difficultyFor(each)).toBeLessThanOrEqual(DIFFICULTIES.normal);
  });
});

describe("what a prefix may be given", () => {
  const tally = new Tally(sipKey(new Uint8Array(16)), 1024);
  const somebody = parseAddress("198.51.100.7");
  const neighbour = parseAddress("198.51.100.200");
  const stranger = parseAddress("192.0.2.1");

  it("is counted for the prefix, told as a share, and recovers with time", () => {
    const charge = issuanceCharge(ISSUANCE, somebody, 0);
    expect(shareInUse(tally, charge, NOW_MS)).toBe(0);
    for (let given = 0; given < ISSUANCE.burst / 2; given++) tally.apply([charge], NOW_MS);
    expect(shareInUse(tally, issuanceCharge(ISSUANCE, neighbour, 0), NOW_MS)).toBeCloseTo(0.5, 5);
    expect(shareInUse(tally, issuanceCharge(ISSUANCE, stranger, 0), NOW_MS)).toBe(0);
    expect(shareInUse(tally, charge, NOW_MS + 60_000)).toBeCloseTo(0.5 - ISSUANCE.perMinute / ISSUANCE.burst, 5);
  });

  it("ends at the burst, and is more where a facility is registered", () => {
    const charge = issuanceCharge(WAITING, stranger, 0);
    const hospital = issuanceCharge(WAITING, parseAddress("203.0.113.1"), 400);
    for (let given = 0; given < WAITING.burst; given++) {
      expect(tally.waitSeconds(charge, NOW_MS)).toBe(0);
      tally.apply([charge], NOW_MS);
      tally.apply([hospital], NOW_MS);
    }
    expect(tally.waitSeconds(charge, NOW_MS)).toBeGreaterThan(0);
    expect(shareInUse(tally, hospital, NOW_MS)).toBeCloseTo(1 / 21, 5);
  });
});

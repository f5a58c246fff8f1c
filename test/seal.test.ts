import { createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fromBase64url, toBase64url } from "../src/bytes.ts";
import { decodeFields, encodeFields, type Field, shaped } from "../src/fields.ts";
import { createSealer, MAX_TOKEN_CHARS, type Purpose, type Sealer, secretProblem } from "../src/seal.ts";
import { mutate } from "./mutations.ts";

const CURRENT = randomBytes(32).toString("base64url");
const PREVIOUS = randomBytes(32).toString("base64url");
const PURPOSES: readonly Purpose[] = ["pass", "clearance", "puzzle", "visit"];
const FIELDS: readonly Field[] = ["3f2a", 1_800_000_000_000, "e-veseliba.example.lv", ""];

async function sealerOf(current: string, previous?: string): Promise<Sealer> {
  const sealer = await createSealer({ current, previous });
  if (!sealer) throw new Error("the secrets of this test are good");
  return sealer;
}

let sealer: Sealer;
beforeAll(async () => {
  sealer = await sealerOf(CURRENT);
});

const field = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.maxSafeNat(),
  fc.constantFrom<Field>("", 0, "0", 1, "1", Number.MAX_SAFE_INTEGER, "\u0000", "\u{FEFF}", "\u{FEFF}a", "\u{FFFD}"),
);
const tuple = fc.array(field, { maxLength: 6 });

describe("a seal", () => {
  it("opens to what was sealed", async () => {
    await fc.assert(
      fc.asyncProperty(tuple, fc.constantFrom(...PURPOSES), async (fields, purpose) => {
        expect(await sealer.open(purpose, await sealer.seal(purpose, fields))).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });

  it("is the HMAC of RFC 2104 under a key of RFC 5869, as node:crypto computes them", async () => {
    const token = Buffer.from(await sealer.seal("pass", FIELDS), "base64url");
    const secret = Buffer.from(CURRENT, "base64url");
    const derive = (info: string, length: number) => Buffer.from(hkdfSync("sha256", secret, "", info, length));
    const body = token.subarray(0, -32);
    expect(body.subarray(0, 4)).toEqual(derive("vairogs 1 key id", 4));
    const mac = createHmac("sha256", derive("vairogs 1 seal pass", 32)).update("\x04pass").update(body).digest();
    expect(token.subarray(-32)).toEqual(mac);
  });

  it("is refused for every other purpose", async () => {
    for (const made of PURPOSES) {
      const token = await sealer.seal(made, FIELDS);
      for (const asked of PURPOSES) expect((await sealer.open(asked, token)) !== null).toBe(made === asked);
    }
  });

  it("withstands 100,000 mutations", async () => {
    const token = await sealer.seal("clearance", FIELDS);
    expect(await mutate(sealer, "clearance", token, 100_000)).toEqual({ tried: 100_000, accepted: 0 });
  });

  it("that was opened before opens alike, and lends nothing to what resembles it", async () => {
    const token = await sealer.seal("pass", FIELDS);
    const [first, second] = [await sealer.open("pass", token), await sealer.open("pass", token)];
    expect(second).toEqual(FIELDS);
    expect(second).toBe(first);
    expect(await sealer.open("clearance", token)).toBeNull();
    const other = `${token.slice(0, -1)}${token.endsWith("A") ? "E" : "A"}`;
    expect(await sealer.open("pass", other)).toBeNull();
    expect(await sealer.open("pass", other)).toBeNull();
  });
  it("that comes with every request is opened at once when it comes again", async () => {
    const fields = ["only here", 1];
    const token = await sealer.seal("pass", fields);
    const first = sealer.open("pass", token);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual(fields);
    expect(sealer.open("pass", token)).toEqual(fields);
  });

  it("never throws on garbage", async () => {
    const garbage = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.anything());
    await fc.assert(
      fc.asyncProperty(garbage, async (value) => {
        expect(await sealer.open("pass", value as string)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it("is refused when truncated, extended, padded or spelled in another way", async () => {
    const token = await sealer.seal("pass", ["x"]);
    for (let length = 0; length < token.length; length++) {
      expect(await sealer.open("pass", token.slice(0, length))).toBeNull();
    }
    for (const tail of ["A", "AA", "AAAA", "=", "==", " ", "\n", "."]) {
      expect(await sealer.open("pass", token + tail)).toBeNull();
    }
    const standard = token.replaceAll("-", "+").replaceAll("_", "/");
    if (standard !== token) expect(await sealer.open("pass", standard)).toBeNull();
    // The bits after the last byte are zero in the one spelling that is accepted.
    for (const fields of [["a"], ["ab"], ["abc"]]) {
      const made = await sealer.seal("pass", fields);
      const spellings = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
      const opened = await Promise.all(spellings.map((last) => sealer.open("pass", made.slice(0, -1) + last)));
      expect(opened.filter((result) => result !== null)).toHaveLength(1);
    }
  });

  it("is refused above 2,048 characters before any work, and never made so long", async () => {
    const huge = "A".repeat(10_000_000);
    const ms: number[] = [];
    for (let round = 0; round < 1_000; round++) {
      const started = performance.now();
      expect(await sealer.open("pass", huge)).toBeNull();
      ms.push(performance.now() - started);
    }
    // To read them all takes ten times as long, on the best of a thousand.
    expect(Math.min(...ms)).toBeLessThan(1);
    await expect(sealer.seal("visit", ["x".repeat(MAX_TOKEN_CHARS)])).rejects.toThrow(RangeError);
    expect((await sealer.seal("visit", ["x".repeat(1_400)])).length).toBeLessThanOrEqual(MAX_TOKEN_CHARS);
  });
});

describe("encryption", () => {
  const bytes = fc.uint8Array({ maxLength: 500 }).map((given) => new Uint8Array(given));

  it("opens to what was encrypted, under just the fields that it was bound to", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, tuple, tuple, async (plain, bound, others) => {
        const sealed = await sealer.encrypt("form", bound, plain);
        expect(await sealer.decrypt("form", bound, sealed)).toEqual(plain);
        const same = Buffer.from(encodeFields(bound)).equals(Buffer.from(encodeFields(others)));
        if (!same) expect(await sealer.decrypt("form", others, sealed)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it("is AES-256-GCM under a key of RFC 5869, as node:crypto computes them", async () => {
    const sealed = Buffer.from(await sealer.encrypt("form", FIELDS, new TextEncoder().encode("F32.1")));
    const secret = Buffer.from(CURRENT, "base64url");
    const key = Buffer.from(hkdfSync("sha256", secret, "", "vairogs 1 encrypt form", 32));
    const id = Buffer.from(hkdfSync("sha256", secret, "", "vairogs 1 key id", 4));
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(4, 16));
    decipher.setAAD(Buffer.concat([Buffer.from("\x04form"), id, encodeFields(FIELDS)]));
    decipher.setAuthTag(sealed.subarray(-16));
    expect(Buffer.concat([decipher.update(sealed.subarray(16, -16)), decipher.final()]).toString()).toBe("F32.1");
  });

  it("is refused when any bit differs, when cut or extended, and on garbage", async () => {
    const sealed = await sealer.encrypt("form", FIELDS, new Uint8Array(20));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const forged = sealed.slice();
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await sealer.decrypt("form", FIELDS, forged)).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++)
      expect(await sealer.decrypt("form", FIELDS, sealed.slice(0, length))).toBeNull();
    expect(await sealer.decrypt("form", FIELDS, new Uint8Array([...sealed, 0]))).toBeNull();
    await fc.assert(
      fc.asyncProperty(bytes, async (garbage) => {
        expect(await sealer.decrypt("form", FIELDS, garbage)).toBeNull();
      }),
    );
  });
});

describe("the encoding", () => {
  it("gives no two tuples the same bytes", () => {
    const same = (a: readonly Field[], b: readonly Field[]) => a.length === b.length && a.every((x, at) => x === b[at]);
    fc.assert(
      fc.property(tuple, tuple, (a, b) => {
        const equal = Buffer.from(encodeFields(a)).equals(Buffer.from(encodeFields(b)));
        expect(equal).toBe(same(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  it("has one encoding for what it decodes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      tuple.map((fields) => encodeFields(fields)),
      fc.tuple(tuple, fc.nat(), fc.nat(255)).map(([fields, at, value]) => {
        const encoded = encodeFields(fields);
        if (encoded.length > 0) encoded[at % encoded.length] = value;
        return encoded;
      }),
    );
    fc.assert(
      fc.property(bytes, (encoded) => {
        const fields = decodeFields(new Uint8Array(encoded));
        if (fields) expect(Buffer.from(encodeFields(fields))).toEqual(Buffer.from(encoded));
      }),
      { numRuns: 2_000 },
    );
  });

  it("lends no byte of one field to its neighbour (CVE-2025-68113)", async () => {
    const splices: readonly (readonly Field[])[] = [
      ["a", "bc"],
      ["ab", "c"],
      ["abc"],
      ["abc", ""],
      ["", "abc"],
      ["a&b=c"],
      ["a", "b=c"],
      [1, 23],
      [12, 3],
      [123],
      ["123"],
      ["1", 23],
    ];
    const encodings = splices.map((fields) => Buffer.from(encodeFields(fields)).toString("hex"));
    expect(new Set(encodings).size).toBe(splices.length);
    // A tag moved to a body that was cut elsewhere is refused as well.
    const one = fromBase64url(await sealer.seal("puzzle", ["12", 3])) ?? new Uint8Array();
    const two = fromBase64url(await sealer.seal("puzzle", ["1", 23])) ?? new Uint8Array();
    const spliced = new Uint8Array([...two.slice(0, -32), ...one.slice(-32)]);
    expect(await sealer.open("puzzle", toBase64url(spliced))).toBeNull();
  });

  it("refuses what it could not give back exactly", async () => {
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "\ud800", "a\udc00b"]) {
      await expect(sealer.seal("pass", [bad])).rejects.toThrow(RangeError);
    }
  });

  it("is read with the types that the reader expects", () => {
    expect(shaped(["a", 1], ["string", "number"])).toEqual(["a", 1]);
    expect(shaped(["a", "1"], ["string", "number"])).toBeNull();
    expect(shaped(["a", 1, 2], ["string", "number"])).toBeNull();
    expect(shaped(["a"], ["string", "number"])).toBeNull();
    expect(shaped(null, ["string"])).toBeNull();
  });
});

describe("base64url", () => {
  it("agrees with Node", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64url");
        expect(toBase64url(bytes)).toBe(text);
        expect(Buffer.from(fromBase64url(text) ?? []).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  it("accepts exactly the canonical spelling", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQgwBCx-_=+/ é"), maxLength: 6 }), (text) => {
        const canonical = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(fromBase64url(text) !== null).toBe(canonical);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("secrets", () => {
  it("that are missing, short, malformed or typed by hand make no sealer", async () => {
    const cases: readonly [string | undefined, string][] = [
      [undefined, "missing"],
      ["", "missing"],
      [randomBytes(31).toString("base64url"), "short"],
      ["short", "malformed"], // 5 characters are no whole number of bytes
      [`${CURRENT}=`, "malformed"],
      [` ${CURRENT}`, "malformed"],
      ["a b c", "malformed"],
      ["A".repeat(43), "repetitive"],
      ["passwordpassword".repeat(4), "repetitive"],
    ];
    for (const [secret, problem] of cases) {
      expect([secret, secretProblem(secret)]).toEqual([secret, problem]);
      expect(await createSealer({ current: secret })).toBeNull();
      expect(await createSealer({ current: secret, previous: CURRENT })).toBeNull();
    }
    expect(secretProblem(CURRENT)).toBeNull();
  });

  it("rotate without a moment in which a valid token is refused", async () => {
    const before = await sealerOf(PREVIOUS);
    const staged = await sealerOf(PREVIOUS, CURRENT); // the new one first as accepted
    const swapped = await sealerOf(CURRENT, PREVIOUS);
    const after = await sealerOf(CURRENT);
    const old = await before.seal("pass", FIELDS);
    const fresh = await swapped.seal("pass", FIELDS);
    expect(await staged.seal("pass", FIELDS)).toBe(old); // accepted, not used
    for (const each of [before, staged, swapped]) expect(await each.open("pass", old)).toEqual(FIELDS);
    for (const each of [staged, swapped, after]) expect(await each.open("pass", fresh)).toEqual(FIELDS);
    expect(await after.open("pass", old)).toBeNull();
    expect(await before.open("pass", fresh)).toBeNull();
  });

  it("that are previous and bad are left out, never weakly accepted", async () => {
    for (const previous of ["", "AAAA", "!", "A".repeat(43)]) {
      const made = await sealerOf(CURRENT, previous);
      expect(await made.open("pass", await made.seal("pass", FIELDS))).toEqual(FIELDS);
      expect(await made.macs("counter", new Uint8Array(1))).toHaveLength(1);
    }
  });
});

describe("keyed hashes", () => {
  it("differ by purpose, by secret and from the seals' keys", async () => {
    const input = new TextEncoder().encode("192.0.2.1");
    const both = await sealerOf(CURRENT, PREVIOUS);
    const macs = await both.macs("network", input);
    expect(macs).toHaveLength(2);
    expect(macs[0]).toEqual(await sealer.mac("network", input));
    const all = [
      ...macs,
      await sealer.mac("principal", input),
      await sealer.mac("counter", input),
      await sealer.deriveBits("network", 32),
      await sealer.deriveBits("client-key", 32),
    ];
    expect(new Set(all.map((bytes) => toBase64url(bytes))).size).toBe(all.length);
    expect(await sealer.deriveBits("client-key", 16)).toHaveLength(16);
  });
});

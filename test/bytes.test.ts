import fc from "fast-check";
import { expect, it } from "vitest";
import { randomId, toHex, wordToHex } from "../src/bytes.ts";

it("bytes and words are spelled as hexadecimal numbers with all their zeros", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 0, max: 0xffffffff }), (bytes, word) => {
      expect(toHex(bytes)).toBe(Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
      expect(wordToHex(word)).toBe(word.toString(16).padStart(8, "0"));
    }),
  );
});

it("a fresh id has 128 bits", () => {
  expect(randomId()).toMatch(/^[0-9a-f]{32}$/);
});

import { expect, it } from "vitest";
import { sipHash, sipHashBytes, sipKey } from "../src/siphash.ts";

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const key = sipKey(counting(16));
const hex = ({ hi, lo }: { hi: number; lo: number }) =>
  hi.toString(16).padStart(8, "0") + lo.toString(16).padStart(8, "0");

/** From the reference implementation's vectors.h: input 00 01 02 … of the given length. */
it.each([
  [0, "726fdb47dd0e0e31"],
  [1, "74f839c593dc67fd"],
  [7, "ab0200f58b01d137"],
  [8, "93f5f5799a932462"],
  [15, "a129ca6149be45e5"],
  [63, "958a324ceb064572"],
])("SipHash-2-4 of %i bytes is %s", (length, expected) => {
  expect(hex(sipHashBytes(key, counting(length), length))).toBe(expected);
});

it("hashes text as UTF-8, and never beyond its scratch space", () => {
  const bytes = new TextEncoder().encode("ārsts");
  expect(hex(sipHash(key, "ārsts"))).toBe(hex(sipHashBytes(key, bytes, bytes.length)));
  expect(hex(sipHash(key, "ā".repeat(5000)))).toMatch(/^[0-9a-f]{16}$/);
  expect(hex(sipHash(key, "a".repeat(1_024)))).toBe(hex(sipHash(key, "a".repeat(5000))));
});

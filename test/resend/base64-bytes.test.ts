import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../src/resend/base64-bytes.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const text = (encoded: Uint8Array) => Buffer.from(encoded).toString("latin1");

it("is what node:buffer calls base64url, and comes back", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const encoded = encodeBase64url(given);
      expect(text(encoded)).toBe(Buffer.from(given).toString("base64url"));
      expect(decodeBase64url(encoded)).toEqual(new Uint8Array(given));
    }),
  );
});

it("can be made of pieces", () => {
  fc.assert(
    fc.property(bytes, fc.nat({ max: 20 }), (given, pieces) => {
      const at = Math.min(given.length, pieces * 3);
      expect(text(encodeBase64url(given.subarray(0, at))) + text(encodeBase64url(given.subarray(at)))).toBe(
        text(encodeBase64url(given)),
      );
    }),
  );
});

it("has one spelling, and refuses all others", () => {
  const anything = fc.uint8Array({ maxLength: 12 }).map((given) => new Uint8Array(given));
  const nearly = fc
    .string({ unit: fc.constantFrom(..."ABab01-_+/=\r\n"), maxLength: 9 })
    .map((s) => Uint8Array.from(Buffer.from(s)));
  fc.assert(
    fc.property(fc.oneof(anything, nearly), (given) => {
      const spelt = text(given);
      const decoded = decodeBase64url(given);
      if (decoded !== null) expect(text(encodeBase64url(decoded))).toBe(spelt);
    }),
    { numRuns: 2_000 },
  );
});

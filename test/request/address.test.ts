import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientAddress, inNetwork, NO_ADDRESS, parseAddress, parseNetwork } from "../../src/request/address.ts";

describe("an address that is looked at again", () => {
  it("is what parsing it says, also when others were looked at meanwhile", () => {
    const texts = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 30 });
    fc.assert(
      fc.property(texts, (seen) => {
        for (const text of [...seen, ...seen]) expect(clientAddress(text)).toEqual(parseAddress(text));
      }),
    );
  });

  it("is not parsed again", () => expect(clientAddress("2001:db8::7")).toBe(clientAddress("2001:db8::7")));
});

describe("an address", () => {
  it.each([
    // as given, text, counted by, prefix
    ["198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "20010db800010002/64", "20010db80001/48"],
    ["2001:DB8::1", "2001:db8::1", "20010db800000000/64", "20010db80000/48"],
    ["::ffff:198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["::ffff:c633:6407", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["64:ff9b::198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["64:ff9b::c633:6407", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["2002:c633:6407::1", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["2002:c633:6407:ffff:1:2:3:4", "198.51.100.7", "198.51.100.7", "198.51.100/24"],
    ["2a06:98c0:3600::103", "2a06:98c0:3600::103", "2a0698c036000000/64", "2a0698c03600/48"],
  ])("%s", (given, text, key, prefix) => expect(parseAddress(given)).toMatchObject({ text, key, prefix }));

  /** Whatever client, server, port or layout the rest of it tells: RFC 4380 section 4, RFC 6052 section 2.2. */
  it.each([
    ["Teredo", ["2001:0:4136:e378:8000:63bf:39cd:9bf8", "2001::1", "2001:0:c000:201:0:ffff:39cd:9bf8"], "teredo"],
    ["local NAT64", ["64:ff9b:1::c633:6407", "64:ff9b:1:c6:33:6400::", "64:ff9b:1:ffff:1:2:3:4"], "local nat64"],
  ])("that came by %s is one client and nobody's IPv4 address", (_, given, key) => {
    for (const text of given)
      expect(parseAddress(text)).toMatchObject({ text, key, prefix: expect.stringContaining(key) });
  });
  it.each(["2001:1::1", "2001:db8::1", "64:ff9b:2::c633:6407", "64:ff9b:0:1::c633:6407"])(
    "%s, beside those, is one of its /64",
    (given) => expect(parseAddress(given).key).toMatch(/^[0-9a-f]{16}\/64$/),
  );

  it.each([
    "",
    " ",
    "unknown",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.04",
    "0x1.2.3.4",
    "0300.1.1.1",
    "1.2.3.4 ",
    "-1.2.3.4",
    "3232235777",
    "1.2.3.4, 5.6.7.8",
    "1.2.3.4:80",
    "fe80::1%eth0",
    "::1%25",
    "[::1]",
    "2001:db8::g",
    "1::2::3",
    "12345::",
    "::ffff:256.1.1.1",
    "9".repeat(46),
    "2001:db8:1:2:3:4:5:6:7",
    "1.2.3.4\u0000",
  ])("%j is none", (given) => expect(parseAddress(given)).toBe(NO_ADDRESS)); // prettier-ignore

  it("any IPv6 address of one /64 is one client", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }), (tail) => {
        const address = `2001:db8:7:8:${tail.map((part) => part.toString(16)).join(":")}`;
        expect(parseAddress(address).key).toBe("20010db800070008/64");
      }),
    ));
  it("any text is an address or none", () => fc.assert(fc.property(fc.string(), (text) => void parseAddress(text))));
  it("any address that is one is spelled in one way", () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (given) => {
        const { text, key } = parseAddress(given);
        if (text !== "") expect(parseAddress(text)).toMatchObject({ text, key });
      }),
    ));
});

describe("a network", () => {
  it.each([
    ["198.51.100.0/24", "198.51.100.7", true],
    ["198.51.100.0/24", "198.51.101.7", false],
    ["198.51.100.7", "198.51.100.7", true],
    ["198.51.100.0/29", "198.51.100.7", true],
    ["198.51.100.0/29", "198.51.100.8", false],
    ["0.0.0.0/0", "1.2.3.4", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/33", "2001:db8:ffff::1", false],
    ["198.51.100.0/24", "::ffff:198.51.100.7", true],
    ["198.51.100.0/24", "", false],
  ])("%s holds %s: %s", (network, address, holds) => {
    expect(inNetwork(parseAddress(address), parseNetwork(network))).toBe(holds);
  });
  it.each(["", "x", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/a", "01.2.3.4/8", "2001:db8::/129", "1.2.3/8", "1.2.3.4/1.5"])(
    "%j is none, and the message says how to write one",
    (text) => expect(() => parseNetwork(text)).toThrow(/write it like/),
  );
});

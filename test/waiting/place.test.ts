/** A place in line: one for a person, hers alone, and it survives whatever restarts. */
import { describe, expect, it } from "vitest";
import { networksOf } from "../../src/challenge/network.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { parseAddress } from "../../src/request/address.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import type { Sealer } from "../../src/seal.ts";
import { PLACE_HOLDS_MOST_S, PLACE_HOLDS_S, placeCookie, readPlace } from "../../src/waiting/place.ts";
import { newSealer, newSecret } from "../challenge/lab.ts";
import { facts, identity } from "../policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const MINUTE_MS = 60_000;
const [HERE, THERE] = ["198.51.100.7", "203.0.113.7"];
const cleared = identity({ lane: "cleared", clearance: "c1" });

const given = async (sealer: Sealer, who: Identity, address: string, cameAt = NOW, shownAt = cameAt) => {
  const place = { cameAt, shownAt };
  const cookie = await placeCookie(sealer, facts({ address: parseAddress(address) }), who, place);
  expect(cookie).toMatch(/^__Host-shield-place=[\w-]+; Max-Age=14400; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  return cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));
};
const read = (sealer: Sealer, place: string, who: Identity, address: string, now = NOW, host = "portal.example.lv") =>
  readPlace(sealer, facts({ host, address: parseAddress(address), cookies: { ...NO_COOKIES, place } }), who, now);

describe("a place", () => {
  it("says when its owner came, after a restart and a rotation of keys as well", async () => {
    const [old, fresh] = [newSecret(), newSecret()];
    const place = await given(await newSealer(old), identity(), HERE);
    expect(await read(await newSealer(old), place, identity(), HERE)).toMatchObject({ cameAt: NOW });
    expect(await read(await newSealer(fresh, old), place, identity(), HERE)).toMatchObject({ cameAt: NOW });
  });
  it("holds for hours after the last page that showed it, however long its owner waited before", async () => {
    const sealer = await newSealer();
    for (const waitedMs of [0, 240 * MINUTE_MS, 19 * 60 * MINUTE_MS]) {
      const place = await given(sealer, identity(), HERE, NOW, NOW + waitedMs);
      const endsAt = NOW + waitedMs + PLACE_HOLDS_S * 1000;
      expect(await read(sealer, place, identity(), HERE, endsAt)).toMatchObject({ cameAt: NOW });
      expect(await read(sealer, place, identity(), HERE, endsAt + 1)).toBeNull();
    }
  });
  it("is no place in the line of another day, however often it is shown", async () => {
    const sealer = await newSealer();
    const endsAt = NOW + PLACE_HOLDS_MOST_S * 1000;
    const place = await given(sealer, identity(), HERE, NOW, endsAt - MINUTE_MS);
    expect(await read(sealer, place, identity(), HERE, endsAt)).toMatchObject({ cameAt: NOW });
    expect(await read(sealer, place, identity(), HERE, endsAt + 1)).toBeNull();
  });
  it("that an earlier version gave holds from when its owner came", async () => {
    const sealer = await newSealer();
    const [mine] = await networksOf(sealer, parseAddress(HERE));
    const place = await sealer.seal("place", ["portal.example.lv", mine ?? "", NOW]);
    expect(await read(sealer, place, identity(), HERE, NOW + PLACE_HOLDS_S * 1000)).toMatchObject({ cameAt: NOW });
    expect(await read(sealer, place, identity(), HERE, NOW + PLACE_HOLDS_S * 1000 + 1)).toBeNull();
  });
  it("follows a person with a clearance or an account from network to network", async () => {
    const sealer = await newSealer();
    const resident = identity({ lane: "resident", principal: "p1" });
    for (const who of [cleared, resident])
      expect(await read(sealer, await given(sealer, who, HERE), who, THERE)).toMatchObject({ cameAt: NOW });
  });
  it("goes on when a stranger earns a clearance where she is", async () => {
    const sealer = await newSealer();
    expect(await read(sealer, await given(sealer, identity(), HERE), cleared, HERE)).toEqual({
      cameAt: NOW,
      shownAt: NOW,
    });
  });
  it("is worth nothing to another network, another clearance, another host, or when it is made up", async () => {
    const sealer = await newSealer();
    const mine = await given(sealer, identity(), HERE);
    expect(await read(sealer, mine, identity(), THERE)).toBeNull();
    expect(await read(sealer, await given(sealer, cleared, HERE), identity({ clearance: "c2" }), THERE)).toBeNull();
    expect(await read(sealer, mine, identity(), HERE, NOW, "nvd.example.lv")).toBeNull();
    expect(await read(await newSealer(), mine, identity(), HERE)).toBeNull();
    for (const forged of ["", "x", `${mine.slice(0, -2)}AA`, "A".repeat(300)])
      expect(await read(sealer, forged, identity(), HERE)).toBeNull();
    const future = await given(sealer, identity(), HERE, NOW + 2 * MINUTE_MS);
    expect(await read(sealer, future, identity(), HERE)).toBeNull();
  });
});

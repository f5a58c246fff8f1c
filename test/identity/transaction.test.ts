/** The sign-in transaction: what a return from the identity provider brings back. */
import { describe, expect, it } from "vitest";
import { presentsTransaction, readTransaction, transactionCookie } from "../../src/identity/transaction.ts";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import { newSealer } from "../challenge/lab.ts";
import { facts } from "../policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const HOST = "portal.example.lv";
const returning = (signin: string, different = {}) =>
  facts({ method: "POST", cookies: { ...NO_COOKIES, signin }, ...different });
const valueIn = (cookie: string) => cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));

describe("a sign-in transaction", () => {
  it("comes home with a cross-site POST, and is good for ten minutes, at this host", async () => {
    const sealer = await newSealer();
    const cookie = await transactionCookie(sealer, HOST, NOW);
    expect(cookie).toMatch(/^__Host-shield-signin=[\w-]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=None$/);
    const back = returning(valueIn(cookie));
    const id = await readTransaction(sealer, back, NOW + 599_999);
    expect(id).toMatch(/^[\w-]{22}$/);
    expect(await readTransaction(sealer, back, NOW + 600_000)).toBeNull();
    expect(await readTransaction(sealer, { ...back, host: "nvd.example.lv" }, NOW)).toBeNull();
    expect(await readTransaction(sealer, back, NOW - 120_000)).toBeNull();
  });
  it("is another one each time, and nobody else's seal opens it", async () => {
    const [sealer, stranger] = [await newSealer(), await newSealer()];
    const [one, two] = [await transactionCookie(sealer, HOST, NOW), await transactionCookie(sealer, HOST, NOW)];
    const [a, b] = [returning(valueIn(one)), returning(valueIn(two))];
    expect(await readTransaction(sealer, a, NOW)).not.toBe(await readTransaction(sealer, b, NOW));
    expect(await readTransaction(stranger, a, NOW)).toBeNull();
    // A place of the waiting room, sealed by us for this host, is no transaction.
    const place = await sealer.seal("place", [HOST, "x", NOW]);
    expect(await readTransaction(sealer, returning(place), NOW)).toBeNull();
    for (const forged of ["", "x", "A".repeat(200)])
      expect(await readTransaction(sealer, returning(forged), NOW)).toBeNull();
  });
  it("is looked at on POSTs only", () => {
    expect(presentsTransaction(returning("x"))).toBe(true);
    expect(presentsTransaction(returning("x", { method: "GET" }))).toBe(false);
    expect(presentsTransaction(returning(""))).toBe(false);
  });
});

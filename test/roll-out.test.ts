/** During a roll-out two versions run side by side: what a newer one seals with a field more, this one must read. */
import { randomBytes } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { networksOf } from "../src/challenge/network.ts";
import { readTransaction } from "../src/identity/transaction.ts";
import { readVisit } from "../src/identity/visit.ts";
import { openForm, RESTORED_HEADERS, renewDeadline, sealForm } from "../src/resend/seal-form.ts";
import { createSealer, type Sealer } from "../src/seal.ts";
import { readPlace } from "../src/waiting/place.ts";
import { facts, identity } from "./policy/subjects.ts";

const NOW = Date.UTC(2026, 10, 26, 9);
const NEW_FIELD = "something of the next version";
let sealer: Sealer;
beforeAll(async () => {
  const made = await createSealer({ current: randomBytes(32).toString("base64url") });
  if (!made) throw new Error("a weak secret");
  sealer = made;
});
const { host, address } = facts();
const withCookie = (name: string, value: string) =>
  facts({ method: "POST", cookies: { ...facts().cookies, [name]: value } });

it("a visit ticket", async () => {
  const [network = ""] = await networksOf(sealer, address);
  const value = await sealer.seal("visit", ["v1", host, network, NOW, NEW_FIELD]);
  expect(await readVisit(sealer, withCookie("visit", value), NOW)).toEqual({ id: "v1", issuedAtMs: NOW, atHome: true });
});

it("a sign-in transaction", async () => {
  const value = await sealer.seal("signin", [host, "t1", NOW, NEW_FIELD]);
  expect(await readTransaction(sealer, withCookie("signin", value), NOW)).toBe("t1");
});

it("a place in the line", async () => {
  const value = await sealer.seal("place", [host, "c1", NOW, NOW + 1000, NEW_FIELD]);
  const who = identity({ lane: "cleared", clearance: "c1" });
  expect(await readPlace(sealer, withCookie("place", value), who, NOW)).toEqual({ cameAt: NOW, shownAt: NOW + 1000 });
  // As it was before it said when it was last given.
  const older = await sealer.seal("place", [host, "c1", NOW]);
  expect(await readPlace(sealer, withCookie("place", older), who, NOW)).toEqual({ cameAt: NOW, shownAt: NOW });
});

it("the deadline of a form that is given back", async () => {
  const body = new TextEncoder().encode("a=1");
  const bound = { host, target: "/x", subject: "- network n" };
  const form = { id: "0a".repeat(16), sealedAtMs: NOW, headers: RESTORED_HEADERS.map(() => ""), inVain: [], body };
  const { contents } = await sealForm(sealer, form, bound, NOW);
  const deadline = await sealer.seal("deadline", [form.id, host, bound.subject, NOW, NOW + 60_000, NEW_FIELD]);
  const opened = await openForm(sealer, { deadline, contents }, bound, () => true, NOW);
  expect(opened).toMatchObject({ ok: true, form: { id: form.id } });
  expect(await renewDeadline(sealer, deadline, host, () => true, NOW)).not.toBeNull();
});

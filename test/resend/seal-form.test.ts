import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Bound,
  type Form,
  headersToSeal,
  IN_VAIN_MAX,
  knownUntilMs,
  openForm,
  RESTORED_HEADERS,
  renewDeadline,
  SENDABLE_FOR_MS,
  SENDABLE_LONGEST_MS,
  type SealedForm,
  sealForm,
} from "../../src/resend/seal-form.ts";
import type { Sealer } from "../../src/seal.ts";
import { HOST, MINUTE_MS, NOW_MS, newSealer, newSecret } from "../challenge/lab.ts";

const ID = "00112233445566778899aabbccddeeff";
const BOUND: Bound = { host: HOST, target: "/app/prescriptions?x=1&x=2", subject: "- browser b1" };
const HEADERS = [
  "multipart/form-data; boundary=x",
  "s=1; t=\u00e9",
  "https://a.lv",
  "",
  "same-origin",
  "navigate",
  "document",
  "?1",
];
const FORM: Form = { id: ID, sealedAtMs: NOW_MS, headers: HEADERS, body: new Uint8Array([0, 255, 13, 10]), inVain: [] };
const hers = (subject: string) => subject === BOUND.subject;

let sealer: Sealer;
let sealed: SealedForm;
beforeAll(async () => {
  sealer = await newSealer();
  sealed = await sealForm(sealer, FORM, BOUND, NOW_MS);
});
const open = (form: SealedForm, bound: Omit<Bound, "subject"> = BOUND, nowMs = NOW_MS + 1, by = hers) =>
  openForm(sealer, form, bound, by, nowMs);

describe("a sealed form", () => {
  it("opens to what was sealed, byte for byte", async () => {
    const header = fc.string({ unit: "grapheme", maxLength: 50 }).filter((value) => value.isWellFormed());
    const headers = fc.array(header, { minLength: RESTORED_HEADERS.length, maxLength: RESTORED_HEADERS.length });
    const target = fc.webPath().map((path) => `/${path}`);
    const attempts = fc.array(fc.string({ minLength: 32, maxLength: 32 }), { maxLength: IN_VAIN_MAX });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        headers,
        attempts,
        target,
        async (body, values, inVain, to) => {
          const form = { ...FORM, headers: values, body: new Uint8Array(body), inVain };
          const bound = { ...BOUND, target: to };
          const opened = await open(await sealForm(sealer, form, bound, NOW_MS), bound);
          expect(opened).toEqual({ ok: true, form });
        },
      ),
    );
  });

  it("knows its latest attempts in vain, and no more than it needs", async () => {
    const inVain = Array.from({ length: 2 * IN_VAIN_MAX }, (_, i) => `attempt ${i}`);
    const opened = await open(await sealForm(sealer, { ...FORM, inVain }, BOUND, NOW_MS));
    expect(opened).toEqual({ ok: true, form: { ...FORM, inVain: inVain.slice(IN_VAIN_MAX) } });
  });

  it.each<[string, Partial<Bound>]>([
    ["another path", { target: "/app/sick-leaves" }],
    ["another query", { target: "/app/prescriptions?x=2&x=1" }],
    ["the same query without its path", { target: "?x=1&x=2" }],
    ["another host", { host: "nvd.example.lv" }],
  ])("is refused for %s", async (_, other) => {
    expect(await open(sealed, { ...BOUND, ...other })).toEqual({ ok: false, why: "foreign" });
  });

  it("is refused from anybody else", async () => {
    expect(await open(sealed, BOUND, NOW_MS, (subject) => subject === "- browser b2")).toMatchObject({ ok: false });
    // Nor can her name be put on another's form: it is bound to both.
    const others = await sealForm(sealer, FORM, { ...BOUND, subject: "- browser b2" }, NOW_MS);
    expect(await open({ ...others, deadline: sealed.deadline })).toEqual({ ok: false, why: "foreign" });
  });

  it("does not go with the deadline of another form", async () => {
    const other = await sealForm(sealer, { ...FORM, id: ID.replace("0", "1") }, BOUND, NOW_MS);
    expect(await open({ deadline: other.deadline, contents: sealed.contents })).toEqual({ ok: false, why: "foreign" });
  });

  it("shows nothing of what is in it, not even whether it is the same", async () => {
    const body = new TextEncoder().encode("diagnoze F32.1 ".repeat(50));
    const once = await sealForm(sealer, { ...FORM, body }, BOUND, NOW_MS);
    const again = await sealForm(sealer, { ...FORM, body }, BOUND, NOW_MS);
    expect(Buffer.from(once.contents).includes("F32.1")).toBe(false);
    expect(Buffer.from(once.contents).equals(Buffer.from(again.contents))).toBe(false);
  });

  it("withstands 20,000 mutations", async () => {
    let accepted = 0;
    const { contents } = sealed;
    for (let batch = 0; batch < 20; batch++)
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, i) => {
          const length = i % 3 === 0 ? Math.floor(Math.random() * contents.length) : contents.length;
          const forged = contents.slice(0, length);
          if (i % 3 === 1) forged.copyWithin(Math.random() * length, Math.random() * length);
          const at = Math.floor(Math.random() * length);
          if (i % 3 > 0) forged[at] = (forged[at] ?? 0) ^ (1 << (i & 7));
          if (Buffer.from(forged).equals(Buffer.from(contents))) return;
          if ((await open({ ...sealed, contents: forged })).ok) accepted++;
        }),
      );
    expect(accepted).toBe(0);
  });

  it("opens after a rotation, and not under another secret", async () => {
    const [old, fresh] = [newSecret(), newSecret()];
    const before = await sealForm(await newSealer(old), FORM, BOUND, NOW_MS);
    expect((await openForm(await newSealer(fresh, old), before, BOUND, hers, NOW_MS)).ok).toBe(true);
    expect((await openForm(await newSealer(fresh), before, BOUND, hers, NOW_MS)).ok).toBe(false);
  });

  it("is no other kind of seal, and no other kind is one", async () => {
    for (const purpose of ["pass", "clearance", "puzzle", "visit"] as const) {
      expect(await sealer.open(purpose, sealed.deadline)).toBeNull();
      const posing = await sealer.seal(purpose, [ID, HOST, BOUND.subject, NOW_MS, NOW_MS + 1_000]);
      expect((await open({ ...sealed, deadline: posing })).ok).toBe(false);
    }
  });
});

describe("the time for which it can be sent", () => {
  it("is ten minutes", async () => {
    expect((await open(sealed, BOUND, NOW_MS + SENDABLE_FOR_MS - 1)).ok).toBe(true);
    expect(await open(sealed, BOUND, NOW_MS + SENDABLE_FOR_MS)).toEqual({ ok: false, why: "expired" });
  });

  it("is renewed while the page is open, to two hours in all, and known as sent for longer", async () => {
    let { deadline } = sealed;
    let nowMs = NOW_MS;
    for (;;) {
      const later = await renewDeadline(sealer, deadline, HOST, hers, nowMs + 4 * MINUTE_MS);
      if (later === null) break;
      nowMs += 4 * MINUTE_MS;
      deadline = later;
      expect((await open({ ...sealed, deadline }, BOUND, nowMs)).ok).toBe(true);
    }
    expect(nowMs).toBeGreaterThan(NOW_MS + SENDABLE_LONGEST_MS - 5 * MINUTE_MS);
    const end = NOW_MS + SENDABLE_LONGEST_MS + SENDABLE_FOR_MS;
    expect((await open({ ...sealed, deadline }, BOUND, end)).ok).toBe(false);
    expect(knownUntilMs(FORM)).toBeGreaterThanOrEqual(end);
  });

  it("is renewed neither after it has passed, nor for others, nor elsewhere, nor from anything else", async () => {
    const renew = (token: string, host = HOST, by = hers, nowMs = NOW_MS + 1) =>
      renewDeadline(sealer, token, host, by, nowMs);
    expect(await renew(sealed.deadline)).not.toBeNull();
    expect(await renew(sealed.deadline, HOST, hers, NOW_MS + SENDABLE_FOR_MS)).toBeNull();
    expect(await renew(sealed.deadline, "nvd.example.lv")).toBeNull();
    expect(await renew(sealed.deadline, HOST, () => false)).toBeNull();
    await fc.assert(
      fc.asyncProperty(fc.string(), async (garbage) => {
        expect(await renew(garbage)).toBeNull();
      }),
    );
  });

  it("is not moved by sealing it once more", async () => {
    const late = NOW_MS + SENDABLE_LONGEST_MS + 5 * MINUTE_MS;
    const again = await sealForm(sealer, FORM, BOUND, late);
    expect((await open(again, BOUND, late)).ok).toBe(true);
    expect((await open(again, BOUND, NOW_MS + SENDABLE_LONGEST_MS + SENDABLE_FOR_MS)).ok).toBe(false);
  });
});

it("takes the headers that a browser adds, and leaves out what cannot be sealed", () => {
  const sent = new Map([
    ["Cookie", "a=b"],
    ["Content-Type", "text/plain"],
    ["Referer", "x".repeat(70_000)],
    ["Accept", "text/html"],
  ]);
  const values = headersToSeal({ get: (name) => sent.get(name) ?? null });
  expect(values).toEqual(["text/plain", "a=b", "", "", "", "", "", ""]);
});

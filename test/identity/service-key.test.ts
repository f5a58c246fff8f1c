import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplayMemory } from "../../src/identity/replay.ts";
import { SERVICE_KEY_WINDOW_MS } from "../../src/identity/service-key.ts";
import { sipKey } from "../../src/siphash.ts";
import { type Signed, serviceKeyHeader, serviceKeyOf } from "../lab/credentials.ts";
import { factsOf } from "../request/requests.ts";
import { desk, NOW, SECRET, sealerOf } from "./proving.ts";

const call: Signed = {
  id: "praxis-0042",
  key: serviceKeyOf(SECRET, "praxis-0042"),
  method: "POST",
  host: "portal.example.lv",
  target: "/soap/prescription?trace=1",
  timeMs: NOW,
};
/** The request that was signed, unless it is told to be another. */
const request = (header: string, { method, host, target }: Partial<Signed> = {}) =>
  factsOf({
    method: method ?? call.method,
    url: `https://${host ?? call.host}${target ?? call.target}`,
    headers: { "Shield-Key": header },
  });

describe("a service key", () => {
  it("makes a machine of whoever signs with it, by a principal that is no id", async () => {
    const { prove } = await desk();
    const who = await prove(request(serviceKeyHeader(call)));
    expect(who).toMatchObject({ lane: "machine", evidence: "service-key", proof: { since: 0, clockSkewMs: 0 } });
    expect(who.principal).toMatch(/^[0-9a-f]{32}$/);
  });
  it("is one for each installation", async () => {
    const { prove } = await desk();
    const other = { ...call, id: "praxis-0043", key: serviceKeyOf(SECRET, "praxis-0043") };
    const principals = [await prove(request(serviceKeyHeader(call))), await prove(request(serviceKeyHeader(other)))];
    expect(new Set(principals.map(({ principal }) => principal)).size).toBe(2);
    expect(await prove(request(serviceKeyHeader({ ...other, key: call.key })))).toMatchObject({
      lane: "unknown",
      refusal: { proof: "service-key", why: "forged" },
    });
  });
  it.each<[string, Partial<Signed>]>([
    ["method", { method: "GET" }],
    ["host", { host: "nvd.example.lv" }],
    ["path", { target: "/soap/sick-leave?trace=1" }],
    ["query", { target: "/soap/prescription?trace=2" }],
  ])("signed for another %s is forged", async (_, sent) => {
    const made = await desk();
    expect(await made.prove(request(serviceKeyHeader(call), sent))).toMatchObject({
      lane: "unknown",
      refusal: { why: "forged" },
    });
    expect(made.failures).toBe(1);
  });
  it("is good for five minutes of clock skew either way, and whose clock is further off is told by how much", async () => {
    const { prove } = await desk();
    const at = (timeMs: number) => prove(request(serviceKeyHeader({ ...call, timeMs })));
    expect(await at(NOW - SERVICE_KEY_WINDOW_MS)).toMatchObject({ lane: "machine", proof: { clockSkewMs: -300_000 } });
    expect(await at(NOW + SERVICE_KEY_WINDOW_MS)).toMatchObject({ lane: "machine", proof: { clockSkewMs: 300_000 } });
    expect(await at(NOW - 3_600_000)).toMatchObject({
      lane: "unknown",
      refusal: { proof: "service-key", why: "clock", clockSkewMs: -3_600_000 },
    });
  });
  it("cannot be used twice with the same nonce, as long as its time is good", async () => {
    const { prove } = await desk();
    const early = serviceKeyHeader({ ...call, timeMs: NOW + SERVICE_KEY_WINDOW_MS });
    expect(await prove(request(early))).toMatchObject({ lane: "machine" });
    for (const after of [0, 1_000, SERVICE_KEY_WINDOW_MS, 2 * SERVICE_KEY_WINDOW_MS])
      expect(await prove(request(early), NOW + after)).toMatchObject({ lane: "unknown", refusal: { why: "replayed" } });
  });
  it("of the secret before goes on after a rotation", async () => {
    const { prove } = await desk({ sealer: await sealerOf(randomBytes(32).toString("base64url"), SECRET) });
    expect(await prove(request(serviceKeyHeader(call)))).toMatchObject({ lane: "machine" });
  });
  it("that the rules withdraw counts for nothing", async () => {
    const { prove } = await desk({ proofs: { serviceKeys: { revoked: [call.id] } } });
    expect(await prove(request(serviceKeyHeader(call)))).toMatchObject({ refusal: { why: "revoked" } });
  });
  it("counts for nothing where the rules have no service keys", async () => {
    const { prove } = await desk({ proofs: {} });
    expect(await prove(request(serviceKeyHeader(call)))).toMatchObject({ lane: "unknown", evidence: "none" });
  });
  it("is not derived for an address that failed too often, unless it is known", async () => {
    const made = await desk();
    await made.prove(request(serviceKeyHeader(call)));
    made.mayTry = false;
    expect(await made.prove(request(serviceKeyHeader(call)))).toMatchObject({ lane: "machine" });
    const stranger = { ...call, id: "praxis-0099", key: serviceKeyOf(SECRET, "praxis-0099") };
    expect(await made.prove(request(serviceKeyHeader(stranger)))).toMatchObject({ refusal: { why: "not-checked" } });
  });
  it("in any other spelling is malformed, without an exception", async () => {
    const { prove } = await desk();
    const good = serviceKeyHeader(call);
    const bad = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."id=time,nonce mac0123456789abcXYZ-_."), minLength: 1 }),
      fc.integer({ min: 1, max: good.length - 1 }).map((at) => good.slice(0, at)),
      fc.constantFrom(`${good}=`, `${good}, mac=x`, good.replace("id=", "ID="), good.replace(/time=\d+/, "time=1e9")),
    );
    await fc.assert(
      fc.asyncProperty(bad, async (header) => {
        const facts = request(header.trim() === "" ? "x" : header);
        expect((await prove(facts)).refusal?.why).toBe("malformed");
      }),
    );
  });
});

describe("what one isolate remembers of nonces", () => {
  const memory = (most?: number) => new ReplayMemory(sipKey(randomBytes(16)), 600_000, most);
  it("finds every repetition in time, and takes nothing new for old", () => {
    const seen = memory();
    for (let i = 0; i < 5_000; i++) expect(seen.isNew(`n${i}`, NOW + i * 100)).toBe(true);
    for (let i = 0; i < 5_000; i++) expect(seen.isNew(`n${i}`, NOW + 500_000)).toBe(false);
  });
  it("is bounded: when too many come, the oldest are forgotten first", () => {
    const seen = memory(100);
    for (let i = 0; i < 250; i++) expect(seen.isNew(`n${i}`, NOW)).toBe(true);
    expect(seen.isNew("n249", NOW)).toBe(false);
    expect(seen.isNew("n150", NOW)).toBe(false);
    expect(seen.isNew("n0", NOW)).toBe(true);
  });
});

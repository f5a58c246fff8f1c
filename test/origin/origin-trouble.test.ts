/** Origins that fail, clients that vanish, and bodies too big to hold, through real workerd. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawConnection, sendRaw } from "../lab/raw-http.ts";
import { hang, headerOf, manyBytes, reset } from "../lab/recording-origin.ts";
import { becomes, inFlight, type ProxyLab, request, startProxyLab, TIMEOUT_MS } from "./proxy-lab.ts";

const MB = 1 << 20;
let lab: ProxyLab;
beforeAll(async () => {
  lab = await startProxyLab();
});
afterAll(() => lab.stop());

describe("an origin in trouble", () => {
  it("that listens nowhere: 502", async () => {
    const { status, body } = await sendRaw(lab.deadUrl, request("GET /"));
    expect([status, body.toString()]).toEqual([502, "origin-unreachable"]);
  });
  it("that resets: 502", async () => {
    lab.origin.on("/reset", reset());
    expect((await sendRaw(lab.proxyUrl, request("POST /reset", [], "a=1"))).status).toBe(502);
  });
  it("that hangs: 504, and its request is cut", async () => {
    lab.origin.on("/hang", hang);
    expect((await sendRaw(lab.hastyUrl, request("GET /hang"))).status).toBe(504);
    expect(await becomes(() => lab.origin.seen.some(({ target, aborted }) => target === "/hang" && aborted))).toBe(
      true,
    );
    expect(await becomes(async () => (await inFlight(lab.hastyUrl)) === 0)).toBe(true);
  });
  it("a body gets more time by its length, at 50 kB/s", async () => {
    lab.origin.on("/hang", hang);
    const from = performance.now();
    expect((await sendRaw(lab.hastyUrl, request("POST /hang", [], "x".repeat(25_000)))).status).toBe(504);
    expect(performance.now() - from).toBeGreaterThan(TIMEOUT_MS + 450);
  });
});

describe("a client that resets", () => {
  it.each(["/hang?20-times", "/hang?lingering"])(
    "20 times before an answer leaks no slot, and the origin is let go: %s",
    async (target) => {
      lab.origin.on("/hang", hang);
      const before = lab.origin.seen.length;
      const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(lab.proxyUrl)));
      await Promise.all(connections.map((connection) => connection.write(request(`GET ${target}`))));
      expect(await becomes(() => lab.origin.seen.length === before + 20)).toBe(true);
      expect(await inFlight(lab.proxyUrl)).toBe(20);
      for (const connection of connections) connection.reset();
      expect(await becomes(async () => (await inFlight(lab.proxyUrl)) === 0)).toBe(true);
      expect(await becomes(() => lab.origin.seen.slice(before).every(({ aborted }) => aborted))).toBe(true);
    },
  );
  it("half way through its upload", async () => {
    const connection = await RawConnection.open(lab.proxyUrl);
    await connection.write(
      Buffer.concat([request("POST /upload-cut", ["Content-Length: 1000000"]), Buffer.alloc(10_000)]),
    );
    expect(await becomes(() => lab.origin.last().target === "/upload-cut" && lab.origin.last().bytes === 10_000)).toBe(
      true,
    );
    connection.reset();
    const seen = lab.origin.last();
    expect(await becomes(() => seen.aborted)).toBe(true);
    expect(await becomes(async () => (await inFlight(lab.proxyUrl)) === 0)).toBe(true);
  });
  it("half way through a download", async () => {
    lab.origin.on("/endless", manyBytes(1 << 30));
    const connection = await RawConnection.open(lab.proxyUrl);
    await connection.write(request("GET /endless"));
    await connection.readHead();
    connection.reset();
    const seen = lab.origin.last();
    expect(await becomes(() => seen.aborted)).toBe(true);
  });
});

describe("256 MB stream through, and little of it is ever here", () => {
  /** Highest memory while the work runs, less that before it. */
  async function growth(work: () => Promise<void>): Promise<number> {
    const before = lab.memory();
    expect(before).toBeGreaterThan(20 * MB); // or it is not workerd that is measured
    let most = before;
    const watching = setInterval(() => {
      most = Math.max(most, lab.memory());
    }, 20);
    await work();
    clearInterval(watching);
    return (most - before) / MB;
  }
  it("down", async () => {
    lab.origin.on("/256MB", manyBytes(256 * MB));
    const grown = await growth(async () => {
      const { bytes, truncated } = await sendRaw(lab.proxyUrl, request("GET /256MB"), { keep: false });
      expect([bytes, truncated]).toEqual([256 * MB, false]);
    });
    console.log(`download: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
  it("up, with its length", async () => {
    const block = Buffer.alloc(MB, "0123456789abcdef");
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("POST /big", [`Content-Length: ${256 * MB}`]));
      for (let i = 0; i < 256; i++) await connection.write(block);
      expect((await connection.read()).status).toBe(200);
      connection.close();
    });
    console.log(`upload: workerd grew by ${grown.toFixed(0)} MB`);
    expect(lab.origin.last().bytes).toBe(256 * MB);
    expect(headerOf(lab.origin.last(), "Content-Length")).toEqual([String(256 * MB)]);
    expect(grown).toBeLessThan(100);
  });
  it("up to an origin that does not read", async () => {
    lab.origin.on("/deaf", (_, __, incoming) => void incoming.pause());
    const block = Buffer.alloc(MB);
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("POST /deaf", [`Content-Length: ${256 * MB}`]));
      const writing = (async () => {
        for (let i = 0; i < 256 && !connection.socket.destroyed; i++) await connection.write(block);
      })();
      await pause(1000);
      expect(connection.socket.bytesWritten).toBeLessThan(64 * MB);
      connection.reset();
      await writing;
    });
    console.log(`deaf origin: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
  it("down to a client that does not read", async () => {
    lab.origin.on("/256MB", manyBytes(256 * MB));
    const grown = await growth(async () => {
      const connection = await RawConnection.open(lab.proxyUrl);
      await connection.write(request("GET /256MB"));
      await connection.readHead();
      await pause(1500);
      connection.reset();
    });
    console.log(`slow reader: workerd grew by ${grown.toFixed(0)} MB`);
    expect(grown).toBeLessThan(100);
  });
});

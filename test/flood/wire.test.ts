import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Wire } from "./wire.ts";

/** More than any machine needs, ms. */
const PATIENCE_MS = 30_000;
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

let server: Server;
let wire: Wire;
let answer: (socket: Socket) => void;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  wire = new Wire((server.address() as AddressInfo).port);
});
afterEach(() => {
  wire.destroy();
  server.close();
});

describe("an attacker's connection", () => {
  test("reads answers with a length, one after the other", async () => {
    answer = (socket) => socket.write("HTTP/1.1 503 Busy\r\nShield-Mitigated: closed\r\nContent-Length: 2\r\n\r\nno");
    for (let i = 0; i < 3; i++)
      expect(await wire.send(REQUEST, PATIENCE_MS)).toMatchObject({ status: 503, mitigated: "closed" });
    expect(wire.usable).toBe(true);
  });

  test("reads an answer that comes byte by byte", async () => {
    answer = (socket) => {
      const bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
      for (const byte of bytes) socket.write(byte);
    };
    expect(await wire.send(REQUEST, PATIENCE_MS)).toMatchObject({ status: 200, mitigated: "" });
    expect(wire.usable).toBe(true);
  });

  test("reads an empty chunked body, an answer without one, and one to HEAD", async () => {
    answer = (socket) => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect(await wire.send(REQUEST, PATIENCE_MS)).toMatchObject({ status: 200 });
    answer = (socket) => socket.write("HTTP/1.1 304 Not Modified\r\n\r\n");
    expect(await wire.send(REQUEST, PATIENCE_MS)).toMatchObject({ status: 304 });
    answer = (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    expect(await wire.send(REQUEST.replace("GET", "HEAD"), PATIENCE_MS)).toMatchObject({ status: 200 });
  });

  test("takes the end of the connection for the end of the body where nothing else tells", async () => {
    answer = (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it");
    expect(await wire.send(REQUEST, PATIENCE_MS)).toMatchObject({ status: 200, mitigated: "" });
    expect(wire.usable).toBe(false);
  });

  test("counts a body that was cut off, and silence, as no answer", async () => {
    answer = (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    expect(await wire.send(REQUEST, PATIENCE_MS)).toBeNull();
    expect(wire.usable).toBe(false);
    expect(await wire.send(REQUEST, PATIENCE_MS)).toBeNull();
  });

  test("gives up after its patience", async () => {
    answer = () => undefined;
    expect(await wire.send(REQUEST, 50)).toBeNull();
    expect(wire.usable).toBe(false);
  });
});

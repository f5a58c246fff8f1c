/** An origin that writes down exactly what reaches it, and answers whatever a test wants. It listens on 127.0.0.1. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** One request as it arrived. */
export interface Seen {
  readonly method: string;
  /** The request target byte for byte. */
  readonly target: string;
  /** In order and with the case in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Grow while the body arrives. */
  bytes: number;
  sha256: string;
  /** The connection ended before we had answered. */
  aborted: boolean;
}

export type Answer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

export interface RecordingOrigin {
  /** Scheme and authority. */
  readonly url: string;
  readonly seen: Seen[];
  /** The latest request; throws when there was none. */
  last(): Seen;
  /** What this path answers, query left aside; other paths answer 200 and "ok" after the whole body came. */
  on(path: string, answer: Answer): void;
  stop(): Promise<void>;
}

export async function startRecordingOrigin(): Promise<RecordingOrigin> {
  const answers = new Map<string, Answer>();
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const record = note(request);
    seen.push(record);
    response.on("close", () => {
      record.aborted = !response.writableFinished;
    });
    const answer = answers.get(pathOf(record)) ?? constant({ body: "ok" });
    Promise.resolve(answer(record, response, request)).catch(() => response.destroy());
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    seen.push(note(request));
    echoFrames(request, socket);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.requestTimeout = 0;
  // It ends no idle connection: just then a request might be on its way, and would be reset.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    last: () => {
      const record = seen.at(-1);
      if (!record) throw new Error("nothing reached the origin");
      return record;
    },
    on: (path, answer) => {
      answers.set(path, answer);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** All values of a header, in order, whatever its case. */
export function headerOf(seen: Seen, name: string): string[] {
  return seen.headers.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

export interface ConstantAnswer {
  readonly status?: number;
  /** Pairs, so that a name may come twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
}

/** The same for everybody, once the whole request has come. */
export function constant({ status = 200, headers = [], body = "" }: ConstantAnswer): Answer {
  return async (_, response, request) => {
    await drained(request);
    const given = headers.flat();
    const hasLength = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
    const length =
      hasLength || status === 304 || status === 204 ? [] : ["Content-Length", String(Buffer.byteLength(body))];
    response.writeHead(status, [...given, ...length]);
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** Pieces with a pause before each but the first. */
export function inPieces(pieces: readonly string[], pauseMs: number, contentType: string): Answer {
  return async (_, response, request) => {
    await drained(request);
    response.writeHead(200, { "Content-Type": contentType, "Cache-Control": "no-store" });
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await pause(pauseMs);
      response.write(piece);
    }
    response.end();
  };
}

/** That many bytes of one pattern, as fast as they are taken. */
export function manyBytes(total: number): Answer {
  const block = Buffer.alloc(1 << 18, "0123456789abcdef");
  return async (_, response) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": String(total) });
    for (let sent = 0; sent < total && !response.destroyed; sent += block.length) {
      const more = response.write(block.subarray(0, Math.min(block.length, total - sent)));
      if (!more) await drainedOrClosed(response);
    }
    response.end();
  };
}

function drainedOrClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.on("drain", go);
    response.on("close", go);
  });
}

/** Takes the request and never answers. */
export const hang: Answer = () => undefined;

/** Closes the connection with RST, before a word or in the middle of the body. */
export function reset(after = ""): Answer {
  return async (_, response, request) => {
    if (after !== "") {
      response.writeHead(200, { "Content-Length": "1000000" });
      response.write(after);
      await pause(50);
    }
    request.socket.resetAndDestroy();
  };
}

async function drained(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.complete) return;
  await new Promise<void>((resolve) => void request.once("end", resolve).once("close", resolve));
}

function pathOf({ target }: Seen): string {
  return target.split("?", 1)[0] ?? "";
}

function note(request: IncomingMessage): Seen {
  const raw = request.rawHeaders;
  const headers = Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""] as const);
  const hash = createHash("sha256");
  const record = {
    method: request.method ?? "",
    target: request.url ?? "",
    headers,
    bytes: 0,
    sha256: "",
    aborted: false,
  };
  request.on("data", (piece: Buffer) => {
    record.bytes += piece.length;
    hash.update(piece);
  });
  request.on("end", () => {
    record.sha256 = hash.digest("hex");
  });
  request.on("error", () => {
    record.aborted = true;
  });
  return record;
}

/** RFC 6455, as far as a test needs it: frames of up to 65,535 bytes, sent back unmasked; a close is answered. */
function echoFrames(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nShield-Vouch: spy; ttl=60; lane=clinician\r\n\r\n`,
  );
  let buffer = Buffer.alloc(0);
  socket.on("data", (piece: Buffer) => {
    buffer = Buffer.concat([buffer, piece]);
    for (let frame = takeFrame(buffer); frame; frame = takeFrame(buffer)) {
      buffer = buffer.subarray(frame.size);
      const head =
        frame.payload.length < 126
          ? [frame.payload.length]
          : [126, frame.payload.length >> 8, frame.payload.length & 255];
      socket.write(Buffer.concat([Buffer.from([0x80 | frame.opcode, ...head]), frame.payload]));
      if (frame.opcode === 8) socket.end();
    }
  });
  socket.on("error", () => socket.destroy());
}

/** The first whole frame of a client, unmasked; null when more bytes are needed. */
function takeFrame(
  buffer: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly size: number } | null {
  if (buffer.length < 2) return null;
  const short = (buffer[1] ?? 0) & 127;
  const maskAt = short === 126 ? 4 : 2;
  if (buffer.length < maskAt) return null;
  const length = short === 126 ? buffer.readUInt16BE(2) : short;
  const size = maskAt + 4 + length;
  if (buffer.length < size) return null;
  const mask = buffer.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(buffer.subarray(maskAt + 4, size)).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return { opcode: (buffer[0] ?? 0) & 15, payload: Buffer.from(payload), size };
}

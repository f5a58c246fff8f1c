/**
 * An HTTP/1.1 client that sends exactly the bytes it is given and shows exactly those that come back. Fast enough to be a
 * flood, and rude where clients are: it can reset a connection half way.
 */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface RawHead {
  readonly status: number;
  readonly reason: string;
  /** In order and with the case in which they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface RawResponse extends RawHead {
  /** Empty when it was not kept; `bytes` and `sha256` are always there. */
  readonly body: Buffer;
  readonly bytes: number;
  readonly sha256: string;
  /** The connection ended before the body did. */
  readonly truncated: boolean;
}

export interface ReadOptions {
  /** HEAD: there is no body, whatever Content-Length says. */
  readonly withoutBody?: boolean;
  /** Called with each piece as it arrives. */
  readonly onPiece?: (piece: Buffer) => void;
  /** Whether the body is kept; default true. */
  readonly keep?: boolean;
}

/** All values of a header, in order, whatever its case. */
export function valuesOf(head: RawHead, name: string): string[] {
  return head.headers.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** One keep-alive connection: write a request, read its response, again. */
export class RawConnection {
  readonly socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    const wake = (): void => {
      this.#wake?.();
      this.#wake = null;
    };
    socket.on("data", (piece) => {
      this.#buffer = this.#buffer.length === 0 ? piece : Buffer.concat([this.#buffer, piece]);
      socket.pause();
      wake();
    });
    const end = (): void => {
      this.#ended = true;
      wake();
    };
    socket.on("end", end);
    socket.on("close", end);
    socket.on("error", end);
  }

  static open(url: URL | string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Resolves when the bytes are on their way, so that a big body is not piled up here. */
  write(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    if (this.socket.write(data) || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        this.socket.off("drain", go);
        this.socket.off("close", go);
        resolve();
      };
      this.socket.on("drain", go);
      this.socket.on("close", go);
    });
  }

  /** @throws {Error} when the connection ends before a whole head came */
  async readHead(): Promise<RawHead> {
    for (;;) {
      let end = this.#buffer.indexOf("\r\n\r\n");
      while (end < 0) {
        if (!(await this.#more())) throw new Error(`the connection ended after ${this.#buffer.length} bytes of a head`);
        end = this.#buffer.indexOf("\r\n\r\n");
      }
      const [first = "", ...lines] = this.#buffer.subarray(0, end).toString("latin1").split("\r\n");
      this.#buffer = this.#buffer.subarray(end + 4);
      const [, status = "", reason = ""] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(first) ?? [];
      if (status === "100") continue;
      const headers = lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      });
      return { status: Number(status), reason, headers };
    }
  }

  async readBody(head: RawHead, { withoutBody = false, onPiece, keep = true }: ReadOptions = {}): Promise<RawResponse> {
    const pieces: Buffer[] = [];
    const hash = createHash("sha256");
    let bytes = 0;
    const take = (piece: Buffer): void => {
      bytes += piece.length;
      hash.update(piece);
      if (keep) pieces.push(Buffer.from(piece));
      onPiece?.(piece);
    };
    const complete =
      withoutBody ||
      head.status === 204 ||
      head.status === 304 ||
      head.status < 200 ||
      (await this.#readInto(take, head));
    return { ...head, body: Buffer.concat(pieces), bytes, sha256: hash.digest("hex"), truncated: !complete };
  }

  async read(options: ReadOptions = {}): Promise<RawResponse> {
    return this.readBody(await this.readHead(), options);
  }

  /** RST, as a client does that is gone. A plain FIN is not noticed by workerd before it writes. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  async #readInto(take: (piece: Buffer) => void, head: RawHead): Promise<boolean> {
    if (valuesOf(head, "Transfer-Encoding").some((coding) => /chunked/i.test(coding))) return this.#readChunks(take);
    const [length] = valuesOf(head, "Content-Length");
    if (length !== undefined) return this.#readExactly(Number(length), take);
    await this.#readExactly(Number.POSITIVE_INFINITY, take); // ends with the connection
    return true;
  }

  async #readChunks(take: (piece: Buffer) => void): Promise<boolean> {
    for (;;) {
      const line = await this.#readLine();
      if (line === null) return false;
      const size = Number.parseInt(line, 16);
      if (size === 0) return (await this.#readLine()) !== null;
      if (!(await this.#readExactly(size, take))) return false;
      await this.#readLine();
    }
  }

  async #readLine(): Promise<string | null> {
    let end = this.#buffer.indexOf("\r\n");
    while (end < 0) {
      if (!(await this.#more())) return null;
      end = this.#buffer.indexOf("\r\n");
    }
    const line = this.#buffer.subarray(0, end).toString("latin1");
    this.#buffer = this.#buffer.subarray(end + 2);
    return line;
  }

  async #readExactly(length: number, take: (piece: Buffer) => void): Promise<boolean> {
    let left = length;
    while (left > 0) {
      if (this.#buffer.length === 0 && !(await this.#more())) return false;
      const piece = this.#buffer.subarray(0, Math.min(left, this.#buffer.length));
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) take(piece);
    }
    return true;
  }

  /** False when nothing more will come. Reading stops meanwhile: whoever reads slowly makes the sender wait. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const before = this.#buffer.length;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.socket.resume();
    await woken;
    return this.#buffer.length > before || !this.#ended;
  }
}

/** One request on a connection of its own. */
export async function sendRaw(
  url: URL | string,
  bytes: string | Uint8Array,
  options: ReadOptions = {},
): Promise<RawResponse> {
  const connection = await RawConnection.open(url);
  try {
    await connection.write(bytes);
    return await connection.read(options);
  } finally {
    connection.close();
  }
}

/**
 * One connection of an attacker: raw HTTP/1.1, one request under way at a time, answers read to the end. A socket and a
 * small parser cost a quarter of what node:http does, so the generator stays out of the way of what it measures.
 */
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** Value of Shield-Mitigated; "" when the origin answered. */
  readonly mitigated: string;
  /** Status line and fields, as they came. */
  readonly head: string;
  /** As UTF-8; "" unless it was to be kept. */
  readonly body: string;
}

type Body = "none" | "chunked" | "until-close" | { left: number };

const HEAD_MAX_BYTES = 64 * 1024;
const HEAD_END = "\r\n\r\n";
const CHUNKED_END = "\r\n0\r\n\r\n";

export class Wire {
  readonly #socket: Socket;
  #done: ((answer: Answer | null) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #head = "";
  #answer: Answer | null = null;
  #body: Body = "none";
  #tail = "";
  #keepAlive = true;
  #asksForHead = false;
  #kept: string[] | null = null;
  #closed = false;

  constructor(port: number, host = "127.0.0.1") {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#read(String(text)));
    this.#socket.on("error", () => this.#close());
    this.#socket.on("close", () => this.#close());
  }

  /** False once it may carry no further request. */
  get usable(): boolean {
    return !this.#closed && this.#keepAlive;
  }

  /** @returns null when the connection failed or nothing came within `patienceMs`; then the wire is of no more use */
  send(request: string, patienceMs: number, keepBody = false): Promise<Answer | null> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(null);
      this.#done = resolve;
      this.#kept = keepBody ? [] : null;
      this.#asksForHead = request.startsWith("HEAD ");
      this.#timer = setTimeout(() => this.destroy(), patienceMs);
      this.#socket.write(request, "latin1");
    });
  }

  /** More of a body that the request announced. */
  trickle(piece: string): void {
    if (!this.#closed) this.#socket.write(piece, "latin1");
  }

  /** A reset, not an orderly end: the other side notices at once and may stop its work. */
  destroy(): void {
    this.#socket.resetAndDestroy();
    this.#close();
  }

  #read(text: string): void {
    if (this.#done === null)
      this.destroy(); // nobody asked
    else if (this.#answer === null) this.#readUpToBody(text);
    else this.#readBody(text);
  }

  #readUpToBody(text: string): void {
    this.#head += text;
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#head.length > HEAD_MAX_BYTES) this.destroy();
      return;
    }
    const rest = this.#head.slice(end + HEAD_END.length);
    this.#answer = this.#readHead(this.#head.slice(0, end));
    this.#head = "";
    this.#readBody(rest);
  }

  #readHead(head: string): Answer {
    const status = Number(head.slice(9, 12));
    const field = (name: string) => new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*)`, "i").exec(head)?.[1] ?? "";
    const length = field("content-length");
    if (this.#asksForHead || status === 204 || status === 304) this.#body = "none";
    else if (/chunked/i.test(field("transfer-encoding"))) this.#body = "chunked";
    else this.#body = length === "" ? "until-close" : { left: Number(length) };
    this.#keepAlive = this.#body !== "until-close" && !/close/i.test(field("connection"));
    this.#tail = "\r\n";
    return { status, mitigated: field("shield-mitigated"), head, body: "" };
  }

  #readBody(text: string): void {
    const body = this.#body;
    this.#kept?.push(text);
    if (body === "chunked") {
      this.#tail = (this.#tail + text).slice(-CHUNKED_END.length);
      if (this.#tail.endsWith(CHUNKED_END)) this.#finish();
    } else if (body === "none") {
      this.#finish();
    } else if (body !== "until-close") {
      body.left -= text.length;
      if (body.left <= 0) this.#finish();
    }
  }

  #finish(): void {
    const done = this.#done;
    const answer = this.#answer && { ...this.#answer, body: this.#keptBody() };
    clearTimeout(this.#timer);
    this.#done = null;
    this.#answer = null;
    if (!this.#keepAlive) this.#socket.end();
    done?.(answer);
  }

  #keptBody(): string {
    const raw = this.#kept?.join("") ?? "";
    return Buffer.from(this.#body === "chunked" ? withoutChunks(raw) : raw, "latin1").toString("utf8");
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A body that ends with the connection has ended now; any other is cut off and so no answer.
    if (this.#body !== "until-close") this.#answer = null;
    this.#finish();
  }
}

/** The body of RFC 9112 section 7.1, without the sizes between its pieces. */
function withoutChunks(raw: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf("\r\n", at);
    const size = Number.parseInt(raw.slice(at, end), 16);
    if (!(size > 0)) break;
    pieces.push(raw.slice(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return pieces.join("");
}

/** The values of a field in a head, in order. */
export function fieldsIn(head: string, name: string): string[] {
  return Array.from(head.matchAll(new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*)`, "gi")), ([, value]) => value ?? "");
}

/** Bodies of known length: read whole, or kept while they stream to the origin. */
import type { Bytes } from "../seal.ts";

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The largest form at 50 kB/s. Room for a form is counted for longer (held.ts), so slow senders cannot pile up. */
const READ_WITHIN_MS = 60_000;

/** Null when it is not as long as it was said to be, comes too slowly, or the client went away. */
export async function readWhole(stream: ReadableStream<Uint8Array> | null, length: number): Promise<Bytes | null> {
  const reader = stream?.getReader() ?? null;
  const timer = setTimeout(() => void reader?.cancel(), READ_WITHIN_MS);
  const whole = await fill(reader, new Uint8Array(length), 0);
  clearTimeout(timer);
  return whole;
}

async function fill(reader: Reader | null, bytes: Bytes, from: number): Promise<Bytes | null> {
  let at = from;
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      if (at + piece.value.length > bytes.length) return null;
      bytes.set(piece.value, at);
      at += piece.value.length;
    }
  } catch {
    return null; // the client went away; there is nobody to give a form back to
  }
  return at === bytes.length ? bytes : null;
}

/** A refused connection is known within that time, ms; so much later each kept form arrives. */
const LAST_BYTE_HELD_MS = 10;

/**
 * Sends a body on and keeps a copy, so that it is not lost when the origin turns out to be unreachable.
 *
 * A failed fetch does not say whether the origin had the body: refused and reset connections look the same. So the last
 * byte is held back until all before it was taken, which for a long body only happens once there is a connection, and for a
 * moment. As long as it is here, the origin cannot have the form.
 */
export class KeptBody {
  readonly #stream: FixedLengthStream;
  readonly #reader: Reader | null;
  readonly #bytes: Bytes;
  #filled: number;
  #cut = false;
  #lastByteLeft = false;
  readonly #pumped: Promise<void>;

  /** @param source a body still to be read, or all of it */
  constructor(source: ReadableStream<Uint8Array> | Bytes, length: number) {
    const whole = source instanceof Uint8Array;
    this.#stream = new FixedLengthStream(length);
    this.#reader = whole ? null : source.getReader();
    this.#bytes = whole ? source : new Uint8Array(length);
    this.#filled = whole ? length : 0;
    this.#pumped = this.#pump();
  }

  /** For the origin. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#stream.readable;
  }

  /** Whether the origin may have all of it. */
  get left(): boolean {
    return this.#lastByteLeft || this.#bytes.length === 0;
  }

  /** All of it, once the origin has failed; null when the client did not send it whole. */
  async whole(): Promise<Bytes | null> {
    this.#cut = true;
    await this.#pumped;
    return fill(this.#reader, this.#bytes, this.#filled);
  }

  /** Resolves when the origin wants no more or has all. */
  async #pump(): Promise<void> {
    const writer = this.#stream.writable.getWriter();
    const { length } = this.#bytes;
    let sent = 0;
    try {
      for (;;) {
        const until = Math.min(this.#filled, length - 1);
        if (sent < until) await writer.write(this.#bytes.subarray(sent, until));
        sent = Math.max(sent, until);
        if (this.#filled === length) break;
        const piece = await this.#reader?.read();
        if (!piece || piece.done || this.#filled + piece.value.length > length)
          throw new Error("not as long as it said");
        this.#bytes.set(piece.value, this.#filled);
        this.#filled += piece.value.length;
        if (this.#cut) return;
      }
      await scheduler.wait(LAST_BYTE_HELD_MS);
      if (this.#cut) throw new Error("no connection");
      if (length > 0) await writer.write(this.#bytes.subarray(length - 1));
      this.#lastByteLeft = true;
      await writer.close();
    } catch (error) {
      // The origin takes no more, or the client sends no more: the fetch that reads the other end fails, and says so.
      await writer.abort(error).catch(() => undefined);
    }
  }
}

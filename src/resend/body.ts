/** Bodies of known length: read whole, or kept while they stream to the origin. */
import type { Bytes } from "../bytes.ts";

type Reader = ReadableStreamBYOBReader;

/**
 * A body comes in pieces of 4 kB of itself. In such ones, read to their place, passing on 1 MB while keeping it costs 1.5 times
 * what passing it on alone costs (1.8 and 1.2 ms in workerd), not 5.4 times. A form of 2 kB costs 0.5 ms instead of 0.3.
 */
const PIECE_BYTES = 131_072;

/** The largest form at 50 kB/s. Room for a form is counted for longer (held.ts), so slow senders cannot pile up. */
const READ_WITHIN_MS = 60_000;

/**
 * Null when it is not as long as it was said to be, comes too slowly, or the client went away.
 * @param beginning what was read of it already
 */
export async function readWhole(
  stream: ReadableStream<Uint8Array> | null,
  length: number,
  beginning: Bytes = new Uint8Array(),
): Promise<Bytes | null> {
  const reader = stream?.getReader({ mode: "byob" }) ?? null;
  const timer = setTimeout(() => void reader?.cancel(), READ_WITHIN_MS);
  const bytes = new Uint8Array(length);
  bytes.set(beginning);
  const whole = await fill(reader, bytes, beginning.length);
  clearTimeout(timer);
  return whole;
}

/** So long may be waited for the first bytes, which come with the headers or soon after. */
const BEGIN_WITHIN_MS = 10_000;

/** A body whose beginning is looked at before anybody decides what becomes of the rest. */
export class BegunBody {
  readonly beginning: Bytes;
  readonly #stream: ReadableStream<Uint8Array>;
  readonly #length: number;

  private constructor(stream: ReadableStream<Uint8Array>, beginning: Bytes, length: number) {
    this.#stream = stream;
    this.beginning = beginning;
    this.#length = length;
  }

  /** Null when so many bytes do not come soon, or the client went away. */
  static async begin(
    stream: ReadableStream<Uint8Array> | null,
    bytes: number,
    length: number,
  ): Promise<BegunBody | null> {
    if (!stream) return null;
    const reader = stream.getReader({ mode: "byob" });
    const timer = setTimeout(() => void reader.cancel(), BEGIN_WITHIN_MS);
    const beginning = await fill(reader, new Uint8Array(bytes), 0);
    clearTimeout(timer);
    reader.releaseLock();
    return beginning && new BegunBody(stream, beginning, length);
  }

  /** All of it; null as `readWhole` has it. */
  whole(): Promise<Bytes | null> {
    return readWhole(this.#stream, this.#length, this.beginning);
  }

  /** As if nobody had looked. */
  untouched(): ReadableStream<Uint8Array> {
    const { readable, writable } = new FixedLengthStream(this.#length);
    const writer = writable.getWriter();
    const pass = async () => {
      await writer.write(this.beginning);
      writer.releaseLock();
      await this.#stream.pipeTo(writable);
    };
    pass().catch(() => undefined); // whoever reads the other end hears of it
    return readable;
  }

  leave(): void {
    this.#stream.cancel().catch(() => undefined);
  }
}

async function fill(reader: Reader | null, given: Bytes, from: number): Promise<Bytes | null> {
  let bytes = given;
  let at = from;
  try {
    while (reader && at < bytes.length) {
      const more = await readMore(reader, bytes, at);
      if (more === null) return null;
      ({ bytes, at } = more);
    }
  } catch {
    return null; // the client went away; there is nobody to give a form back to
  }
  return at === bytes.length ? bytes : null;
}

/** Reads the next piece to its place. `bytes` is detached by that: the memory goes on in what is returned. Null at the end. */
async function readMore(
  reader: Reader,
  bytes: Bytes,
  from: number,
): Promise<{ readonly bytes: Bytes; readonly at: number } | null> {
  const size = Math.min(bytes.length - from, PIECE_BYTES);
  const { value } = await reader.readAtLeast(size, bytes.subarray(from, from + size));
  return value && value.length > 0 ? { bytes: new Uint8Array(value.buffer), at: from + value.length } : null;
}

/** workerd takes three pieces of a body, however long, before it has a connection to write them to, and never a fourth. */
const PIECES_BEFORE_CONNECTION = 4;
/** Of a body that is too short to tell by that. A refused connection is known within that time, ms. */
const LAST_BYTE_HELD_MS = 10;

/**
 * Sends a body on and keeps a copy, so that it is not lost when the origin turns out to be unreachable.
 *
 * A failed fetch does not say whether the origin had the body: refused and reset connections look the same. So the last
 * byte is held back until there is a connection: as long as it is here, the origin cannot have the form. When there is one
 * shows by how many pieces were taken; so the body begins with some of one byte, and nobody waits for a time.
 */
export class KeptBody {
  readonly #stream: FixedLengthStream;
  readonly #reader: Reader | null;
  readonly #length: number;
  /** Has no length while a piece is read into it. */
  #bytes: Bytes;
  #filled: number;
  #cut = false;
  #lastByteLeft = false;
  readonly #pumped: Promise<void>;

  /** @param source a body still to be read, or all of it */
  constructor(source: ReadableStream<Uint8Array> | Bytes, length: number) {
    const whole = source instanceof Uint8Array;
    this.#length = length;
    this.#stream = new FixedLengthStream(length);
    this.#reader = whole ? null : source.getReader({ mode: "byob" });
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
    return this.#lastByteLeft || this.#length === 0;
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
    const length = this.#length;
    let sent = 0;
    try {
      for (;;) {
        const until = Math.min(this.#filled, length - 1);
        while (sent < until) {
          const end = sent < PIECES_BEFORE_CONNECTION ? sent + 1 : until;
          await writer.write(this.#bytes.subarray(sent, end));
          sent = end;
        }
        if (this.#filled === length) break;
        const more = this.#reader && (await readMore(this.#reader, this.#bytes, this.#filled));
        if (more === null) throw new Error("not as long as it said");
        this.#bytes = more.bytes;
        this.#filled = more.at;
        if (this.#cut) return;
      }
      if (length < PIECES_BEFORE_CONNECTION + 2) await scheduler.wait(LAST_BYTE_HELD_MS);
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

/**
 * Reads `multipart/form-data` as it arrives, so that an X-ray of 256 MB is never in memory as a whole. The platform's own
 * `formData()` would be.
 */

export interface Part {
  readonly name: string;
  /** Null for a plain field. */
  readonly fileName: string | null;
  readonly type: string;
}

/** Receives the parts one after the other. */
export interface PartReader {
  begin(part: Part): void;
  data(bytes: Uint8Array): Promise<void> | void;
  end(): Promise<void> | void;
}

export class BrokenMultipart extends Error {}

const HEADERS_MAX_BYTES = 8192;
const CRLF = 0x0d;

/** @returns the boundary of a multipart content type, or null. */
export function boundaryOf(contentType: string): string | null {
  return (
    /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i
      .exec(contentType)
      ?.slice(1)
      .find(Boolean) ?? null
  );
}

export async function readMultipart(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  reader: PartReader,
): Promise<void> {
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  // The first boundary has no line break before it; with one put there it looks like all the others.
  let held: Uint8Array = new Uint8Array([0x0d, 0x0a]);
  let inside: "preamble" | "headers" | "data" = "preamble";
  let closed = false;
  for await (const chunk of body) {
    // What follows the last boundary is read to its end, and nothing else.
    if (closed) continue;
    held = join(held, chunk);
    for (;;) {
      if (inside === "headers") {
        // Right after a boundary: two dashes end everything, else headers follow up to an empty line.
        closed = held[0] === 0x2d && held[1] === 0x2d;
        if (closed) break;
        const end = find(held, HEADERS_END);
        if (end < 0 && held.length > HEADERS_MAX_BYTES) throw new BrokenMultipart("headers of a part do not end");
        if (end < 0) break;
        reader.begin(partOf(new TextDecoder().decode(held.subarray(0, end))));
        held = held.subarray(end + HEADERS_END.length);
        inside = "data";
        continue;
      }
      const at = find(held, delimiter);
      // The tail may be the beginning of a boundary: it waits for the next chunk.
      const upTo = at >= 0 ? at : Math.max(0, held.length - delimiter.length + 1);
      if (inside === "data" && upTo > 0) await reader.data(held.subarray(0, upTo));
      held = held.subarray(at >= 0 ? at + delimiter.length : upTo);
      if (at < 0) break;
      if (inside === "data") await reader.end();
      inside = "headers";
    }
  }
  if (!closed) throw new BrokenMultipart("ends before its last boundary");
}

const HEADERS_END = new TextEncoder().encode("\r\n\r\n");

function partOf(headers: string): Part {
  const value = (pattern: RegExp) => pattern.exec(headers)?.[1];
  const name = value(/^content-disposition:.*?[;\s]name="([^"]*)"/im);
  if (name === undefined) throw new BrokenMultipart("a part has no name");
  return {
    name,
    fileName: value(/^content-disposition:.*?filename="([^"]*)"/im) ?? null,
    type: value(/^content-type:\s*([^\r\n]+)/im) ?? "text/plain",
  };
}

/** Every needle here begins with CR, which the platform finds far faster than a loop does. */
function find(bytes: Uint8Array, needle: Uint8Array): number {
  for (let at = bytes.indexOf(CRLF); at >= 0; at = bytes.indexOf(CRLF, at + 1)) {
    if (at + needle.length > bytes.length) return -1;
    if (needle.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  return -1;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

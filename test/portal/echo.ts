/** Mirrors for a proxy's tests: what arrived here, and answers of a size or shape that the test asks for. */
import { plain, toHex, type Visit } from "./visit.ts";

const DOWNLOAD_MAX_BYTES = 300_000_000;
const CHUNK_BYTES = 65_536;
const DELAY_MAX_MS = 60_000;
const NULL_BODY = [204, 205, 304];

/**
 * Tells what arrived. The query steers the answer: `status`, `delay` (ms), `location`, `vouch` (as Shield-Vouch),
 * `header` (`Name: value`, repeatable), `text` (as the body), `cookies=0` for none.
 */
export async function echo({ request, url }: Visit): Promise<Response> {
  const query = url.searchParams;
  const digest = new crypto.DigestStream("SHA-256");
  if (request.body) await request.body.pipeTo(digest);
  else await digest.getWriter().close();
  const bodySha256 = toHex(new Uint8Array(await digest.digest));
  const delay = Math.min(DELAY_MAX_MS, Number(query.get("delay") ?? 0));
  if (delay > 0) await scheduler.wait(delay, { signal: request.signal });
  const headers = new Headers({ "Cache-Control": "no-store" });
  if (query.get("cookies") !== "0") {
    headers.append("Set-Cookie", "first=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT");
    headers.append("Set-Cookie", "second=2; Path=/; HttpOnly");
  }
  const location = query.get("location");
  if (location !== null) headers.set("Location", location);
  const vouch = query.get("vouch");
  if (vouch !== null) headers.set("Shield-Vouch", vouch);
  for (const line of query.getAll("header")) {
    const at = line.indexOf(":");
    if (at > 0 && line.slice(0, at).toLowerCase() === "cache-control") headers.delete("Cache-Control");
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const asked = Number(query.get("status") ?? (location === null ? 200 : 302));
  const status = Number.isInteger(asked) && asked >= 200 && asked <= 599 ? asked : 200;
  if (NULL_BODY.includes(status)) return new Response(null, { status, headers });
  const text = query.get("text");
  if (text === null && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  const told = {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    bodyBytes: Number(digest.bytesWritten),
    bodySha256,
  };
  return new Response(request.method === "HEAD" ? null : (text ?? JSON.stringify(told)), { status, headers });
}

/** So many pseudo-random bytes, always the same ones; no compression shrinks them. */
export function downloadBig({ request, url }: Visit): Response {
  const bytes = Number(url.searchParams.get("bytes") ?? 0);
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > DOWNLOAD_MAX_BYTES)
    return plain(`bytes: 0-${DOWNLOAD_MAX_BYTES}`, 400);
  const headers = { "Content-Type": "application/octet-stream", "Cache-Control": "no-store, no-transform" };
  if (request.method === "HEAD")
    return new Response(null, { headers: { ...headers, "Content-Length": String(bytes) } });
  let left = bytes;
  let state = 0x9e3779b9;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      const words = new Uint32Array(CHUNK_BYTES / 4);
      for (let at = 0; at < words.length; at++) {
        // xorshift32
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        words[at] = state;
      }
      const size = Math.min(left, CHUNK_BYTES);
      left -= size;
      controller.enqueue(new Uint8Array(words.buffer, 0, size));
    },
  });
  // Only a stream of fixed length is sent with a Content-Length.
  return new Response(source.pipeThrough(new FixedLengthStream(bytes)), { headers });
}

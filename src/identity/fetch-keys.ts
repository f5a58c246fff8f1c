/**
 * Brings an issuer's key set to an isolate. A copy at the edge serves all isolates of a data centre, and for a day also
 * while the issuer is down: an isolate that starts in the middle of an attack knows the doctors all the same.
 */
import { type KeySetText, readKeySet } from "./jwks.ts";

const FETCH_TIMEOUT_MS = 3_000;
const COPY_KEPT_S = 24 * 3600;
const FETCHED_AT = "X-Fetched-At";

/**
 * @param copyFreshMs a copy this young saves the way to the issuer
 * @throws {Error} when the issuer does not answer properly and there is no copy
 */
export async function fetchKeySet(url: string, copyFreshMs: number): Promise<KeySetText> {
  // A host that cannot exist: no visitor's request ever meets this entry.
  const name = `https://keys.invalid/${encodeURIComponent(url)}`;
  const copy = await copyOf(name);
  if (copy !== null && Date.now() - copy.fetchedAtMs < copyFreshMs) return copy;
  try {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the issuer answered ${response.status}`);
    }
    const fresh = { text: await response.text(), fetchedAtMs: Date.now() };
    // A page that says "maintenance" with status 200 must not take the place of the keys.
    if (readKeySet(fresh.text) === null) throw new Error("the issuer answered something else than keys");
    await caches.default.put(name, keepable(fresh)).catch(() => undefined); // without a copy the keys are good all the same
    return fresh;
  } catch (error) {
    if (copy !== null) return copy;
    throw error;
  }
}

async function copyOf(name: string): Promise<KeySetText | null> {
  const copy = await caches.default.match(name);
  const fetchedAtMs = Number(copy?.headers.get(FETCHED_AT));
  return copy && fetchedAtMs > 0 ? { text: await copy.text(), fetchedAtMs } : null;
}

function keepable({ text, fetchedAtMs }: KeySetText): Response {
  return new Response(text, {
    headers: { "Cache-Control": `public, max-age=${COPY_KEPT_S}`, [FETCHED_AT]: String(fetchedAtMs) },
  });
}

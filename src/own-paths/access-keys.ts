/** The keys that sign Cloudflare Access's tokens, as this isolate knows them. One team, so one set. */
import { fetchKeySet } from "../identity/fetch-keys.ts";
import { Jwks, type KeySource } from "../identity/jwks.ts";

let known: { readonly url: string; readonly keys: Jwks } | undefined;

export function accessKeys(url: string): KeySource {
  if (known?.url !== url)
    known = { url, keys: new Jwks(url, { fetch: fetchKeySet, wait: (ms) => scheduler.wait(ms), now: Date.now }) };
  return known.keys;
}

/**
 * The headers by which a client may prove who it is. One list: `identify` reads all that stands here, and `glance` sends
 * whoever brings any of them the whole way, so that no new kind of proof is refused before it was looked at.
 */
import type { HeaderReader } from "./asker.ts";
import { AUTHORIZATION_MAX_CHARACTERS, SERVICE_KEY_MAX_CHARACTERS } from "./limits.ts";

/** By the name under which kinds of proof find them; in lower case, each with how much of it is read. */
export const CREDENTIAL_HEADERS = {
  authorization: { header: "authorization", mostCharacters: AUTHORIZATION_MAX_CHARACTERS },
  serviceKey: { header: "shield-key", mostCharacters: SERVICE_KEY_MAX_CHARACTERS },
} as const;

/** "" where the header is absent. */
export type Credentials = Readonly<Record<keyof typeof CREDENTIAL_HEADERS, string>>;

const LISTED = Object.values(CREDENTIAL_HEADERS);

export function credentialsIn(headers: HeaderReader): Credentials {
  const read = (name: keyof Credentials): string => {
    const { header, mostCharacters } = CREDENTIAL_HEADERS[name];
    return headers.get(header)?.slice(0, mostCharacters) ?? "";
  };
  return { authorization: read("authorization"), serviceKey: read("serviceKey") };
}

export function bringsCredentials(headers: HeaderReader): boolean {
  for (const { header } of LISTED) if (headers.get(header) !== null) return true;
  return false;
}

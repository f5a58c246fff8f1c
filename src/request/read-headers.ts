/**
 * All headers of a request, noted in one walk. To ask the runtime for one costs what noting one on the way does, and what must
 * not reach the origin shows in no other way: nobody can ask for names by how they begin.
 */
import type { HeaderReader } from "./asker.ts";
import { HEADERS_MAX } from "./limits.ts";

/** The part of `Headers` that is used. Names come in lower case, several values of one name joined. */
export interface HeaderWalk {
  forEach(note: (value: string, name: string) => void): void;
}

export class ReadHeaders implements HeaderReader {
  readonly #values = new Map<string, string>();
  /** The names of what the client sent that the origin must not get. */
  readonly withheld: readonly string[];

  constructor(headers: HeaderWalk) {
    const withheld: string[] = [];
    headers.forEach((value, name) => {
      this.#values.set(name, value);
      if (mayNotReachOrigin(name)) withheld.push(name);
    });
    this.withheld = withheld;
  }

  /** More than any origin should read. */
  get tooMany(): boolean {
    return this.#values.size > HEADERS_MAX;
  }

  /** @param name in lower case */
  get(name: string): string | null {
    return this.#values.get(name) ?? null;
  }
}

/**
 * Connection-specific fields (RFC 9110 section 7.6.1) and what belongs to one hop (sections 11.7.2, 10.1.1). Workerd drops
 * most of them on the way to an HTTP origin, and none on the way to a service binding. Upgrade stays: WebSockets need it.
 *
 * Fields that Connection names stay: a client could use it to remove what others on the way have added.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "proxy-connection",
  "proxy-authorization",
  "expect", // workerd answered 100 Continue itself
]);

/** Names under which origins and frameworks believe in another client, host or path. Only our own say so. */
const FORGEABLE: ReadonlySet<string> = new Set(["forwarded", "x-real-ip", "true-client-ip"]);
const FORGEABLE_PREFIXES = ["shield-", "x-forwarded-", "x-original-", "x-rewrite-", "mf-"] as const;

const SUSPECT_INITIALS: ReadonlySet<number> = new Set(
  [...HOP_BY_HOP, ...FORGEABLE, ...FORGEABLE_PREFIXES].map((name) => name.charCodeAt(0)),
);

/** Asked for each header of each request, so most are let go by their first letter. */
function mayNotReachOrigin(name: string): boolean {
  if (!SUSPECT_INITIALS.has(name.charCodeAt(0))) return false;
  if (HOP_BY_HOP.has(name) || FORGEABLE.has(name)) return true;
  for (const prefix of FORGEABLE_PREFIXES) if (name.startsWith(prefix)) return true;
  return false;
}

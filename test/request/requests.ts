/** Requests for tests of `identify`. */
import type { Facts } from "../../src/request/facts.ts";
import { type IncomingRequest, identify, isFault } from "../../src/request/identify.ts";

export interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly cf?: unknown;
}

export function incoming({
  method = "GET",
  url = "https://portal.example.lv/",
  headers = {},
  body = null,
  cf,
}: Sent): IncomingRequest & { readonly headers: Headers } {
  return { method, url, headers: new Headers(headers), body, cf };
}

/** @throws when the request is answered with a fault */
export function factsOf(sent: Sent): Facts {
  const facts = identify(incoming(sent));
  if (isFault(facts)) throw new Error(facts.code);
  return facts;
}

/** A browser's navigation, as Chromium sends it. */
export const NAVIGATION = {
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Site": "none",
  Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
} as const;

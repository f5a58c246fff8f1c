/** Visitors of the lab as the shield knows them: one for each lane, proven the real way, and an operator. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { search } from "../../src/challenge/browser/search.ts";
import type { Puzzle } from "../../src/challenge/puzzle.ts";

export const HOST = "portal.example.lv";
export const ADMIN_HOST = "admin.example.lv";
export const ADMIN_TOKEN = "a-token-of-the-tests-0123456789-0123456789";

export interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let lastAddress = 0;
/** Nobody has been seen at this address, nor in its prefix. */
export const freshAddress = (): string => `198.${18 + (lastAddress >> 8)}.${lastAddress++ & 255}.7`;

/** A browser's navigation, as it comes over https. */
export const NAVIGATION: OutgoingHttpHeaders = {
  Accept: "text/html,application/xhtml+xml",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Site": "same-origin",
};

export function ask(edge: URL, path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({
      // A connection of its own: workerd ends an idle one after 5 s, which whoever searches so long would not hear of.
      agent: false,
      host: "127.0.0.1",
      port: Number(edge.port),
      path,
      method,
      headers: { Host: HOST, "CF-Connecting-IP": freshAddress(), ...headers },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(body);
  });
}

/** What the demo portal's echo saw of a header; undefined when it was absent. */
export function seenByOrigin(got: Got, name: string): string | undefined {
  const { headers } = JSON.parse(got.body) as { readonly headers: readonly (readonly [string, string])[] };
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

export const cookiesOf = ({ headers }: Got): string =>
  (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";", 1)[0]).join("; ");

/** Signs in at the portal; the cookies that the visitor then has. */
export async function signIn(edge: URL, user: string): Promise<string> {
  const got = await ask(edge, "/login/password", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: `user=${user}&password=demo`,
  });
  if (!cookiesOf(got).includes("shield-pass")) throw new Error(`no pass for ${user}: ${got.status}`);
  return cookiesOf(got);
}

/** Solves a challenge; the cookies that the visitor then has. */
export async function earnClearance(edge: URL, address = freshAddress()): Promise<string> {
  const redeemed = await redeem(edge, address);
  if (redeemed.status !== 204) throw new Error(`no clearance: ${redeemed.status} ${redeemed.body}`);
  return cookiesOf(redeemed);
}

/** Solves a challenge; what the shield says to the proof. */
export async function redeem(edge: URL, address = freshAddress()): Promise<Got> {
  const headers = {
    "Content-Type": "application/json",
    "Sec-Fetch-Site": "same-origin",
    "CF-Connecting-IP": address,
  };
  const issued = await ask(edge, "/.shield/puzzle", { method: "POST", headers, body: "{}" });
  const { id, hashes, difficulty, challenge } = JSON.parse(issued.body) as Puzzle;
  const answers = hashes.map((hash, index) => search({ id, index, hash, limit: difficulty }));
  return ask(edge, "/.shield/redeem", { method: "POST", headers, body: JSON.stringify({ challenge, answers }) });
}

/** An operator's call; a body makes it a POST. */
export function operate(edge: URL, path: string, body?: unknown, headers: OutgoingHttpHeaders = {}): Promise<Got> {
  const common = { Host: ADMIN_HOST, Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers };
  if (body === undefined) return ask(edge, path, { headers: common });
  return ask(edge, path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...common },
    body: JSON.stringify(body),
  });
}

/** How long it is looked: several times what anything here takes on a busy machine, ms. */
const LOOK_FOR_MS = 40_000;

/** Looks five times a second until it is so. @returns what was seen then @throws when it is not so in the end */
export async function eventually<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const until = Date.now() + LOOK_FOR_MS;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > until) throw new Error(`it was not so within ${LOOK_FOR_MS / 1000} s: ${JSON.stringify(seen)}`);
    await pause(200);
  }
}
